import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Subscriber } from '../fan-out/subscriber.ts';
import { BadInput } from '../log/message.ts';
import type { Endpoint } from '../meter/endpoint.ts';
import { type ServerName, type ServerOptions, serversByName } from '../serve.ts';
import { EmbeddedSource } from '../source/embedded.ts';
import { textFrame, webSocketFormat } from './frames.ts';

let source: EmbeddedSource;
const opened: (() => unknown)[] = [];

beforeEach(() => {
  source = new EmbeddedSource();
});

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** On a busy machine a refused client needs time to read the reason. */
const patient: ServerOptions = { limits: { goodbyeMs: 600_000 } };

async function serve(name: ServerName, options = patient): Promise<Endpoint> {
  const endpoint = serversByName[name](source, options);
  await endpoint.listen();
  opened.push(() => endpoint.close());
  return endpoint;
}

const rightHeaders = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

function handshake(headers: Record<string, string> = rightHeaders, start = 'GET /messages HTTP/1.1'): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${start}\r\n${lines.join('')}\r\n`;
}

/** A bare connection that has written something. */
function bare({ port }: Endpoint, first: string | Buffer): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  opened.push(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(first);
  return socket;
}

async function client(endpoint: Endpoint): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${endpoint.port}/messages`);
  opened.push(() => socket.terminate());
  await once(socket, 'message');
  return socket;
}

/** A client that is connected and does not read, and for which bytes are waiting. */
async function congested(endpoint: Endpoint): Promise<Socket> {
  const socket = bare(endpoint, handshake());
  await once(socket, 'data');
  socket.pause();
  while (endpoint.longestBacklogBytes === 0) {
    await source.publish({ body: 'x'.repeat(500_000) });
    await new Promise(setImmediate);
  }
  return socket;
}

/** Everything that comes until the server ends the connection. */
async function received(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  await once(socket, 'end');
  socket.destroy();
  return Buffer.concat(pieces);
}

/** Everything that comes until it includes this text. */
async function until(socket: Socket, text: string | Buffer): Promise<Buffer> {
  let all = Buffer.alloc(0);
  while (!all.includes(text)) all = Buffer.concat([all, (await once(socket, 'data'))[0]]);
  return all;
}

const opcodes = { text: 1, binary: 2, close: 8, ping: 9 };

/** A short frame as a client sends it, masked with zeros. */
function clientFrame(opcode: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload as string);
  return Buffer.concat([Buffer.of(0x80 + opcode, 0x80 + bytes.length, 0, 0, 0, 0), bytes]);
}

function closePayload(code: number, reason = ''): Buffer {
  return Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]);
}

/** A Close frame as the server sends it. */
function closeFrame(code: number, reason: string): Buffer {
  const payload = closePayload(code, reason);
  return Buffer.concat([Buffer.of(0x88, payload.length), payload]);
}

describe('a handshake', () => {
  it('is answered as the example of RFC 6455 is (§1.3)', async () => {
    const socket = bare(await serve('push'), handshake());
    expect(String(await until(socket, '"next"'))).toMatch(
      /^HTTP\/1.1 101 [\s\S]*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/,
    );
  });

  it.each<[string, string, RegExp]>([
    [
      'another method',
      handshake(rightHeaders, 'POST /messages HTTP/1.1'),
      /^HTTP\/1.1 405 [\s\S]*HTTP method/,
    ],
    [
      'another version',
      handshake({ ...rightHeaders, 'sec-websocket-version': '7' }),
      /^HTTP\/1.1 400 [\s\S]*Sec-WebSocket-Version: 13/,
    ],
    [
      'a short key',
      handshake({ ...rightHeaders, 'sec-websocket-key': 'c2hvcnQ=' }),
      /^HTTP\/1.1 400 [\s\S]*Sec-WebSocket-Key/,
    ],
    [
      'a malformed cursor',
      handshake(rightHeaders, 'GET /messages?after=nonsense HTTP/1.1'),
      /^HTTP\/1.1 400 [\s\S]*invalid after \\"nonsense\\": expected a cursor/,
    ],
    [
      'a percent sign as cursor',
      handshake(rightHeaders, 'GET /messages?after=% HTTP/1.1'),
      /^HTTP\/1.1 400 [\s\S]*expected a cursor/,
    ],
  ])('is refused with a reason: %s', async (_name, text, response) => {
    const server = await serve('push');
    expect(String(await received(bare(server, text)))).toMatch(response);
    expect(server.tally.refused).toBe(1);
    expect(server.joined).toBe(0);
  });

  it('is not kept in memory', async () => {
    const server = await serve('push');
    const requests = () => {
      const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
      try {
        // It collects garbage before it counts.
        return Number(queryObjects(IncomingMessage, { format: 'count' }));
      } finally {
        warned.mockRestore();
      }
    };
    const before = requests();
    for (let count = 0; count < 20; count += 1) await until(bare(server, handshake()), '"next"');
    expect(server.connections).toBe(20);
    expect(requests() - before).toBeLessThan(5);
  });

  it('may name the whole address, as to a proxy', async () => {
    const server = await serve('push');
    await source.publish({ body: 'hi' });
    const url = `http://127.0.0.1:${server.port}/messages?after=${source.log.id}:0`;
    const socket = bare(server, handshake(rightHeaders, `GET ${url} HTTP/1.1`));
    expect(String(await until(socket, '"hi"'))).toMatch(/^HTTP\/1.1 101 /);
  });

  it('may have a second question mark in its query', async () => {
    const server = await serve('push');
    await source.publish({ body: 'hi' });
    const path = `/messages?from=what?&after=${source.log.id}:0`;
    await until(bare(server, handshake(rightHeaders, `GET ${path} HTTP/1.1`)), '"hi"');
  });
});

