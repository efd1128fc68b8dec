import { EventEmitter, once } from 'node:events';
import { WebSocket as NodeWebSocket } from 'ws';
import { Attendance } from '../../../clients/classroom/attendance.ts';
import { pageMs } from '../../../clients/classroom/clock.ts';
import { LaneClient } from '../../../clients/classroom/lane-client.ts';
import type { LaneHandle, LaneThreadOptions } from '../../../clients/classroom/lane-thread.ts';
import { laneToken } from '../../../clients/classroom/lane-token.ts';
import {
  defaultSettings,
  type Joined,
  type LaneName,
  type Said,
  type Settings,
  type Sight,
  type Told,
} from '../../../clients/classroom/protocol.ts';
import { Session } from '../../../clients/classroom/session.ts';
import type { Openers } from '../../../clients/shared/openers.ts';
import { nodeOpeners } from '../../../clients/shared/openers-node.ts';

/** Joins a class. Rejects with the reason when that is refused. */
export async function join(origin: string, code: string, name: string, token?: string): Promise<Joined> {
  const body = JSON.stringify({ code, name, token });
  const answer = await fetch(`${origin}/join`, { method: 'POST', body });
  const { error, ...joined } = (await answer.json()) as Joined & { error?: string };
  if (error !== undefined) throw new Error(`${answer.status}: ${error}`);
  return joined;
}

/** Turns an address into the one that is connected to. */
type Through = (url: string) => string;

/** A member without a browser: the very session and client of a phone's page, with Node's connections. */
export class HeadlessMember extends Attendance {
  readonly #changes: EventEmitter;
  /** All events of its clients, in order. */
  readonly sights: Sight[];

  private constructor(
    origin: string,
    token: string,
    through: Through,
    changes: EventEmitter,
    sights: Sight[],
  ) {
    super({
      origin,
      token,
      openSocket: (url) => openSocket(through(url)),
      startLane: (options) =>
        startLane({
          ...options,
          url: through(options.url),
          onSights(fresh) {
            sights.push(...fresh);
            options.onSights(fresh);
            changes.emit('change');
          },
        }),
      onChange: () => changes.emit('change'),
    });
    this.#changes = changes.setMaxListeners(0);
    this.sights = sights;
  }

  /** Joins, and resolves when the class's state has come. `through`: what its addresses become on the way. */
  static async join(
    origin: string,
    code: string,
    name: string,
    through: Through = (url) => url,
  ): Promise<HeadlessMember> {
    const { token } = await join(origin, code, name);
    const member = new HeadlessMember(origin, token, through, new EventEmitter(), []);
    await member.until(({ state }) => state !== undefined);
    return member;
  }

  /** Resolves when this holds; it is looked at whenever something has changed. */
  async until(isIt: (member: HeadlessMember) => boolean): Promise<void> {
    while (!isIt(this)) await once(this.#changes, 'change');
  }
}

/**
 * A page without a browser that speaks the protocol word by word, for tests: it has a page's session, and
 * clients of any transport that report to the test.
 */
export class HeadlessPage {
  /** What each of its clients saw, in order. */
  readonly seen = new Map<LaneName, Sight[]>();
  readonly session: Session;
  readonly #token: string;
  readonly #told = new EventEmitter().setMaxListeners(0);
  readonly #all: Told[] = [];
  readonly #clients = new Map<LaneName, LaneClient>();
  readonly #closed: Promise<{ code: number; reason: string }>;
  #socket: NodeWebSocket | undefined;
  #marks = 0;

  private constructor(origin: string, token: string, page?: string) {
    this.#token = token;
    let onOver = (_: { code: number; reason: string }) => {};
    this.#closed = new Promise((resolve) => {
      onOver = resolve;
    });
    this.session = new Session({
      origin,
      token,
      page,
      openSocket: (url) => {
        this.#socket = new NodeWebSocket(url, { perMessageDeflate: false });
        this.#socket.on('close', (code, reason) => onOver({ code, reason: String(reason) }));
        this.#socket.on('message', (data) => {
          const told = JSON.parse(String(data)) as Told;
          if (told.tell === 'clock') this.#told.emit(`clock ${told.id}`);
        });
        return this.#socket as unknown as WebSocket;
      },
      onTold: (told) => this.#onTold(told),
      onConnected() {},
      onHead() {},
      onOver() {},
    });
  }

  /** Connects to the session of the classroom at this origin. Rejects when it is refused. */
  static async open(origin: string, token: string, page?: string): Promise<HeadlessPage> {
    const opened = new HeadlessPage(origin, token, page);
    const refused = await Promise.race([opened.hear('welcome').then(() => undefined), opened.closed()]);
    if (!refused) return opened;
    opened.session.close();
    throw new Error(`${refused.code} ${refused.reason}`);
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
    this.session.say(said);
  }

  /** Sends something that may be no `Said` at all. */
  sendText(text: string): void {
    this.#socket?.send(text);
  }

  /** Resolves with code and reason when its session's connection is closed. */
  closed(): Promise<{ code: number; reason: string }> {
    return this.#closed;
  }

  /** Waits for the answer to everything that was said before: the server answers in order. */
  async answered(): Promise<void> {
    this.#marks += 1;
    // Higher than what the session asks with by itself.
    const id = 1_000_000 + this.#marks;
    this.say({ say: 'clock', id });
    await once(this.#told, `clock ${id}`);
  }

  /** Starts a client of one transport. */
  async take(transport: LaneName, settings: Settings = defaultSettings): Promise<LaneClient> {
    const { urls, role } = await this.hear('welcome');
    const sights: Sight[] = [];
    this.seen.set(transport, sights);
    const client = laneClient({
      transport,
      url: urls[transport],
      token: role === 'presenter' ? laneToken(this.#token, this.session.page) : this.#token,
      habits: settings,
      onFailure() {},
      onSights: (fresh) => {
        sights.push(...fresh);
        this.#told.emit('saw');
      },
    });
    this.#clients.set(transport, client);
    await client.start();
    return client;
  }

  /** An instant of what its clients saw, on the server's clock. */
  serverMs(atMs: number): number {
    return this.session.clock.at(atMs);
  }

  /** Waits until one of its clients saw something. */
  async saw(transport: LaneName, isIt: (sight: Sight) => boolean): Promise<Sight> {
    for (;;) {
      const found = this.seen.get(transport)?.find(isIt);
      if (found) return found;
      await once(this.#told, 'saw');
    }
  }

  /** Leaves. */
  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.stop();
    this.session.close();
    await this.#closed;
  }

  #onTold(told: Told): void {
    this.#all.push(told);
    this.#told.emit(told.tell);
  }
}

function openSocket(url: string): WebSocket {
  return new NodeWebSocket(url, { perMessageDeflate: false }) as unknown as WebSocket;
}

/** A client in this process, as a browser has it in a thread. */
function startLane(options: LaneThreadOptions): LaneHandle {
  const client = laneClient(options);
  void client.start();
  return {
    change: (habits) => client.change(habits),
    leave: () => client.leave(),
    comeBack: (replay) => void client.comeBack(replay),
    reconnect: () => void client.reconnect(),
    stop: async () => client.stop(),
  };
}

function laneClient({ transport, url, token, habits, onSights }: LaneThreadOptions): LaneClient {
  return new LaneClient({
    transport,
    url,
    openers: withToken(nodeOpeners, token),
    habits,
    tell: onSights,
    block: (durationMs) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs),
    nowMs: pageMs,
  });
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
