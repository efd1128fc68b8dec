import { pageMs } from './clock.ts';
import { habitsOf } from './habits.ts';
import { Lane } from './lane.ts';
import type { LaneHandle, StartLane } from './lane-thread.ts';
import type { LaneName, SessionState, Settings, Sight, Told } from './protocol.ts';
import { Published } from './published.ts';
import { onServersClock, Session, type SessionOptions } from './session.ts';
import { limits } from './settings.ts';

/** What a member's page needs of where it runs: a browser or, for crowds and tests, Node. */
export type AttendanceOptions = Pick<SessionOptions, 'origin' | 'token' | 'openSocket'> & {
  startLane: StartLane;
  /** Called when there is something new to show. */
  onChange(): void;
};

/** A vote of this member. It counts when the server has said so. */
export type MyVote = { question: string; round: number; choice: number; isCounted: boolean };

/** How often latencies are sent. */
const tellEveryMs = 500;

/** Latencies that wait while the session is away. Older ones are dropped: they only feed a picture. */
const waitingMax = 1000;

/**
 * What a member's page knows and does, without a screen: its session, its vote, and the one client that it
 * becomes when it takes a transport.
 */
export class Attendance {
  name = '';
  state: SessionState | undefined;
  lane: Lane | undefined;
  isConnected = false;
  /** Why the session is over for good, if it is. */
  over: string | undefined;
  refused: string | undefined;
  /** Whether the lane's stream has not opened for so long that the browser must be holding it back. */
  isHeldBack = false;
  myVote: MyVote | undefined;
  readonly session: Session;
  readonly #options: AttendanceOptions;
  readonly #telling: ReturnType<typeof setInterval>;
  /** Where the class's servers are. */
  urls: Record<LaneName, string> | undefined;
  #client: LaneHandle | undefined;
  /** A transport that was chosen, as long as the server has not said so. */
  #wanted: LaneName | 'assign' | undefined;
  /** Whether the session has connected again, and has not been told how things stand. */
  #isBack = false;
  #hasEnded = false;
  #latenciesMs: number[] = [];

  constructor(options: AttendanceOptions) {
    this.#options = options;
    this.session = new Session({
      ...options,
      onTold: (told) => this.#onTold(told),
      onConnected: (isConnected) => this.#onConnected(isConnected),
      onHead: (head) => this.#onHead(head),
      onOver: (reason) => {
        this.over = reason;
        void this.#stop();
        options.onChange();
      },
    });
    this.#telling = setInterval(() => this.#tellLatencies(), tellEveryMs);
  }

  /** The server's time now. */
  get nowMs(): number {
    return this.session.clock.at(pageMs());
  }

  /** Votes, or votes again. Without a connection the vote is sent as soon as there is one. */
  vote(question: string, choice: number): void {
    this.myVote = { question, round: this.#round, choice, isCounted: false };
    this.session.say({ say: 'vote', question, choice });
    this.#options.onChange();
  }

  get #round(): number {
    return this.state?.vote?.round ?? 0;
  }

  /**
   * Becomes a client of this transport, or of the one that the fewest have. Without a connection the choice is
   * sent as soon as there is one.
   */
  take(transport: LaneName | 'assign'): void {
    this.#wanted = transport;
    this.session.say({ say: 'transport', transport });
  }

  /** Leaves the class: the place is free, and an open vote counts without this member. */
  async leave(): Promise<void> {
    this.session.say({ say: 'leave' });
    this.session.close();
    await this.#stop();
  }

  async #stop(): Promise<void> {
    this.#hasEnded = true;
    clearInterval(this.#telling);
    await this.#client?.stop();
  }

