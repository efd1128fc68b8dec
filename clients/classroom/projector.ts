import { pageMs } from './clock.ts';
import { habitsOf } from './habits.ts';
import { Lane } from './lane.ts';
import { type LaneHandle, LaneThread } from './lane-thread.ts';
import { laneToken } from './lane-token.ts';
import type {
  ClassDelays,
  Control,
  ControlAnswer,
  JoinHint,
  LaneFigures,
  LaneName,
  Saved,
  SessionState,
  Settings,
  Told,
} from './protocol.ts';
import { Published } from './published.ts';
import { onServersClock, Session } from './session.ts';
import { closeCodes, laneNames } from './settings.ts';

/**
 * What the projector's page knows and does, without a screen: its session, its four clients, and the controls.
 *
 *     server ──state──►            projector ──orders──► lanes (threads) ──events──► models ──► the screen
 *            ◄──controls, figures──          ◄────────────────────────────────────────┘
 *
 * The server says what is set, also to this page that set it; so what the screen shows is what holds.
 */
export class Projector {
  readonly lanes = new Map<LaneName, Lane>();
  published = new Published();
  state: SessionState | undefined;
  delays: ClassDelays[] = [];
  /** When the server counted what the lanes are held against, by its own clock. */
  countedAtMs = 0;
  join: JoinHint | undefined;
  isConnected = false;
  /** Why the session is over for good, if it is. */
  over: string | undefined;
  /** What was refused last, until something succeeds. */
  refused: string | undefined;
  saved: Saved | undefined;
  readonly session: Session;
  readonly #token: string;
  readonly #onChange: () => void;
  readonly #threads = new Map<LaneName, LaneHandle>();
  #urls: Record<LaneName, string> | undefined;
  /** Resolves when this page has started its clients for the first time. */
  #begun: Promise<void> | undefined;
  #isResetting = false;

  /** `onChange` is called when there is something to show at once; figures are to be read now and then. */
  constructor(token: string, onChange: () => void) {
    this.#token = token;
    this.#onChange = onChange;
    this.#newLanes();
    this.session = new Session({
      origin: location.origin,
      token,
      openSocket: (url) => new WebSocket(url),
      onTold: (told) => this.#onTold(told),
      onConnected: (isConnected) => this.#onConnected(isConnected),
      onHead: (head) => this.#onHead(head),
      onOver: (reason, code) => {
        this.over = code === closeCodes.takenOver ? `${reason} Load this page again to take over.` : reason;
        void this.#stopThreads();
        onChange();
      },
    });
  }

  /** The server's time now. */
  get nowMs(): number {
    return this.session.clock.at(pageMs());
  }

  /** What the screen shows of each lane. */
  get figures(): Record<LaneName, LaneFigures> {
    return Object.fromEntries([...this.lanes].map(([name, { figures }]) => [name, figures])) as Record<
      LaneName,
      LaneFigures
    >;
  }

  /** Asks the server for something. What it refuses is shown. */
  async control(control: Control): Promise<ControlAnswer> {
    const answer = await this.#post(control);
    this.refused = 'error' in answer ? answer.error : undefined;
    if ('ok' in answer && answer.saved) this.saved = answer.saved;
    this.#onChange();
    return answer;
  }

  /** Settings as at the beginning, and new clients whose counts begin at zero, as the server's do. */
  async reset(): Promise<void> {
    if (this.#isResetting) return;
    this.#isResetting = true;
    try {
      await this.#begun;
      await this.#stopThreads();
      await this.control({ action: 'reset' });
      this.#startThreads();
    } finally {
      this.#isResetting = false;
    }
  }

  #onConnected(isConnected: boolean): void {
    // A session that was lost was so with its network: the lanes' connections are replaced as well.
    if (!isConnected && this.isConnected) for (const thread of this.#threads.values()) thread.reconnect();
    this.isConnected = isConnected;
    this.#onChange();
  }

  #onHead(head: number): void {
    this.published.learnHead(head, this.nowMs);
    for (const [name, thread] of this.#threads) {
      const busyMs = name === 'push' ? (this.state?.settings.handlingMs ?? 0) : 0;
      if (this.lanes.get(name)?.isSilent(pageMs(), busyMs)) thread.reconnect();
    }
  }

