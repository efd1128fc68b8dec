import { pageMs } from './clock.ts';
import { habitsOf } from './habits.ts';
import { Lane } from './lane.ts';
import { LaneThread } from './lane-thread.ts';
import type { LaneName, SessionState, Told } from './protocol.ts';
import { Published } from './published.ts';
import { onServersClock, Session } from './session.ts';

/**
 * What a member's page knows and does, without a screen: its session, its vote, and the one client that it
 * becomes when it takes a transport.
 */
export class Attendance {
  name = '';
  state: SessionState | undefined;
  lane: Lane | undefined;
  isConnected = false;
  /** Whether the server has ever taken this page in. */
  wasWelcome = false;
  over: string | undefined;
  refused: string | undefined;
  /** What this member voted last, and on which question. */
  myVote: { question: string; choice: number } | undefined;
  readonly session: Session;
  readonly #token: string;
  readonly #onChange: () => void;
  #urls: Record<LaneName, string> | undefined;
  #logId: string | undefined;
  #thread: LaneThread | undefined;

  constructor(token: string, onChange: () => void) {
    this.#token = token;
    this.#onChange = onChange;
    this.session = new Session({
      token,
      onTold: (told) => this.#onTold(told),
      onConnected: (isConnected) => {
        this.isConnected = isConnected;
        onChange();
      },
      onOver: (reason) => {
        this.over = reason;
        void this.#thread?.stop();
        onChange();
      },
    });
  }

  /** The server's time now. */
  get nowMs(): number {
    return this.session.clock.at(pageMs());
  }

  /** Votes, or votes again. */
  vote(question: string, choice: number): void {
    if (this.session.say({ say: 'vote', question, choice })) this.myVote = { question, choice };
    this.#onChange();
  }

  /** Becomes a client of this transport, or of the one that the fewest have. */
  take(transport: LaneName | 'assign'): void {
    this.session.say({ say: 'transport', transport });
  }

  #onTold(told: Told): void {
    switch (told.tell) {
      case 'welcome':
        if (this.#logId !== undefined && this.#logId !== told.logId) location.reload();
        this.#logId = told.logId;
        this.#urls = told.urls;
        this.name = told.name;
        this.wasWelcome = true;
        // A session that was away comes back without a transport: this page still has its own.
        if (this.lane) this.take(this.lane.name);
        break;
      case 'state':
        this.#onState(told.state);
        break;
      case 'transport':
        void this.#become(told.transport);
        break;
      case 'refused':
        this.refused = told.error;
    }
    this.#onChange();
  }

  #onState(state: SessionState): void {
    const before = this.state?.settings;
    this.state = state;
    this.refused = undefined;
    const { lane } = this;
    if (!lane || !before) return;
    const habits = habitsOfMember(lane.name, state);
    if (JSON.stringify(habits) !== JSON.stringify(habitsOf(lane.name, { ...before, ...ordinary })))
      this.#thread?.change(habits);
  }

  async #become(name: LaneName): Promise<void> {
    if (this.lane?.name === name || !this.state || !this.#urls) return;
    const earlier = this.#thread;
    this.#thread = undefined;
    const lane = new Lane(name, new Published());
    this.lane = lane;
    await earlier?.stop();
    if (this.lane !== lane) return;
    while (!this.session.clock.isKnown) await new Promise((wait) => setTimeout(wait, 50));
    this.#thread = new LaneThread({
      transport: name,
      url: this.#urls[name],
      token: this.#token,
      habits: habitsOfMember(name, this.state),
      onSights: (sights) => {
        const converted = sights.map((sight) => onServersClock(sight, this.session.clock));
        this.session.saw(name, converted);
        for (const sight of converted) lane.take(sight, 0);
      },
    });
  }
}

/** A phone is never slow on purpose, and the class's servers keep their own policy. */
const ordinary = { handlingMs: 0, policy: 'disconnect', limitBytes: 1_048_576 } as const;

function habitsOfMember(name: LaneName, { settings }: SessionState) {
  return habitsOf(name, { ...settings, ...ordinary });
}
