import { EventEmitter, once } from 'node:events';
import { WebSocket } from 'ws';
import { pageMs, ServerClock } from '../../clients/classroom/clock.ts';
import { LaneClient } from '../../clients/classroom/lane-client.ts';
import {
  defaultSettings,
  type LaneName,
  type Said,
  type Settings,
  type Sight,
  type Told,
} from '../../clients/classroom/protocol.ts';
import { SightQueue } from '../../clients/classroom/sight-queue.ts';
import type { Openers } from '../../clients/openers.ts';
import { nodeOpeners } from '../../clients/openers-node.ts';

/**
 * A page without a browser: it speaks the protocol of the classroom's session, and its clients are those of the
 * pages, with Node's openers. For tests, and for crowds.
 */
export class HeadlessPage {
  /** What each of its clients saw, in order. */
  readonly seen = new Map<LaneName, Sight[]>();
  readonly #token: string;
  readonly #socket: WebSocket;
  readonly #told = new EventEmitter();
  readonly #all: Told[] = [];
  readonly #clock = new ServerClock();
  readonly #asked = new Map<number, number>();
  readonly #queue = new SightQueue();
  readonly #clients = new Map<LaneName, LaneClient>();
  #telling: NodeJS.Timeout | undefined;

  private constructor(socket: WebSocket, token: string) {
    this.#socket = socket;
    this.#token = token;
    socket.on('message', (data) => this.#onTold(JSON.parse(String(data))));
    socket.on('error', () => {});
  }

  /** Connects to the session of the classroom at this origin. Rejects when it is refused. */
  static async open(
    origin: string,
    token: string,
    headers: Record<string, string> = {},
  ): Promise<HeadlessPage> {
    const url = `${origin.replace(/^http/, 'ws')}/session?token=${encodeURIComponent(token)}`;
    const socket = new WebSocket(url, { perMessageDeflate: false, headers });
    const page = new HeadlessPage(socket, token);
    await once(socket, 'open');
    return page;
  }

  /** Comes in as a member. Rejects with the reason when that is refused. */
  static async join(origin: string, code: string, name: string): Promise<HeadlessPage> {
    const answer = await fetch(`${origin}/join`, { method: 'POST', body: JSON.stringify({ code, name }) });
    const { token, error } = (await answer.json()) as { token?: string; error?: string };
    if (token === undefined) throw new Error(`${answer.status}: ${error}`);
    return HeadlessPage.open(origin, token);
  }

  /** Everything that it was told of one kind, so far. */
  heard<K extends Told['tell']>(tell: K): Extract<Told, { tell: K }>[] {
    return this.#all.filter((told): told is Extract<Told, { tell: K }> => told.tell === tell);
  }

  /** Waits for something to be told, or finds it among what was. */
  async hear<K extends Told['tell']>(
    tell: K,
    isIt: (told: Extract<Told, { tell: K }>) => boolean = () => true,
  ): Promise<Extract<Told, { tell: K }>> {
    for (;;) {
      const found = this.heard(tell).findLast(isIt);
      if (found) return found;
      await once(this.#told, tell);
    }
  }

  /** Waits until the latest that it was told of one kind is as it should be. */
  async sees<K extends Told['tell']>(
    tell: K,
    isIt: (told: Extract<Told, { tell: K }>) => boolean,
  ): Promise<Extract<Told, { tell: K }>> {
    for (;;) {
      const latest = this.heard(tell).at(-1);
      if (latest && isIt(latest)) return latest;
      await once(this.#told, tell);
    }
  }

  say(said: Said): void {
    this.sendText(JSON.stringify(said));
  }

  /** Sends something that may be no `Said` at all. */
  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** Resolves with code and reason when its session is closed. */
  async closed(): Promise<{ code: number; reason: string }> {
    const [code, reason] = await once(this.#socket, 'close');
    return { code, reason: String(reason) };
  }

  /** Reads the server's clock so many times. */
  async readClock(samples = 5): Promise<void> {
    for (let sample = 0; sample < samples; sample += 1) {
      const id = this.#asked.size + 1;
      this.#asked.set(id, pageMs());
      this.say({ say: 'clock', id });
      await this.hear('clock', (told) => told.id === id);
    }
  }

  /** Becomes a client of one transport; what it sees is told every half second. */
  async take(transport: LaneName, settings: Settings = defaultSettings): Promise<LaneClient> {
    const { urls } = await this.hear('welcome');
    const sights: Sight[] = [];
    this.seen.set(transport, sights);
    const client = new LaneClient({
      transport,
      url: urls[transport],
      openers: withToken(nodeOpeners, this.#token),
      habits: settings,
      tell: (fresh) => {
        sights.push(...fresh);
        this.#queue.add(
          transport,
          fresh.map((sight) => ({ ...sight, atMs: this.#clock.at(sight.atMs) })),
        );
        this.#told.emit('saw');
      },
      block: (durationMs) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs),
      nowMs: pageMs,
    });
    this.#clients.set(transport, client);
    this.#telling ??= setInterval(() => this.tellSights(), 500);
    await client.start();
    return client;
  }

  /** An instant of what its clients saw, on the server's clock. */
  serverMs(atMs: number): number {
    return this.#clock.at(atMs);
  }

  /** Waits until one of its clients saw something. */
  async saw(transport: LaneName, isIt: (sight: Sight) => boolean): Promise<Sight> {
    for (;;) {
      const found = this.seen.get(transport)?.find(isIt);
      if (found) return found;
      await once(this.#told, 'saw');
    }
  }

  /** Tells what its clients saw and was not told yet. */
  tellSights(): void {
    for (const said of this.#queue.take(Math.min(60_000, this.#clock.uncertaintyMs))) this.say(said);
  }

  /** Leaves. */
  async close(): Promise<void> {
    clearInterval(this.#telling);
    for (const client of this.#clients.values()) client.stop();
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #onTold(told: Told): void {
    const receivedMs = pageMs();
    if (told.tell === 'clock')
      this.#clock.enter(this.#asked.get(told.id) ?? receivedMs, receivedMs, told.nowMs);
    this.#all.push(told);
    this.#told.emit(told.tell);
  }
}

/** The same openers, with a token in every address. */
function withToken(openers: Openers, token: string): Openers {
  const admitted = (url: string) =>
    `${url}${url.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;
  return {
    webSocket: (url, events) => openers.webSocket(admitted(url), events),
    tcp: openers.tcp,
    events: (url, after, events) => openers.events(admitted(url), after, events),
    http(origin, options) {
      const http = openers.http(origin, options);
      return { ...http, ask: (method, path, body) => http.ask(method, admitted(path), body) };
    },
  };
}
