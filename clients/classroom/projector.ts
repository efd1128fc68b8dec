import { pageMs } from './clock.ts';
import { habitsOf } from './habits.ts';
import { Lane } from './lane.ts';
import { LaneThread } from './lane-thread.ts';
import { laneToken } from './lane-token.ts';
import type {
  ClassDelays,
  Control,
  ControlAnswer,
  JoinHint,
  LaneName,
  Saved,
  SessionState,
  Settings,
  Sight,
  Told,
} from './protocol.ts';
import { Published } from './published.ts';
import { onServersClock, Session } from './session.ts';
import { laneNames } from './settings.ts';

/**
 * What the projector's page knows and does, without a screen: its session, its four clients, and the controls.
 *
 *     server ──state──►  projector ──orders──► lanes (threads) ──sights──► models ──► the screen
 *            ◄──sights──           ◄─────────────────────────────────────────┘
 *            ◄──controls──
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
  /** Tells this page's clients from those of a page before it or after it. */
  readonly #page = Math.random().toString(36).slice(2);
  readonly #onChange: () => void;
  readonly #threads = new Map<LaneName, LaneThread>();
  #urls: Record<LaneName, string> | undefined;
  #logId: string | undefined;
  #hasBegun = false;
  #heldMs: number | undefined;

  /** `onChange` is called when there is something to show at once; figures are to be read now and then. */
  constructor(token: string, onChange: () => void) {
    this.#token = token;
    this.#onChange = onChange;
    this.#newLanes();
    this.session = new Session({
      token,
      onTold: (told) => this.#onTold(told),
      onConnected: (isConnected) => {
        this.isConnected = isConnected;
        onChange();
      },
      onOver: (reason) => {
        this.over = reason;
        void this.#stopThreads();
        onChange();
      },
    });
  }

  /** The server's time now. It stands still while a recording does. */
  get nowMs(): number {
    return this.#heldMs ?? this.session.clock.at(pageMs());
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
    await this.#stopThreads();
    await this.control({ action: 'reset' });
    this.#startThreads();
  }

  /** Takes a lane out of reach, or back. */
  async setOffline(name: LaneName, isOffline: boolean): Promise<void> {
    const others = (this.state?.settings.offline ?? []).filter((other) => other !== name);
    await this.control({ action: 'set', settings: { offline: isOffline ? [...others, name] : others } });
  }

  #onTold(told: Told): void {
    switch (told.tell) {
      case 'welcome':
        // Another log is another class: nothing of this page holds any more.
        if (this.#logId !== undefined && this.#logId !== told.logId) location.reload();
        this.#logId = told.logId;
        this.#urls = told.urls;
        this.join = told.join;
        break;
      case 'state':
        this.#onState(told.state);
        break;
      case 'counts':
        if (this.#threads.size === 0 && !this.state?.recorded) return;
        this.published.learnHead(told.head, told.atMs);
        for (const [name, lane] of this.lanes) lane.takeCounts(told.lanes[name]);
        this.countedAtMs = told.atMs;
        break;
      case 'class':
        this.delays = told.delays;
        break;
      case 'saw':
        this.#play(told.lane, told.sights);
        break;
      case 'refused':
        this.refused = told.error;
    }
    this.#onChange();
  }

  #onState(state: SessionState): void {
    const before = this.state;
    this.state = state;
    if (!state.recorded || !state.paused) this.#heldMs = undefined;
    else this.#heldMs ??= this.nowMs;
    if (!this.#hasBegun && !state.recorded) {
      this.#hasBegun = true;
      void this.#begin();
    }
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
    await this.control({ action: 'begin', page: this.#page });
    while (!this.session.clock.isKnown) await new Promise((wait) => setTimeout(wait, 50));
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
        token: laneToken(this.#token, this.#page),
        habits: habitsOf(name, state.settings),
        onSights: (sights) => {
          const converted = sights.map((sight) => onServersClock(sight, this.session.clock));
          this.session.saw(name, converted);
          this.#take(name, converted);
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

  /** What was recorded of a lane. Its client began anew where its requests count from zero again. */
  #play(name: LaneName, sights: readonly Sight[]): void {
    const isAnew = sights.some((sight) => sight.kind === 'request' && sight.id === 0);
    if (isAnew && (this.lanes.get(name)?.totals.sent ?? 0) > 0) this.#newLanes();
    this.#take(name, sights);
  }

  #take(name: LaneName, sights: readonly Sight[]): void {
    const oneWayMs = this.state?.settings.oneWayMs ?? 0;
    for (const sight of sights) this.lanes.get(name)?.take(sight, oneWayMs);
  }

  async #post(control: Control): Promise<ControlAnswer> {
    try {
      const answer = await fetch('/control', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
        body: JSON.stringify(control),
      });
      return (await answer.json()) as ControlAnswer;
    } catch {
      return { error: 'The classroom’s server can’t be reached.' };
    }
  }
}