  #onConnected(isConnected: boolean): void {
    // A session that was lost was so with its network: the lane's connection is replaced as well.
    if (!isConnected && this.isConnected) this.#client?.reconnect();
    this.isConnected = isConnected;
    this.#options.onChange();
  }

  #onHead(head: number): void {
    const { lane } = this;
    if (!lane) return;
    lane.learnHead(head, this.nowMs);
    if (!lane.isSilent(pageMs())) return;
    this.isHeldBack = lane.name === 'sse' && lane.totals.answered === 0;
    this.#client?.reconnect();
  }

  #onTold(told: Told): void {
    switch (told.tell) {
      case 'welcome':
        this.urls = told.urls;
        this.name = told.name;
        this.#isBack = true;
        if (this.#wanted) this.session.say({ say: 'transport', transport: this.#wanted });
        break;
      case 'state':
        this.#onState(told.state);
        break;
      case 'voted':
        this.myVote = { question: told.question, round: this.#round, choice: told.choice, isCounted: true };
        break;
      case 'transport':
        this.#wanted = undefined;
        void this.#become(told.transport);
        break;
      case 'refused':
        this.refused = told.error;
    }
    this.#options.onChange();
  }

  #onState(state: SessionState): void {
    const before = this.state;
    this.state = state;
    this.refused = undefined;
    this.#checkVote(state);
    const { lane } = this;
    if (!lane || !before) return;
    const isScene = before.scene !== state.scene;
    lane.setSettings(settingsOfMember(before), settingsOfMember(state), isScene, this.nowMs);
    const habits = habitsOf(lane.name, settingsOfMember(state));
    if (JSON.stringify(habits) !== JSON.stringify(habitsOf(lane.name, settingsOfMember(before))))
      this.#client?.change(habits);
  }

  /** Forgets a vote of an earlier round; one that has not arrived is sent again over a new connection. */
  #checkVote({ vote }: SessionState): void {
    if (this.myVote?.round !== vote?.round) this.myVote = undefined;
    if (this.#isBack && vote?.open && this.myVote && !this.myVote.isCounted) {
      const { question, choice } = this.myVote;
      this.session.say({ say: 'vote', question, choice });
    }
    this.#isBack = false;
  }

  async #become(name: LaneName): Promise<void> {
    if (this.lane?.name === name || !this.state || !this.urls) return;
    const earlier = this.#client;
    this.#client = undefined;
    const lane = new Lane(name, new Published());
    this.lane = lane;
    this.isHeldBack = false;
    await earlier?.stop();
    while (!this.session.clock.isKnown && !this.#hasEnded) await new Promise((wait) => setTimeout(wait, 50));
    if (this.lane !== lane || this.#hasEnded) return;
    this.#client = this.#options.startLane({
      transport: name,
      url: this.urls[name],
      token: this.#options.token,
      habits: habitsOf(name, settingsOfMember(this.state)),
      onSights: (sights) => this.#onSights(lane, sights),
      onFailure: (reason) => this.#onFailure(reason),
    });
  }

  #onFailure(reason: string): void {
    this.refused = reason;
    this.#options.onChange();
  }

  #onSights(lane: Lane, sights: readonly Sight[]): void {
    for (const sight of sights) {
      const latencyMs = lane.take(onServersClock(sight, this.session.clock), 0);
      if (latencyMs !== undefined) this.#latenciesMs.push(latencyMs);
    }
    if (lane.totals.answered > 0) this.isHeldBack = false;
    this.#latenciesMs.splice(0, this.#latenciesMs.length - waitingMax);
  }

  #tellLatencies(): void {
    if (this.#latenciesMs.length === 0 || !this.isConnected) return;
    const latenciesMs = this.#latenciesMs.splice(0, limits.latenciesAtOnce);
    const uncertaintyMs = Math.min(uncertaintyMaxMs, this.session.clock.uncertaintyMs);
    this.session.say({ say: 'latencies', uncertaintyMs, latenciesMs });
  }
}

/** The most uncertainty that the protocol takes. */
const uncertaintyMaxMs = 60_000;

/** A phone is never slow or offline on purpose, and the class's servers keep their own policy. */
function settingsOfMember({ settings }: SessionState): Settings {
  return { ...settings, handlingMs: 0, offline: [], policy: 'disconnect', limitBytes: 1_048_576 };
}
