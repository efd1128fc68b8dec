import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Receiver, WebSocket } from 'ws';
import type { Endpoint } from './endpoint.ts';
import { notifyServer } from './notify.ts';
import { pushServer } from './push.ts';
import { EmbeddedSource } from './source/embedded.ts';
import { closeFrame, pingFrame, pongFrame, webSocketFrame } from './web-socket-frames.ts';
import { handshakeOf } from './web-socket-handshake.ts';

let source: EmbeddedSource;
let server: Endpoint;

beforeEach(async () => {
  source = new EmbeddedSource();
  // On a busy machine the last words need their time.
  server = pushServer(source, { limits: { goodbyeMs: 600_000 } });
  await server.listen();
});

afterEach(() => server.close());

const rightHeaders = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

function handshake(headers: Record<string, string> = rightHeaders, ask = 'GET /messages HTTP/1.1'): string {
  const lines = Object.entries({ host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${ask}\r\n${lines.join('')}\r\n`;
}

function open(said: string | Buffer, { port } = server): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  socket.write(said);
  return socket;
}

/** A client that has come and does not read, while much is on its way to it. */
async function openCongested(): Promise<Socket> {
  const socket = open(handshake());
  await once(socket, 'data');
  socket.pause();
  while (server.longestBacklogBytes === 0) {
    await source.publish({ body: 'x'.repeat(500_000) });
    await new Promise((later) => setImmediate(later));
  }
  return socket;
}

/** All that comes until the server ends. */
async function heard(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  await once(socket, 'end');
  socket.destroy();
  return Buffer.concat(pieces);
}

/** Counts the receivers in memory that were given something to read from now on. */
function watchReceivers(): () => number {
  const used = new Set<WeakRef<Receiver>>();
  const { write } = Receiver.prototype;
  Receiver.prototype.write = function (this: Receiver, ...args: unknown[]) {
    used.add(new WeakRef(this));
    return write.apply(this, args as Parameters<typeof write>);
  };
  onTestFinished(() => {
    Receiver.prototype.write = write;
  });
  return () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    // It collects garbage before it counts.
    queryObjects(Receiver, { format: 'count' });
    warned.mockRestore();
    return [...used].filter((receiver) => receiver.deref()).length;
  };
}

/** A frame as a client sends it, masked with zeros. */
function masked(frame: Buffer): Buffer {
  const length = (frame[1] as number) & 0x7f;
  if (length > 125) throw new RangeError(`a frame of ${frame.length} bytes: expected a short one`);
  return Buffer.concat([Buffer.of(frame[0] as number, 0x80 + length, 0, 0, 0, 0), frame.subarray(2)]);
}

describe('a handshake', () => {
  it('is answered as the example of RFC 6455 is (§1.3)', () => {
    const asked = { method: 'GET', httpVersion: '1.1', headers: { host: 'x', ...rightHeaders } };
    const answer = handshakeOf(asked as never);
    expect(answer).toContain('\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
  });

  it.each<[string, string, RegExp]>([
    [
      'another method',
      handshake(rightHeaders, 'POST /messages HTTP/1.1'),
      /^HTTP\/1.1 400 [\s\S]*invalid method \\"POST\\": expected GET/,
    ],
    [
      'another protocol',
      handshake({ ...rightHeaders, upgrade: 'h2c' }),
      /^HTTP\/1.1 426 [\s\S]*this is a WebSocket endpoint/,
    ],
    [
      'another version of HTTP',
      handshake(rightHeaders, 'GET /messages HTTP/1.0'),
      /^HTTP\/1.1 400 [\s\S]*invalid HTTP version \\"1.0\\": expected 1.1/,
    ],
    [
      'no host',
      handshake().replace('host: x\r\n', ''),
      /^HTTP\/1.1 400 [\s\S]*missing host: expected a host header/,
    ],
    [
      'a body',
      handshake({ ...rightHeaders, 'content-length': '5' }),
      /^HTTP\/1.1 400 [\s\S]*invalid handshake: expected no body/,
    ],
    [
      'a body in chunks',
      handshake({ ...rightHeaders, 'transfer-encoding': 'chunked' }),
      /^HTTP\/1.1 400 [\s\S]*invalid handshake: expected no body/,
    ],
    [
      'another version',
      handshake({ ...rightHeaders, 'sec-websocket-version': '8' }),
      /^HTTP\/1.1 426 [\s\S]*\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n[\s\S]*sec-websocket-version \\"8\\": expected 13/,
    ],
    [
      'no version',
      handshake({ ...rightHeaders, 'sec-websocket-version': '' }),
      /^HTTP\/1.1 426 [\s\S]*invalid sec-websocket-version \\"\\": expected 13/,
    ],
    [
      'a short key',
      handshake({ ...rightHeaders, 'sec-websocket-key': 'c2hvcnQ=' }),
      /^HTTP\/1.1 400 [\s\S]*invalid sec-websocket-key \\"c2hvcnQ=\\": expected 16 bytes/,
    ],
  ])('is refused with a reason: %s', async (_name, said, answer) => {
    expect(String(await heard(open(said)))).toMatch(answer);
    expect(server.tally.refused).toBe(1);
    expect(server.joined).toBe(0);
  });

  it('may name the whole address, as to a proxy', async () => {
    await source.publish({ body: 'hi' });
    const place = `GET http://127.0.0.1:${server.port}/messages?after=${source.log.id}:0 HTTP/1.1`;
    const socket = open(handshake(rightHeaders, place));
    let said = '';
    while (!said.includes('"hi"')) said += String((await once(socket, 'data'))[0]);
    expect(said).toMatch(/^HTTP\/1.1 101 /);
    socket.destroy();
  });

  it.each(['express', 'http'] as const)(
    'of another protocol is a plain request: on %s',
    async (framework) => {
      const notify = notifyServer(source, { framework });
      await notify.listen();
      const offer = 'connection: upgrade, close\r\nupgrade: h2c\r\n';
      const get = open(`GET /messages HTTP/1.1\r\nhost: x\r\n${offer}\r\n`, notify);
      expect(String(await heard(get))).toMatch(/^HTTP\/1.1 200 [\s\S]*"messages"/);
      const post = `POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 14\r\n${offer}\r\n{"body":"one"}`;
      expect(String(await heard(open(post, notify)))).toMatch(/^HTTP\/1.1 201 /);
      expect(notify.tally).toMatchObject({ requests: 1, refused: 0 });
      await notify.close();
    },
  );

  it('behind a request whose answer is still to come is refused, after that answer', async () => {
    const notify = notifyServer(source);
    await notify.listen();
    const post = 'POST /messages HTTP/1.1\r\nhost: x\r\ncontent-length: 14\r\n\r\n{"body":"one"}';
    const answer = String(await heard(open(post + handshake(), notify)));
    expect(answer).toMatch(
      /^HTTP\/1.1 201 [\s\S]*HTTP\/1.1 409 [\s\S]*open another connection for the WebSocket/,
    );
    expect(notify.joined).toBe(0);
    expect(notify.tally.refused).toBe(1);
    await notify.close();
  });

  it('behind a request whose answer ends the connection is nobody’s', async () => {
    const answer = String(await heard(open(`GET / HTTP/1.1\r\nhost: x\r\n\r\n${handshake()}`)));
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 426']);
    expect(answer).toMatch(/\r\nconnection: close, upgrade\r\nupgrade: websocket\r\n/i);
    expect(server.joined).toBe(0);
  });
});

