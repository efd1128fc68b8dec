import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BadInput } from './log/message.ts';
import type { Endpoint } from './meter/endpoint.ts';
import { type ServerOptions, serversByName } from './serve.ts';
import { EmbeddedSource } from './source/embedded.ts';

let source: EmbeddedSource;
const opened: (() => unknown)[] = [];

beforeEach(() => {
  source = new EmbeddedSource();
});

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function serve(options: ServerOptions = {}): Promise<Endpoint> {
  const endpoint = serversByName['tcp-push'](source, options);
  await endpoint.listen();
  opened.push(() => endpoint.close());
  return endpoint;
}

function open({ port }: Endpoint, first: string | Buffer): Socket {
  const socket = connect(port, '127.0.0.1');
  opened.push(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(first);
  return socket;
}

/** Everything that comes until the server ends the connection, line by line. */
async function linesOf(socket: Socket): Promise<unknown[]> {
  return (await text(socket))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** The lines that come until there are this many. */
async function first(count: number, socket: Socket): Promise<unknown[]> {
  let all = '';
  while (all.split('\n').length <= count) all += (await once(socket, 'data'))[0];
  return all
    .split('\n')
    .slice(0, count)
    .map((line) => JSON.parse(line));
}

const hello = '{"after":null}\n';

describe('the first line', () => {
  it('is a cursor: the messages after it come at once', async () => {
    const server = await serve();
    for (const body of ['one', 'two']) await source.publish({ body, dueMs: 0 });
    const [batch] = await first(1, open(server, `{"after":"${source.log.id}:1"}\n`));
    expect(batch).toEqual({
      messages: [{ seq: 2, dueMs: 0, body: 'two' }],
      next: `${source.log.id}:2`,
      missed: 0,
    });
  });

  it.each([
    '{"body":"precious"}',
    '{"afterr":"x:1"}',
    '{"after":null,"body":"precious"}',
    '5',
    '"hello"',
    '[]',
    'null',
  ])('%s is refused, and nothing is published', async (line) => {
    const server = await serve();
    const [last] = await linesOf(open(server, `${line}\n{"body":"behind"}\n`));
    expect(last).toEqual({
      error: expect.stringMatching(/^invalid first line .*: expected \{"after": "logId:seq"\}/),
    });
    expect(source.log.head).toBe(0);
    expect(server.tally.refused).toBe(1);
    expect(server.joined).toBe(0);
  });

  it.each([
    ['is not JSON', 'GET / HTTP/1.1\r\n\r\n', /expected JSON/],
    ['has a malformed cursor', '{"after":"nonsense"}\n', /expected a cursor/],
    ['has a number as cursor', '{"after":7}\n', /expected a cursor/],
  ])('is refused when it %s', async (_name, line, reason) => {
    expect(await linesOf(open(await serve(), line))).toEqual([{ error: expect.stringMatching(reason) }]);
  });

  it('has a deadline', async () => {
    const server = await serve({ limits: { helloMs: 100 } });
    expect(await linesOf(open(server, '{"aft'))).toEqual([
      { error: 'first line too late: expected a line within 100 ms' },
    ]);
  });

  it('has no further deadline once it has come', async () => {
    const server = await serve({ limits: { helloMs: 100 }, heartbeatMs: 150 });
    const socket = open(server, hello);
    await once(socket, 'data');
    expect(String((await once(socket, 'data'))[0])).toBe('\n');
  });
});

it('a publication is acknowledged, and the same id is published once', async () => {
  const publications = [
    '{"body":"one"}',
    '{"body":"two","id":"a"}',
    '{"body":"two","id":"a"}',
    '{"body":"three"}',
  ];
  const socket = open(await serve(), `${hello}${publications.join('\n')}\n`);
  const lines = (await first(8, socket)) as { published?: number; seq?: number }[];
  expect(lines.filter(({ published }) => published)).toEqual([
    { published: 1 },
    { published: 2, id: 'a' },
    { published: 2, id: 'a' },
    { published: 3 },
  ]);
  expect(lines.flatMap(({ seq }) => seq ?? [])).toEqual([1, 2, 3]);
});

it.each([
  ['a publication without a body', '{"text":"hi"}', /^missing body/],
  ['a line that is not JSON', 'nonsense', /^invalid message "nonsense": expected JSON/],
  ['credit under another policy', '{"credit":5}', /^invalid credit 5: expected none under the policy/],
  ['credit together with a publication', '{"credit":1,"body":"precious"}', /^invalid body with credit/],
  ['a long line', 'x'.repeat(100_000), /^line too long: expected at most 65536 characters/],
])(
  'the connection is closed with a reason on %s, and nothing counts that follows',
  async (_name, line, reason) => {
    const server = await serve();
    const lines = await linesOf(open(server, `${hello}${line}\n{"body":"behind"}\nnonsense\n`));
    expect(lines.at(-1)).toEqual({ error: expect.stringMatching(reason) });
    expect(source.log.head).toBe(0);
    expect(server.tally.refused).toBe(1);
  },
);

it.each([
  ['in the first line', Buffer.from([0x7b, 0xff, 0x0a])],
  [
    'in a publication',
    Buffer.concat([Buffer.from(`${hello}{"body":"`), Buffer.of(0xc3, 0x28), Buffer.from('"}\n')]),
  ],
])('invalid UTF-8 is refused %s, not published as U+FFFD', async (_where, bytes) => {
  const lines = await linesOf(open(await serve(), bytes));
  expect(lines.at(-1)).toEqual({ error: 'invalid UTF-8: expected lines of JSON in UTF-8' });
  expect(source.log.head).toBe(0);
});

it.each([
  ['not JSON', Buffer.from('nonsense\n'), /expected JSON/],
  ['too long', Buffer.from('x'.repeat(70_000)), /line too long/],
  ['not UTF-8', Buffer.of(0xc3, 0x28, 0x0a), /invalid UTF-8/],
])(
  'publications are acknowledged before a line in the same packet that is %s is refused',
  async (_what, bad, reason) => {
    const server = await serve();
    const good = Buffer.from(`${hello}{"body":"one"}\n{"body":"two","id":"a"}\n`);
    const lines = await linesOf(open(server, Buffer.concat([good, bad])));
    expect(lines.slice(1)).toEqual([
      { published: 1 },
      { published: 2, id: 'a' },
      { error: expect.stringMatching(reason) },
    ]);
    expect(server.tally.refused).toBe(1);
  },
);

it('publications are acknowledged in order, also when the source has a later one first', async () => {
  const server = await serve();
  source.publish = ({ body }) =>
    body === 'new'
      ? new Promise((resolve) => setImmediate(resolve, { seq: 2 }))
      : Promise.resolve({ seq: 1 });
  const texts = `${hello}{"body":"new"}\n{"body":"known","id":"a"}\nnonsense\n`;
  expect((await linesOf(open(server, texts))).slice(1)).toEqual([
    { published: 2 },
    { published: 1, id: 'a' },
    { error: expect.stringMatching(/expected JSON/) },
  ]);
});

describe('a last line without its end', () => {
  async function lastWords(words: string): Promise<unknown[]> {
    const socket = open(await serve(), hello);
    await once(socket, 'data');
    socket.allowHalfOpen = true;
    socket.end(words);
    return (await linesOf(socket)).filter((line) => !('seq' in (line as object)));
  }

  it('publishes, and is acknowledged', async () => {
    expect(await lastWords('{"body":"one"}\n{"body":"two"}')).toEqual([{ published: 1 }, { published: 2 }]);
    expect(source.log.head).toBe(2);
  });

  it('gets the reason when the source accepts no publication now', async () => {
    source.publish = () => Promise.reject(new BadInput('too many publications wait', 503));
    expect(await lastWords('{"body":"one"}')).toEqual([{ error: 'too many publications wait' }]);
  });

  it('is refused when it is not whole', async () => {
    expect(await lastWords('{"body":"on')).toEqual([{ error: expect.stringMatching(/expected JSON/) }]);
    expect(source.log.head).toBe(0);
  });
});

it('a character that comes in two packets is whole', async () => {
  const socket = open(await serve(), hello);
  await once(socket, 'data');
  const bytes = Buffer.from('{"body":"é"}\n');
  const middle = bytes.indexOf(0xc3) + 1;
  await new Promise((sent) => socket.setNoDelay().write(bytes.subarray(0, middle), sent));
  await new Promise(setImmediate);
  socket.write(bytes.subarray(middle));
  await first(2, socket);
  expect(source.log.after({ logId: source.log.id, seq: 0 }).messages[0]?.body).toBe('é');
});

it('the last line has the reason when the source accepts no publication now', async () => {
  source.publish = () => Promise.reject(new BadInput('too many publications wait', 503));
  const lines = await linesOf(open(await serve(), `${hello}{"body":"hi"}\n`));
  expect(lines.at(-1)).toEqual({ error: 'too many publications wait' });
});

it('a client that publishes and does not read is not read either, so that acknowledgements are bounded', async () => {
  const server = await serve();
  const socket = open(server, hello);
  await once(socket, 'data');
  socket.pause();
  const publication = `${JSON.stringify({ body: '', id: 'x'.repeat(64) })}\n`;
  const publications = publication.repeat(400_000);
  socket.write(publications);
  let read = 0;
  while (server.bytes.toServer !== read) {
    read = server.bytes.toServer;
    for (let turns = 0; turns < 200; turns += 1) await new Promise(setImmediate);
  }
  expect(read).toBeLessThan(publications.length);
  expect(server.longestBacklogBytes).toBeLessThan(8 * 1024 * 1024);
});

it('a refused client that goes on sending publishes nothing', async () => {
  const server = await serve({ limits: { goodbyeMs: 600_000 } });
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  opened.push(() => socket.destroy());
  socket.write(`${hello}nonsense\n`);
  socket.resume();
  await once(socket, 'end');
  const { toServer } = server.bytes;
  socket.write('{"body":"behind"}\n');
  await vi.waitFor(() => expect(server.bytes.toServer).toBeGreaterThan(toServer));
  await new Promise(setImmediate);
  expect(source.log.head).toBe(0);
});

it('a refused client that goes on sending is cut', async () => {
  const socket = open(await serve({ limits: { goodbyeMs: 50 } }), 'nonsense\n');
  socket.allowHalfOpen = true;
  const sending = setInterval(() => socket.write('more\n'), 10);
  opened.push(() => clearInterval(sending));
  socket.resume();
  await new Promise((closed) => socket.once('close', closed));
});
