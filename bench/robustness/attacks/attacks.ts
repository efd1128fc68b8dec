import { connect, type Socket } from 'node:net';
import type { ServerName } from '../../../servers/serve.ts';
import { frameOf, handshake } from '../raw-socket.ts';

/** An attack on a server over plain sockets: it occupies connections or sends nonsense, again and again. */
export type Attack = {
  name: string;
  /** Servers that it makes sense for. */
  suits: readonly ServerName[];
  /** Opens its sockets through `open`, and sends its bytes. */
  strike(open: () => Socket): void;
};

const polled: readonly ServerName[] = ['short-poll', 'long-poll', 'notify'];
const http: readonly ServerName[] = [...polled, 'sse', 'push'];
const sockets: readonly ServerName[] = ['push', 'notify'];
const all: readonly ServerName[] = [...http, 'tcp-push'];

const get = 'GET /messages HTTP/1.1\r\nhost: localhost\r\n';
const post = (length: number) =>
  `POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n\r\n`;

/** Time between two bytes of a slow request. */
const dripEveryMs = 50;

export const attacks: readonly Attack[] = [
  {
    name: 'slow headers',
    suits: http,
    strike: (open) => drip(open(), `${get}x-more: ${'x'.repeat(4000)}`),
  },
  { name: 'slow body', suits: polled, strike: (open) => drip(open(), post(60_000) + ' '.repeat(4000), 60) },
  { name: 'slow line', suits: ['tcp-push'], strike: (open) => drip(open(), `{"after":"${'a'.repeat(4000)}`) },
  {
    name: 'half a request',
    suits: all,
    strike(open) {
      const socket = open();
      socket.write(`${get.slice(0, 30)}`, () => socket.resetAndDestroy());
    },
  },
  {
    name: 'huge headers',
    suits: http,
    strike: (open) => open().write(`${get}${'x-more: y\r\n'.repeat(10_000)}\r\n`),
  },
  { name: 'a huge line', suits: ['tcp-push'], strike: (open) => open().write('x'.repeat(200_000)) },
  {
    name: 'a huge body',
    suits: polled,
    strike: (open) => open().write(post(10_000_000) + 'x'.repeat(200_000)),
  },
  {
    name: 'invalid UTF-8',
    suits: polled,
    strike: (open) => open().write(Buffer.concat([Buffer.from(post(4)), Buffer.of(0xff, 0xfe, 0xc3, 0x28)])),
  },
  {
    name: 'invalid UTF-8 in a line',
    suits: ['tcp-push'],
    strike: (open) => open().write(Buffer.of(0xff, 0xfe, 0xc3, 0x28, 0x0a)),
  },
  {
    name: 'invalid UTF-8 in a frame',
    suits: sockets,
    strike: (open) => frames(open(), { first: 0x81, isMasked: true, payload: Buffer.of(0xff, 0xfe) }),
  },
  {
    name: 'an oversized frame',
    suits: sockets,
    strike: (open) =>
      frames(open(), { first: 0x81, isMasked: true, claims: 2 ** 52, payload: Buffer.alloc(1000) }),
  },
  {
    name: 'an unmasked frame',
    suits: sockets,
    strike: (open) => frames(open(), { first: 0x81, isMasked: false, payload: Buffer.from('{"body":"x"}') }),
  },
  {
    name: 'endless fragments',
    suits: sockets,
    strike(open) {
      const piece = { first: 0x00, isMasked: true, payload: Buffer.from('x') };
      frames(open(), { ...piece, first: 0x01 }, ...Array.from({ length: 2000 }, () => piece));
    },
  },
  {
    name: 'pings, and never reading',
    suits: sockets,
    strike(open) {
      const ping = { first: 0x89, isMasked: true, payload: Buffer.alloc(125) };
      frames(open().pause(), ...Array.from({ length: 1000 }, () => ping));
    },
  },
  {
    name: 'asking, and never reading',
    suits: [...polled, 'sse'],
    strike: (open) => open().pause().write(`${get}\r\n`.repeat(20)),
  },
  {
    name: 'subscribing, and never reading',
    suits: ['push', 'notify'],
    strike: (open) => open().pause().write(handshake('/messages?after=a1:0')),
  },
  {
    name: 'subscribing over TCP, and never reading',
    suits: ['tcp-push'],
    strike: (open) => open().pause().write('{"after":"a1:0"}\n'),
  },
  {
    name: 'subscribing, hanging up, and never reading',
    suits: ['push', 'notify'],
    strike: (open) => open().pause().end(handshake('/messages?after=a1:0')),
  },
  {
    name: 'subscribing to events, hanging up, and never reading',
    suits: ['sse'],
    strike: (open) => open().pause().end(`${get}\r\n`),
  },
  {
    name: 'subscribing over TCP, hanging up, and never reading',
    suits: ['tcp-push'],
    strike: (open) => open().pause().end('{"after":"a1:0"}\n'),
  },
  {
    name: 'a flood of connections',
    suits: all,
    strike(open) {
      for (let index = 0; index < 10; index += 1) open();
    },
  },
];

/** The attacks that make sense for a server. */
export function attacksOn(server: ServerName): Attack[] {
  return attacks.filter(({ suits }) => suits.includes(server));
}

/** Attacks one port of this machine. */
export class Attacker {
  readonly #port: number;
  readonly #open = new Set<Socket>();
  readonly #timers: NodeJS.Timeout[] = [];
  strikes = 0;

  constructor(port: number) {
    this.#port = port;
  }

  strike(attack: Attack): void {
    this.strikes += 1;
    attack.strike(() => this.#connect());
  }

  /** Strikes with each attack in turn, `perSecond` times in total. */
  strikeOn(all: readonly Attack[], perSecond: number): void {
    let next = 0;
    const timer = setInterval(() => {
      this.strike(all[next % all.length] as Attack);
      next += 1;
    }, 1000 / perSecond);
    this.#timers.push(timer);
  }

  /** Closes every connection. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    const closed = [...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#open) socket.destroy();
    await Promise.all(closed);
  }

  #connect(): Socket {
    const socket = connect(this.#port, '127.0.0.1');
    this.#open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#open.delete(socket));
    socket.resume();
    return socket;
  }
}

/** Writes the first `atOnce` characters, and the rest a byte at a time. */
function drip(socket: Socket, text: string, atOnce = 1): void {
  socket.write(text.slice(0, atOnce));
  let at = atOnce;
  const timer = setInterval(() => socket.write(text.charAt(at++)), dripEveryMs);
  socket.once('close', () => clearInterval(timer));
}

function frames(socket: Socket, ...parts: Parameters<typeof frameOf>[0][]): void {
  socket.write(Buffer.concat([Buffer.from(handshake('/messages')), ...parts.map(frameOf)]));
}