describe('a client', () => {
  it('is heard when it speaks together with its handshake', async () => {
    const socket = open(Buffer.concat([Buffer.from(handshake()), masked(webSocketFrame('{"body":"hi"}'))]));
    let said = '';
    while (!said.includes('"hi"')) said += String((await once(socket, 'data'))[0]);
    expect(source.log.head).toBe(1);
    socket.destroy();
  });

  it('is heard when its words come byte by byte', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/messages`);
    await once(socket, 'message');
    const { _socket: raw } = socket as unknown as { _socket: Socket };
    raw.setNoDelay();
    for (const byte of masked(webSocketFrame('{"body":"bit by bit"}')))
      await new Promise((sent) => raw.write(Buffer.of(byte), sent));
    const [message] = await once(socket, 'message');
    expect(JSON.parse(String(message)).body).toBe('bit by bit');
    socket.terminate();
  });

  it('that says nothing but pong has nothing in the server that reads it', async () => {
    const alive = pushServer(source, { heartbeatMs: 5 });
    await alive.listen();
    const socket = open(handshake(), alive);
    const pong = masked(pongFrame(Buffer.alloc(0)));
    let said = Buffer.alloc(0);
    const beats = async (count: number) => {
      const from = said.length;
      while (said.subarray(from).toString('latin1').split(pingFrame.toString('latin1')).length <= count)
        said = Buffer.concat([said, (await once(socket, 'data'))[0]]);
    };
    const receivers = watchReceivers();
    for (let time = 0; time < 10; time += 1) {
      await beats(1);
      const { toServer } = alive.bytes;
      socket.write(pong);
      while (alive.bytes.toServer === toServer) await new Promise((later) => setImmediate(later));
    }
    expect(receivers()).toBe(0);
    // Who has something to say is heard after that as well.
    socket.write(masked(webSocketFrame('{"body":"hi"}')));
    while (source.log.head === 0) await new Promise((later) => setImmediate(later));
    expect(receivers()).toBe(1);
    socket.destroy();
    await alive.close();
  });

  it('that pings while much is on its way to it is answered its latest ping, when there is room', async () => {
    const socket = await openCongested();
    const { toServer } = server.bytes;
    const pings = ['first', 'second', 'latest'].map((said) => {
      const ping = pongFrame(Buffer.from(said));
      ping[0] = 0x89;
      return masked(ping);
    });
    const sent = Buffer.concat(pings);
    socket.write(sent);
    while (server.bytes.toServer < toServer + sent.length) await new Promise((later) => setImmediate(later));
    const latest = pongFrame(Buffer.from('latest'));
    let said = Buffer.alloc(0);
    socket.resume();
    while (!said.includes(latest)) said = Buffer.concat([said, (await once(socket, 'data'))[0]]);
    expect(said.includes('first')).toBe(false);
    expect(said.includes('second')).toBe(false);
    socket.destroy();
  });

  it('is answered its ping', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/messages`);
    await once(socket, 'open');
    socket.ping('anybody there?');
    expect(String((await once(socket, 'pong'))[0])).toBe('anybody there?');
    socket.terminate();
  });

  it.each([
    [1000, 1000],
    [4321, 4321],
    [undefined, 1005],
  ])('that closes with %s is answered the same, and gone', async (code, answered) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/messages`);
    await once(socket, 'message');
    socket.close(code, code === undefined ? undefined : 'enough');
    const [closedWith, reason] = await once(socket, 'close');
    expect([closedWith, String(reason)]).toEqual([answered, code === undefined ? '' : 'enough']);
    expect(server.readers).toHaveLength(0);
    expect(server.tally.refused).toBe(0);
  });

  it('that hangs up without a word is gone', async () => {
    const socket = open(handshake());
    await once(socket, 'data');
    expect(server.connections).toBe(1);
    socket.end();
    await heard(socket);
    while (server.connections > 0) await new Promise((later) => setImmediate(later));
    expect(server.readers).toHaveLength(0);
  });

  it('is told the reason once, whatever it said behind what was refused', async () => {
    const nonsense = masked(webSocketFrame('nonsense'));
    const behind = [
      masked(webSocketFrame('{"body":"behind"}')),
      masked(pongFrame(Buffer.alloc(0))),
      nonsense,
    ];
    const closed = masked(closeFrame(1000));
    const socket = open(Buffer.concat([Buffer.from(handshake()), nonsense, ...behind, closed]));
    const said = await heard(socket);
    expect(said.subarray(said.indexOf(Buffer.of(0x88)))).toEqual(
      closeFrame(1008, 'invalid message "nonsense": expected JSON'),
    );
    expect(server.tally.refused).toBe(1);
    expect(source.log.head).toBe(0);
  });

  it('is told the reason also when much is on its way to it, and it closes meanwhile', async () => {
    const socket = await openCongested();
    const nonsense = masked(webSocketFrame('nonsense'));
    socket.write(Buffer.concat([nonsense, masked(closeFrame(1000))]));
    while (server.tally.refused === 0) await new Promise((later) => setImmediate(later));
    const last = closeFrame(1008, 'invalid message "nonsense": expected JSON');
    const all = heard(socket);
    socket.resume();
    expect((await all).subarray(-last.length)).toEqual(last);
  });

  it.each<[string, Buffer, number]>([
    ['text that is not UTF-8', Buffer.of(0x81, 0x81, 0, 0, 0, 0, 0xff), 1007],
    ['a frame without a mask', webSocketFrame('{"body":"hi"}'), 1002],
    ['a reserved bit', Buffer.of(0xf1, 0x80, 0, 0, 0, 0), 1002],
    ['an opcode that means nothing', Buffer.of(0x83, 0x80, 0, 0, 0, 0), 1002],
    ['a frame of two exabytes', Buffer.of(0x81, 0xff, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1009],
    ['a close with half a code', Buffer.of(0x88, 0x81, 0, 0, 0, 0, 3), 1002],
  ])('is closed on %s', async (_name, bytes, code) => {
    const said = await heard(open(Buffer.concat([Buffer.from(handshake()), bytes])));
    const last = said.subarray(said.lastIndexOf(0x88));
    expect(last.readUInt16BE(2)).toBe(code);
    expect(last.subarray(4).length).toBeGreaterThan(0);
    expect(server.tally.refused).toBe(1);
  });
});

describe('the frame of a close', () => {
  it('has room for 123 bytes of reason, and no half character', () => {
    const frame = closeFrame(1008, `a${'“'.repeat(100)}`);
    expect(frame.length).toBeLessThanOrEqual(127);
    expect(frame.subarray(4).toString()).toMatch(/^a“+$/);
  });

  it('has no code where there is none', () => {
    expect(closeFrame(1005)).toEqual(Buffer.of(0x88, 0));
  });
});