  #onTold(told: Told): void {
    switch (told.tell) {
      case 'welcome':
        this.#urls = told.urls;
        break;
      case 'join':
        this.join = told.join;
        break;
      case 'state':
        this.#onState(told.state);
        break;
      case 'counts':
        if (this.#threads.size === 0) return;
        this.published.learnHead(told.head, told.atMs);
        for (const [name, lane] of this.lanes) lane.takeCounts(told.lanes[name]);
        this.countedAtMs = told.atMs;
        break;
      case 'class':
        this.delays = told.delays;
        break;
      case 'refused':
        this.refused = told.error;
    }
    this.#onChange();
  }

  #onState(state: SessionState): void {
    const before = this.state;
    this.state = state;
    this.#begun ??= this.#begin();
    if (!before) return;
    const isScene = before.scene !== state.scene;
    for (const [name, lane] of this.lanes) {
      lane.setSettings(before.settings, state.settings, isScene, this.nowMs);
      this.#follow(name, before.settings, state.settings);
    }
  }

  /** Lets a lane's client follow what is set. */
  #follow(name: LaneName, before: Settings, now: Settings): void {
    const thread = this.#threads.get(name);
    const habits = habitsOf(name, now);
    if (JSON.stringify(habits) !== JSON.stringify(habitsOf(name, before))) thread?.change(habits);
    const isOffline = now.offline.includes(name);
    if (isOffline === before.offline.includes(name)) return;
    if (isOffline) thread?.leave();
    else thread?.comeBack(now.replay);
  }

  /** This page takes over; then its clients start, once it knows the server's clock. */
  async #begin(): Promise<void> {
    await this.control({ action: 'begin' });
    while (!this.session.clock.isKnown && this.over === undefined)
      await new Promise((wait) => setTimeout(wait, 50));
    this.#startThreads();
  }

  #newLanes(): void {
    this.published = new Published();
    for (const name of laneNames) this.lanes.set(name, new Lane(name, this.published));
  }

  #startThreads(): void {
    const { state } = this;
    if (!state || !this.#urls || this.over !== undefined) return;
    this.#newLanes();
    for (const name of laneNames) {
      const thread = new LaneThread({
        transport: name,
        url: this.#urls[name],
        token: laneToken(this.#token, this.session.page),
        habits: habitsOf(name, state.settings),
        onSights: (sights) => {
          const oneWayMs = this.state?.settings.oneWayMs ?? 0;
          for (const sight of sights)
            this.lanes.get(name)?.take(onServersClock(sight, this.session.clock), oneWayMs);
        },
        onFailure: (reason) => {
          this.refused = reason;
          this.#onChange();
        },
      });
      this.#threads.set(name, thread);
      if (!state.settings.offline.includes(name)) continue;
      this.lanes.get(name)?.setOffline(true, this.nowMs);
      thread.leave();
    }
  }

  async #stopThreads(): Promise<void> {
    const threads = [...this.#threads.values()];
    this.#threads.clear();
    await Promise.all(threads.map((thread) => thread.stop()));
  }

  async #post(control: Control): Promise<ControlAnswer> {
    const giveUp = new AbortController();
    const limitMs = control.action === 'save' ? saveLimitMs : controlLimitMs;
    const timer = setTimeout(() => giveUp.abort(), limitMs);
    try {
      const answer = await fetch('/control', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
        body: JSON.stringify({ ...control, figures: this.figures }),
        signal: giveUp.signal,
      });
      return (await answer.json()) as ControlAnswer;
    } catch {
      return { error: `The classroom’s server did not respond to “${control.action}”. Try again.` };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** How long a control waits for its response. Saving draws a report, which takes seconds. */
const controlLimitMs = 8000;
const saveLimitMs = 120_000;
