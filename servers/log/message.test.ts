import { describe, expect, it } from 'vitest';
import {
  BadInput,
  creditLimit,
  LineSplitter,
  oneLine,
  parseCredit,
  parseCursor,
  parseDelivery,
  parseHello,
  parsePublication,
} from './message.ts';

describe('a cursor', () => {
  it('is read from logId:seq', () => {
    expect(parseCursor('a1b2:17')).toEqual({ logId: 'a1b2', seq: 17 });
  });

  it.each([undefined, null, ''])('%s means from now on', (nothing) => {
    expect(parseCursor(nothing)).toBeUndefined();
  });

  it.each([
    '17',
    'a1:',
    'a1:-1',
    'a1:1.5',
    'a1:01',
    ':3',
    'A1:3',
    'a1:3:4',
    `a1:${'9'.repeat(20)}`,
    17,
    ['a1:3'],
    {},
  ])('%j is refused with the value and what was expected', (malformed) => {
    expect(() => parseCursor(malformed)).toThrow(BadInput);
    expect(() => parseCursor(malformed)).toThrow(/expected a cursor "logId:seq"/);
  });
});

describe('a publication', () => {
  it('is a body, with the instant at which it was planned', () => {
    expect(parsePublication({ body: 'hi', dueMs: 3 })).toEqual({ body: 'hi', dueMs: 3 });
  });

  it('may have a key, for clients that want the latest of each', () => {
    expect(parsePublication({ body: 'hi', key: 'a' })).toEqual({ body: 'hi', key: 'a' });
  });

  it('may have an id, so that it can be sent again', () => {
    expect(parsePublication({ body: 'hi', id: 'x'.repeat(64) })).toEqual({ body: 'hi', id: 'x'.repeat(64) });
  });

  it.each([
    null,
    'hi',
    3,
    [],
    {},
    { body: 3 },
    { body: 'hi', dueMs: 'soon' },
    { body: 'hi', dueMs: null },
    { body: 'hi', key: '' },
    { body: 'hi', key: null },
    { body: 'hi', key: 'x'.repeat(129) },
    { body: 'hi', credit: 3 },
    { body: 'hi', id: '' },
    { body: 'hi', id: 7 },
    { body: 'hi', id: 'x'.repeat(65) },
  ])('%j is refused', (malformed) => {
    expect(() => parsePublication(malformed)).toThrow(BadInput);
  });
});

describe('a grant of credit', () => {
  it('is a number of messages', () => {
    expect(parseCredit({ credit: 3 })).toBe(3);
    expect(parseCredit({ credit: creditLimit })).toBe(creditLimit);
  });

  it('is nothing else at the same time', () => {
    expect(() => parseCredit({ credit: 3, body: 'precious' })).toThrow(
      'invalid body with credit: expected {"credit": n} alone',
    );
  });

  it.each([null, 'hi', 3, [], {}, { body: 'hi' }])('%j is none', (other) => {
    expect(parseCredit(other)).toBeUndefined();
  });

  it.each([-1, 0, 1.5, creditLimit + 1, Number.POSITIVE_INFINITY, Number.NaN, '3', null, [3]])(
    'of %j is refused with the value and what was expected',
    (credit) => {
      expect(() => parseCredit({ credit })).toThrow(BadInput);
      expect(() => parseCredit({ credit })).toThrow(
        /^invalid credit .+: expected a whole number of messages from 1 to/,
      );
    },
  );
});

describe('a first line', () => {
  it.each([{ after: null }, { after: 'a1:7' }])('is %j', (hello) => {
    expect(parseHello(hello)).toEqual(hello);
  });

  it.each([{ body: 'precious' }, { afterr: 'x:1' }, { after: null, body: '' }, {}, 5, 'hello', [], null])(
    'is not %j',
    (data) => {
      expect(() => parseHello(data)).toThrow(/^invalid first line .+: expected \{"after": "logId:seq"\}/);
    },
  );
});

describe('a delivery', () => {
  it('is a batch or a message', () => {
    expect(parseDelivery('{"seq":1,"dueMs":2,"body":"x"}')).toEqual({ seq: 1, dueMs: 2, body: 'x' });
    expect(parseDelivery('{"messages":[],"next":"a:0","missed":0}')).toHaveProperty('next', 'a:0');
  });

  it.each([
    '',
    'x',
    'null',
    '3',
    '{}',
    '{"error":"no"}',
    '{"seq":1}',
    '{"seq":-1,"dueMs":2,"body":"x"}',
    '{"seq":1e300,"dueMs":2,"body":"x"}',
    '{"messages":[null],"next":"a:0","missed":0}',
    '{"messages":[],"next":"a","missed":0}',
    '{"messages":[],"missed":0}',
    '{"messages":[],"next":"a:0","missed":-1}',
  ])('%j is refused', (text) => {
    expect(() => parseDelivery(text)).toThrow(BadInput);
  });
});

describe('one line', () => {
  it('has no line break, and nothing that a terminal obeys', () => {
    expect(oneLine(' key "a\nb\u001b[2Jc\u009bd" ')).toBe('key "a b [2Jc d"');
  });
});

it('says why it refuses an input in one line', () => {
  expect(new BadInput('no "a\r\nb"').message).toBe('no "a b"');
});

describe('lines', () => {
  it('come whole, however the stream was cut', () => {
    const lines = new LineSplitter();
    expect([...lines.take('{"a":')]).toEqual([]);
    expect([...lines.take('1}\n{"b":2}\n{"c"')]).toEqual(['{"a":1}', '{"b":2}']);
    expect([...lines.take(':3}\n\n')]).toEqual(['{"c":3}']);
  });

  it('come whole, however the bytes were cut', () => {
    const bytes = Buffer.from('{"a":"é"}\n{"b":"€😀"}\n');
    for (let size = 1; size <= bytes.length; size += 1) {
      const lines = new LineSplitter();
      const all: string[] = [];
      for (let at = 0; at < bytes.length; at += size) all.push(...lines.take(bytes.subarray(at, at + size)));
      expect(all).toEqual(['{"a":"é"}', '{"b":"€😀"}']);
    }
  });

  it.each([
    ['one that is too long', `${'x'.repeat(11)}\n`],
    ['one that is not UTF-8', Buffer.of(0xc3, 0x28, 0x0a)],
  ])('are given before %s in the same piece', (_what, bad) => {
    const given: string[] = [];
    const all = Buffer.concat([Buffer.from('good\n'), Buffer.from(bad)]);
    expect(() => {
      for (const line of new LineSplitter(10).take(all)) given.push(line);
    }).toThrow(BadInput);
    expect(given).toEqual(['good']);
  });

  it('are UTF-8', () => {
    expect(() => [...new LineSplitter().take(Buffer.of(0xc3, 0x28))]).toThrow('invalid UTF-8');
  });

  it('have a limit, whether or not they end', () => {
    expect(() => [...new LineSplitter(10).take('01234567890')]).toThrow(/at most 10 characters/);
    expect(() => [...new LineSplitter(10).take('01234567890\n')]).toThrow(/at most 10 characters/);
  });
});