describe.each(['push', 'notify'] as const)('a client of %s', (name) => {
  it('publishes in the packet of its handshake', async () => {
    const server = await serve(name);
    const hi = clientFrame(opcodes.text, '{"body":"hi"}');
    await until(bare(server, Buffer.concat([Buffer.from(handshake()), hi])), '"published":1');
    expect(source.log.head).toBe(1);
  });

  it('publishes byte by byte', async () => {
    const server = await serve(name);
    const socket = bare(server, handshake());
    await until(socket, '"next"');
    socket.setNoDelay();
    for (const byte of clientFrame(opcodes.text, '{"body":"bit by bit"}'))
      await new Promise((sent) => socket.write(Buffer.of(byte), sent));
    await until(socket, '"published":1');
    expect(source.log.after({ logId: source.log.id, seq: 0 }).messages[0]?.body).toBe('bit by bit');
  });

  it('gets an acknowledgement for each publication, and the first one again for the same id', async () => {
    const socket = await client(await serve(name));
    const acknowledged: unknown[] = [];
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data));
      if ('published' in frame) acknowledged.push(frame);
    });
    for (const publication of [
      { body: 'one' },
      { body: 'two', id: 'a' },
      { body: 'two', id: 'a' },
      { body: 'three' },
    ])
      socket.send(JSON.stringify(publication));
    await vi.waitFor(() => expect(acknowledged).toHaveLength(4));
    expect(acknowledged).toEqual([
      { published: 1 },
      { published: 2, id: 'a' },
      { published: 2, id: 'a' },
      { published: 3 },
    ]);
    expect(source.log.head).toBe(3);
  });

  it('that publishes and does not read is not read either, so that acknowledgements are bounded', async () => {
    const server = await serve(name);
    const socket = bare(server, handshake());
    await once(socket, 'data');
    socket.pause();
    const publication = clientFrame(opcodes.text, JSON.stringify({ body: '', id: 'x'.repeat(64) }));
    const publications = Buffer.concat(Array(400_000).fill(publication));
    socket.write(publications);
    let read = 0;
    while (server.bytes.toServer !== read) {
      read = server.bytes.toServer;
      for (let turns = 0; turns < 200; turns += 1) await new Promise(setImmediate);
    }
    expect(read).toBeLessThan(publications.length);
    expect(server.longestBacklogBytes).toBeLessThan(8 * 1024 * 1024);
  });

  it('gets a pong for its ping', async () => {
    const socket = await client(await serve(name));
    socket.ping('anybody there?');
    expect(String((await once(socket, 'pong'))[0])).toBe('anybody there?');
  });

  it('that pings and does not read gets no pile of pongs', async () => {
    const server = await serve(name);
    const socket = bare(server, handshake());
    await once(socket, 'data');
    socket.pause();
    const pings = Buffer.concat(Array(1000).fill(clientFrame(opcodes.ping, Buffer.alloc(125))));
    const gone = new Promise((closed) => socket.once('close', closed));
    for (let thousands = 0; thousands < 300 && !socket.destroyed; thousands += 1)
      if (!socket.write(pings))
        await Promise.race([gone, new Promise((drained) => socket.once('drain', drained))]);
    expect(server.longestBacklogBytes).toBeLessThan(8 * 1024 * 1024);
  });

  it.each([
    [1000, 1000],
    [4321, 4321],
    [undefined, 1005],
  ])('that closes with %s gets the same back, and is removed', async (code, closedWith) => {
    const server = await serve(name);
    const socket = await client(server);
    socket.close(code, code === undefined ? undefined : 'enough');
    const [received, reason] = await once(socket, 'close');
    expect([received, String(reason)]).toEqual([closedWith, code === undefined ? '' : 'enough']);
    await vi.waitFor(() => expect(server.readers).toHaveLength(0));
    expect(server.tally.refused).toBe(0);
  });

  it('that ends the connection without a Close frame is removed', async () => {
    const server = await serve(name);
    const socket = bare(server, handshake());
    await once(socket, 'data');
    expect(server.connections).toBe(1);
    socket.end();
    await received(socket);
    await vi.waitFor(() => expect(server.connections).toBe(0));
    expect(server.readers).toHaveLength(0);
  });

  it('is refused once, and nothing counts that follows', async () => {
    const server = await serve(name);
    const nonsense = clientFrame(opcodes.text, 'nonsense');
    const behind = [clientFrame(opcodes.text, '{"body":"behind"}'), clientFrame(opcodes.ping, ''), nonsense];
    const socket = bare(server, Buffer.concat([Buffer.from(handshake()), nonsense, ...behind]));
    await vi.waitFor(() => expect(server.tally.refused).toBe(1));
    // No frame may follow a Close frame, whatever is published then.
    await source.publish({ body: 'by another client' });
    await new Promise(setImmediate);
    socket.write(clientFrame(opcodes.close, closePayload(1000)));
    const all = await received(socket);
    expect(all.subarray(all.indexOf(0x88))).toEqual(
      closeFrame(1008, 'invalid message "nonsense": expected JSON'),
    );
    expect(server.tally.refused).toBe(1);
    expect(source.log.head).toBe(1);
  });

  it('gets its acknowledgements before it is refused for what follows in the same packet', async () => {
    const server = await serve(name);
    const texts = ['{"body":"one"}', '{"body":"two"}', 'nonsense'];
    const frames = texts.map((text) => clientFrame(opcodes.text, text));
    const socket = bare(server, Buffer.concat([Buffer.from(handshake()), ...frames]));
    const refusal = closeFrame(1008, 'invalid message "nonsense": expected JSON');
    const all = await until(socket, refusal);
    const acknowledgements = [1, 2].map((published) => textFrame(JSON.stringify({ published })));
    expect(all.subarray(all.indexOf(acknowledgements[0] as Buffer))).toEqual(
      Buffer.concat([...acknowledgements, refusal]),
    );
  });

  it('is refused once, although it goes on sending while the source has not accepted a publication', async () => {
    const refuse = vi.spyOn(Subscriber.prototype, 'refuse');
    opened.push(() => refuse.mockRestore());
    let accept = (_place: { seq: number }) => {};
    source.publish = () => new Promise((resolve) => (accept = resolve));
    const binary = clientFrame(opcodes.binary, 'x');
    const frames = [clientFrame(opcodes.text, '{"body":"one"}'), binary, binary, binary];
    const server = await serve(name);
    const bytes = Buffer.concat([Buffer.from(handshake()), ...frames]);
    const socket = bare(server, bytes);
    await vi.waitFor(() => expect(server.bytes.toServer).toBe(bytes.length));
    await vi.waitFor(() => expect(refuse).toHaveBeenCalled());
    accept({ seq: 1 });
    await until(socket, textFrame('{"published":1}'));
    expect(refuse).toHaveBeenCalledTimes(1);
  });

  it.each<[string, Buffer, number, RegExp]>([
    [
      'text that is not UTF-8',
      clientFrame(opcodes.text, Buffer.of(0xff)),
      1007,
      /^invalid UTF-8: expected UTF-8/,
    ],
    ['a frame without a mask', textFrame('{"body":"hi"}'), 1002, /^invalid frame/],
    ['a reserved bit', Buffer.of(0xf1, 0x80, 0, 0, 0, 0), 1002, /^invalid frame/],
    ['an opcode that means nothing', Buffer.of(0x83, 0x80, 0, 0, 0, 0), 1002, /^invalid frame/],
    [
      'a frame of two exabytes',
      Buffer.of(0x81, 0xff, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      1009,
      /^message too long: expected at most 65536 bytes$/,
    ],
    ['a close with half a code', clientFrame(opcodes.close, Buffer.of(3)), 1002, /^invalid frame/],
  ])('is closed with a code and a reason on %s', async (_name, bytes, code, reason) => {
    const server = await serve(name);
    const socket = bare(server, handshake());
    await until(socket, '"next"');
    socket.write(bytes);
    const frame = await received(socket);
    expect(frame[0]).toBe(0x88);
    expect(frame.readUInt16BE(2)).toBe(code);
    expect(String(frame.subarray(4))).toMatch(reason);
    expect(server.tally.refused).toBe(1);
  });

  it('is closed with 1009 on a long message, in one frame or in many', async () => {
    const server = await serve(name, { limits: { messageBytes: 100 } });
    for (const pieces of [1, 30]) {
      const socket = await client(server);
      for (let piece = 1; piece <= pieces; piece += 1)
        socket.send('x'.repeat(120 / pieces), { fin: piece === pieces });
      const [code, reason] = await once(socket, 'close');
      expect([code, String(reason)]).toEqual([1009, 'message too long: expected at most 100 bytes']);
    }
  });

  it.each<[string, string | Buffer, number, RegExp]>([
    ['text that is not JSON', '{"body":', 1008, /expected JSON/],
    ['JSON that is not a publication', '{"text":"hi"}', 1008, /^missing body/],
    ['a long reason in a long script', '“'.repeat(200), 1008, /^invalid message "“+$/],
    ['an id that is too long', `{"body":"","id":"${'x'.repeat(65)}"}`, 1008, /^invalid id .*1 to 64/],
    [
      'credit under another policy',
      '{"credit":5}',
      1008,
      /^invalid credit 5: expected none under the policy/,
    ],
    ['credit together with a publication', '{"credit":5,"body":"hi"}', 1008, /^invalid body with credit/],
    [
      'a binary message',
      Buffer.from('{"body":"hi"}'),
      1003,
      /^invalid binary message: expected a text message/,
    ],
  ])('is closed with a code and a reason on %s', async (_name, message, code, reason) => {
    const socket = await client(await serve(name));
    socket.send(message, { binary: Buffer.isBuffer(message) });
    const [closedWith, text] = await once(socket, 'close');
    expect(closedWith).toBe(code);
    expect(String(text)).toMatch(reason);
    expect(source.log.head).toBe(0);
  });

  it('is closed with 1013 and the reason when the source accepts no publication now', async () => {
    source.publish = () => Promise.reject(new BadInput('too many publications wait', 503));
    const socket = await client(await serve(name));
    socket.send('{"body":"hi"}');
    const [code, reason] = await once(socket, 'close');
    expect([code, String(reason)]).toEqual([1013, 'too many publications wait']);
  });
});

