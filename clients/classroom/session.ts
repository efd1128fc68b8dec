import { backoffMs } from '../shared/backoff.ts';
import { pageMs, ServerClock } from './clock.ts';
import type { Said, Sight, Told } from './protocol.ts';
import { Silence, silenceLimitMs } from './silence.ts';

export type SessionOptions = {
  /** The classroom's origin: `http://host:port`. */
  origin: string;
  token: string;
  /** What this page calls itself. Default: a name that it makes up. */
  page?: string;
  /** Opens a WebSocket: the browser's own, or in Node one with the same interface. */
  openSocket: (url: string) => WebSocket;
  /** Called with everything the server sends except clock responses. */
  onTold(told: Told): void;
  /** Called when the session connects, and when it loses its connection. */
  onConnected(isConnected: boolean): void;
  /** Called about once a second with the newest message's `seq` at the server. */
  onHead(head: number): void;
  /** Called when the server closes the session for good, with the close code and its reason. */
  onOver(reason: string, code: number): void;
};

/** Clock samples: a few at once for a good one, then one per second, since clocks drift. */
const samplesAtFirst = 20;
const sampleFirstMs = 60;
const sampleLaterMs = 1000;

/** How often the page looks whether the server has fallen silent. */
const lookEveryMs = 500;

/** Codes from here on close a session for good. */
const overFrom = 4000;

/**
 * A page's session: state comes down, votes and latencies go up, and the server's clock is kept.
 *
 *     page ──clock──► ◄──clock── ──clock──► ╳ … 6 s of silence: drop the connection, open another
 *
 * A phone that changes networks is never told that its old connections are dead. The clock tells: it is asked
 * for once a second.
 */
export class Session {
  readonly clock = new ServerClock();
  readonly #options: SessionOptions;
  /** What this page calls itself. The server tells one that comes back from one that takes over by it. */
  readonly page: string;
  readonly #asked = new Map<number, number>();
  #socket: WebSocket | undefined;
  #silence = new Silence();
  #samples = 0;
  #failuresInARow = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #watch: ReturnType<typeof setInterval>;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.page = options.page ?? Math.random().toString(36).slice(2);
    this.#connect();
    this.#watch = setInterval(() => this.#findSilence(), lookEveryMs);
  }

  /** Sends something, if there is a connection. */
  say(said: Said): void {
    if (this.#socket?.readyState === open) this.#socket.send(JSON.stringify(said));
  }

  /** Ends the session from this side. */
  close(): void {
    this.#stop();
    if (!this.#socket) return;
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #connect(): void {
    const { origin, token, openSocket } = this.#options;
    const query = new URLSearchParams({ token, page: this.page });
    const socket = openSocket(`${origin.replace(/^http/, 'ws')}/session?${query}`);
    this.#socket = socket;
    this.#silence = new Silence();
    this.#asked.clear();
    socket.onopen = () => {
      this.#samples = 0;
      this.#silence.end();
      this.#options.onConnected(true);
      this.#askTime(socket);
    };
    socket.onmessage = ({ data }) => this.#onTold(JSON.parse(String(data)));
    socket.onclose = ({ code, reason }) => {
      if (code >= overFrom) {
        this.#stop();
        this.#options.onOver(reason, code);
      } else this.#reconnect();
    };
    // A failure closes the socket, which is enough to know.
    socket.onerror = () => {};
  }

  #stop(): void {
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
  }

  #reconnect(): void {
    clearTimeout(this.#timer);
    this.#options.onConnected(false);
    this.#failuresInARow += 1;
    this.#timer = setTimeout(() => this.#connect(), backoffMs(this.#failuresInARow, Math.random));
  }

  /** Drops a connection that the server has fallen silent on. Its closing handshake would wait for ever. */
  #findSilence(): void {
    const socket = this.#socket;
    const isTried = socket?.readyState === open || socket?.readyState === connecting;
    if (this.#silence.upTo(pageMs()) < silenceLimitMs || !socket || !isTried) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#socket = undefined;
    this.#reconnect();
  }

  #askTime(socket: WebSocket): void {
    if (socket !== this.#socket || socket.readyState !== open) return;
    this.#samples += 1;
    this.#asked.set(this.#samples, pageMs());
    this.say({ say: 'clock', id: this.#samples });
    const nextMs = this.#samples < samplesAtFirst ? sampleFirstMs : sampleLaterMs;
    this.#timer = setTimeout(() => whenIdle(() => this.#askTime(socket)), nextMs);
  }

  #onTold(told: Told): void {
    const receivedMs = pageMs();
    this.#silence.end();
    // A server that is full opens a connection and closes it, which is a failure like others.
    this.#failuresInARow = 0;
    if (told.tell !== 'clock') {
      this.#options.onTold(told);
      return;
    }
    const sentMs = this.#asked.get(told.id);
    this.#asked.delete(told.id);
    if (sentMs !== undefined) this.clock.enter(sentMs, receivedMs, told.nowMs);
    this.#options.onHead(told.head);
  }
}

/** States of a WebSocket. A page in Node may have no global one to read them from. */
const connecting = 0;
const open = 1;

/** When the page has nothing to paint: a response that has to wait for that makes a bad sample. */
function whenIdle(call: () => void): void {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(call, { timeout: 500 });
  else call();
}

/** The same event with its time on the server's clock, in microseconds: more digits mean nothing. */
export function onServersClock(sight: Sight, clock: ServerClock): Sight {
  return { ...sight, atMs: Math.round(clock.at(sight.atMs) * 1000) / 1000 };
}
