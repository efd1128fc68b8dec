import { backoffMs } from '../backoff.ts';
import { pageMs, ServerClock } from './clock.ts';
import type { LaneName, Said, Sight, Told } from './protocol.ts';
import { SightQueue } from './sight-queue.ts';

export type SessionOptions = {
  token: string;
  /** Takes what the server tells, but for answers to the clock. */
  onTold(told: Told): void;
  /** The connection is there, or is not. */
  onConnected(isConnected: boolean): void;
  /** It is over for good, and why. */
  onOver(reason: string): void;
};

/** Clock samples: some at once, for a good one, then one now and then, since clocks drift. */
const samplesAtFirst = 20;
const sampleFirstMs = 60;
const sampleLaterMs = 1000;

/** How often sights are told. */
const tellEveryMs = 500;

/** Codes from here on close a session for good. */
const overFrom = 4000;

/** A page's session: what is going on comes down, what it sees goes up, and its clock is kept. */
export class Session {
  readonly clock = new ServerClock();
  readonly #options: SessionOptions;
  readonly #queue = new SightQueue();
  readonly #asked = new Map<number, number>();
  #socket: WebSocket | undefined;
  #samples = 0;
  #failuresInARow = 0;
  #isOver = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#connect();
    setInterval(() => this.#tellSights(), tellEveryMs);
  }

  /** Sights that could not be told. */
  get lost(): number {
    return this.#queue.lost;
  }

  /** Says something, if there is a connection. Returns whether it was said. */
  say(said: Said): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(said));
    return true;
  }

  /** Enters what a lane saw, its times already the server's. It is told soon. */
  saw(transport: LaneName, sights: readonly Sight[]): void {
    this.#queue.add(transport, sights);
  }

  #connect(): void {
    const socket = new WebSocket(
      `${location.origin.replace(/^http/, 'ws')}/session?token=${encodeURIComponent(this.#options.token)}`,
    );
    this.#socket = socket;
    socket.onopen = () => {
      this.#failuresInARow = 0;
      this.#samples = 0;
      this.#options.onConnected(true);
      this.#askTime(socket);
    };
    socket.onmessage = ({ data }) => this.#onTold(JSON.parse(data));
    socket.onclose = ({ code, reason }) => {
      if (code >= overFrom) {
        this.#isOver = true;
        this.#options.onOver(reason);
        return;
      }
      this.#options.onConnected(false);
      this.#failuresInARow += 1;
      setTimeout(() => this.#connect(), backoffMs(this.#failuresInARow, Math.random));
    };
  }

  #askTime(socket: WebSocket): void {
    if (socket !== this.#socket || socket.readyState !== WebSocket.OPEN) return;
    this.#samples += 1;
    this.#asked.set(this.#samples, pageMs());
    this.say({ say: 'clock', id: this.#samples });
    const nextMs = this.#samples < samplesAtFirst ? sampleFirstMs : sampleLaterMs;
    setTimeout(() => whenIdle(() => this.#askTime(socket)), nextMs);
  }

  #onTold(told: Told): void {
    if (told.tell !== 'clock') {
      this.#options.onTold(told);
      return;
    }
    const receivedMs = pageMs();
    const sentMs = this.#asked.get(told.id);
    this.#asked.delete(told.id);
    if (sentMs !== undefined) this.clock.enter(sentMs, receivedMs, told.nowMs);
  }

  #tellSights(): void {
    if (!this.clock.isKnown || this.#isOver || this.#socket?.readyState !== WebSocket.OPEN) return;
    for (const said of this.#queue.take(Math.min(this.clock.uncertaintyMs, uncertaintyMaxMs))) this.say(said);
  }
}

/** When the page has nothing to paint: an answer that has to wait for that makes a bad sample. */
function whenIdle(call: () => void): void {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(call, { timeout: 500 });
  else call();
}

/** The most uncertainty that the protocol takes. */
const uncertaintyMaxMs = 60_000;

/** A sight with its times moved to the server's clock, in microseconds: more digits mean nothing. */
export function onServersClock(sight: Sight, clock: ServerClock): Sight {
  return { ...sight, atMs: Math.round(clock.at(sight.atMs) * 1000) / 1000 };
}