it('a client that is refused while bytes wait for it reads the reason behind them', async () => {
  const server = await serve('push');
  const socket = await congested(server);
  const nonsense = clientFrame(opcodes.text, 'nonsense');
  socket.write(Buffer.concat([nonsense, clientFrame(opcodes.close, closePayload(1000))]));
  await vi.waitFor(() => expect(server.tally.refused).toBe(1));
  const last = closeFrame(1008, 'invalid message "nonsense": expected JSON');
  const all = received(socket);
  socket.resume();
  expect((await all).subarray(-last.length)).toEqual(last);
});

describe('heartbeats', () => {
  const { heartbeat } = webSocketFormat;

  it('keep a client that answers them', async () => {
    const server = await serve('push', { ...patient, heartbeatMs: 5 });
    const socket = await client(server);
    for (let pings = 0; pings < 10; pings += 1) await once(socket, 'ping');
    expect(server.tally.evicted).toBe(0);
  });

  it('evict a client that reads and leaves two of them without an answer', async () => {
    const server = await serve('push', { ...patient, heartbeatMs: 5 });
    const socket = bare(server, handshake());
    const reason = closeFrame(4008, 'no response to 2 heartbeats');
    const all = await until(socket, reason);
    const pings = all.subarray(all.indexOf(heartbeat)).subarray(0, -reason.length);
    expect(pings).toEqual(Buffer.concat([heartbeat, heartbeat]));
    expect(server.tally.evicted).toBe(1);
  });

  it('evict a client that reads nothing and answers nothing, and cut it', async () => {
    const server = await serve('push', { heartbeatMs: 5, limits: { goodbyeMs: 50 } });
    const socket = bare(server, handshake());
    await once(socket, 'data');
    socket.pause();
    await vi.waitFor(() => expect(server.tally.evicted).toBe(1));
    await vi.waitFor(() => expect(server.connections).toBe(0));
    expect(server.evictions[0]?.reason).toBe('no response to 2 heartbeats');
  });

  it('evict a client of notify, too', async () => {
    const server = await serve('notify', { ...patient, heartbeatMs: 5 });
    await until(bare(server, handshake()), closeFrame(4008, 'no response to 2 heartbeats'));
    expect(server.tally).toMatchObject({ evicted: 1, deliveries: 0, dropped: 0 });
  });
});
