import { describe, expect, it } from 'vitest';
import { parseStreamEntry, type Stamped, stampsInFlight, Transcript } from './stream-entry.ts';

const stamped = (term: number, seq: number, change: Partial<Stamped> = {}): Stamped => ({
  logId: 'log1',
  term,
  from: 'X',
  number: seq,
  message: { seq, dueMs: 0, body: `message ${seq} of ${term}` },
  ...change,
});

/** A transcript of a server that has read its first mark. */
function decided(): Transcript {
  const transcript = new Transcript();
  transcript.decide();
  return transcript;
}

const seqs = (stamps: readonly Stamped[]) => stamps.map(({ message }) => message.seq);

describe('the log that servers have in common', () => {
  it('has the id that its very first entry proposes', () => {
    const transcript = new Transcript();
    transcript.take({ mark: 'm1', proposes: 'log1' }, 0);
    transcript.take({ mark: 'm2', proposes: 'log2' }, 1);
    expect(transcript.logId).toBe('log1');
  });

  it('is not one that was proposed in the middle, but one that an entry knows', () => {
    const transcript = new Transcript();
    transcript.take({ mark: 'm8', proposes: 'log2' }, 700);
    expect(transcript.logId).toBeUndefined();
    transcript.take(stamped(5, 55), 701);
    transcript.decide();
    expect(transcript).toMatchObject({ logId: 'log1', head: 55 });
  });

  it('is not that of a stream that has replaced another', () => {
    const transcript = new Transcript();
    transcript.take({ mark: 'm1', logId: 'log1' }, 0);
    expect(() => transcript.take({ mark: 'm2', logId: 'log2' }, 1)).toThrow('replaced by another');
  });
});

describe('the messages that count', () => {
  const mark = (name: string) => ({ mark: name, logId: 'log1', term: true as const });
  /** A begins a term, B begins the next one, and a stamp of A's comes after that. */
  const stream = [
    mark('A'),
    stamped(0, 1),
    stamped(0, 2),
    mark('B'),
    stamped(0, 3),
    stamped(3, 3),
    stamped(3, 4),
  ];

  /** The bodies that a server gets which begins to read at this offset, and reads its first mark at the end. */
  function bodiesFrom(first: number): string[] {
    const transcript = new Transcript();
    const counted = stream.flatMap((entry, offset) => (offset < first ? [] : transcript.take(entry, offset)));
    return [...counted, ...transcript.decide()].map(({ message }) => message.body);
  }

  it('are those that the sequencer of the present term stamps', () => {
    expect(bodiesFrom(0)).toEqual(['message 1 of 0', 'message 2 of 0', 'message 3 of 3', 'message 4 of 3']);
  });

  it.each([1, 2, 3, 4, 5, 6])('are the same for a server whose stream begins at offset %i', (first) => {
    const all = bodiesFrom(0);
    const bodies = bodiesFrom(first);
    expect(bodies).toEqual(all.slice(all.length - bodies.length));
    expect(bodies).toContain('message 4 of 3');
  });

  it('are the same for a server that reads on after a break in which the stream has dropped the mark', () => {
    const transcript = new Transcript();
    for (const offset of [0, 1, 2]) transcript.take(stream[offset] as (typeof stream)[number], offset);
    transcript.begin();
    const waiting = [4, 5, 6].flatMap((offset) =>
      transcript.take(stream[offset] as (typeof stream)[number], offset),
    );
    expect(waiting).toEqual([]);
    expect(transcript.decide().map(({ message }) => message.body)).toEqual([
      'message 3 of 3',
      'message 4 of 3',
    ]);
    expect(transcript.ignored).toBe(1);
  });

  it('do not wait longer than for the stamps that an earlier sequencer may have in flight', () => {
    const transcript = new Transcript();
    const counted = Array.from({ length: stampsInFlight + 1 }, (_, index) =>
      transcript.take(stamped(0, index + 1), 10 + index),
    );
    expect(counted.map(({ length }) => length)).toEqual([
      ...Array(stampsInFlight).fill(0),
      stampsInFlight + 1,
    ]);
  });

  it('count once, however often they are read', () => {
    const transcript = decided();
    expect([1, 2, 2, 1, 3].flatMap((seq) => seqs(transcript.take(stamped(0, seq), seq)))).toEqual([1, 2, 3]);
  });

  it('may come after a gap: the log reports the missing ones', () => {
    const transcript = decided();
    expect([1, 5].flatMap((seq) => seqs(transcript.take(stamped(0, seq), seq)))).toEqual([1, 5]);
  });

  it('show the last number of each publisher', () => {
    const transcript = decided();
    transcript.take(stamped(0, 1, { from: 'X', number: 7 }), 1);
    transcript.take(stamped(0, 2, { from: 'Y', number: 1 }), 2);
    transcript.take(stamped(0, 3, { from: 'X', number: 8 }), 3);
    expect([...transcript.numbers]).toEqual([
      ['X', 8],
      ['Y', 1],
    ]);
  });
});

describe('an entry', () => {
  it('is read as it was written', () => {
    const entry = stamped(7, 4, { message: { seq: 4, dueMs: 1.5, body: 'é\n"', key: 'k' } });
    expect(parseStreamEntry(JSON.stringify(entry))).toEqual(entry);
    expect(parseStreamEntry('{"mark":"m","proposes":"log1"}')).toEqual({ mark: 'm', proposes: 'log1' });
  });

  it.each([
    'hello',
    'null',
    '[]',
    '{}',
    '{"mark":7}',
    '{"mark":"m","logId":true}',
    '{"mark":"m","proposes":7}',
    '{"mark":"m","term":"A"}',
    JSON.stringify(stamped(7, 0)),
    JSON.stringify(stamped(7, 1.5)),
    JSON.stringify(stamped(-1, 1)),
    JSON.stringify(stamped('A' as never, 1)),
    JSON.stringify(stamped(7, 1, { message: { seq: 1, dueMs: 0, body: 7 as never } })),
    JSON.stringify({ ...stamped(7, 1), from: undefined }),
  ])('of another program is none: %s', (text) => {
    expect(parseStreamEntry(text)).toBeUndefined();
  });
});
