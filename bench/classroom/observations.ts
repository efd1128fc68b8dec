import { differs, Lane } from '../../clients/classroom/lane.ts';
import {
  type ClassDelays,
  type LaneName,
  laneNames,
  type Settings,
  type Sight,
} from '../../clients/classroom/protocol.ts';
import { Published } from '../../clients/classroom/published.ts';
import type { Figures } from '../../clients/classroom/questions.ts';
import { nowMs } from '../../servers/clock.ts';
import { BadInput } from '../../servers/message.ts';
import type { MessageLog } from '../../servers/message-log.ts';
import type { Trial } from '../result.ts';
import { ClassAges } from './class-ages.ts';
import { ClientBooks, type Gap } from './client-books.ts';
import { ofEveryLane } from './counts.ts';
import type { Lanes } from './lanes.ts';
import type { Member } from './members.ts';
import { type Group, type Stretch, Stretches, type Tallied } from './stretches.ts';
import { type Life, trialsOf } from './trials.ts';

/** What observations are held against. */
export type Grounds = {
  log: MessageLog;
  lanes: Lanes;
  /** What servers and process have counted by now. */
  tallied(): Tallied;
  /** Whether the projector's page is there. */
  hasProjector(): boolean;
};

/** Stretches that may wait for their last messages. The oldest beyond that is accounted for as it stands. */
const openStretchesMax = 50;

/**
 * What pages say that their clients saw, turned into books and delays:
 *
 *     sights ──► books of each client, by seq ──►┐
 *     log    ──► stretches, by seq ─────────────►├─► a trial per stretch, lane and transport
 *     servers' tallies ─────────────────────────►┘
 */
export class Observations {
  /** Trials of the stretches that are accounted for. */
  readonly trials: Trial[] = [];
  readonly #grounds: Grounds;
  readonly #stretches = new Stretches();
  readonly #published = new Published();
  readonly #classAges = new ClassAges();
  #models = this.#newModels();
  #settings: Settings;
  #settingsAtMs = nowMs();
  #lives: Life[] = [];
  /** How often each setting has had a stretch. */
  readonly #repeats = new Map<string, number>();
  /** Lanes that come back without their cursor, and since when. */
  readonly #anewSinceMs = new Map<LaneName, number>();

  constructor(grounds: Grounds, settings: Settings) {
    this.#grounds = grounds;
    this.#settings = settings;
    grounds.log.subscribe((messages) => {
      for (const { seq, dueMs } of messages) this.#published.learn(seq, dueMs);
    });
    this.#beginStretch();
  }

  /** Other settings hold from here on. Losses are shown until the scene changes. */
  setSettings(settings: Settings, isScene: boolean): void {
    const atMs = nowMs();
    for (const name of laneNames) {
      const comesBack = this.#settings.offline.includes(name) && !settings.offline.includes(name);
      if (comesBack && !settings.replay) this.#anewSinceMs.set(name, atMs);
      this.#models[name].setSettings(this.#settings, settings, isScene, atMs);
    }
    if (isScene || differs(this.#settings, settings)) this.#settingsAtMs = atMs;
    this.#settings = settings;
    this.#classAges.clear();
    this.#takeCounts();
    this.#beginStretch();
  }

  /** The projector's clients begin anew: those before them are owed nothing more. */
  begin(): void {
    for (const life of this.#lives)
      if (life.group.startsWith('lanes/')) life.books.endSeq ??= life.books.frontier;
    this.#models = this.#newModels();
    this.#anewSinceMs.clear();
  }

  /** So many messages were set off by hand. */
  byHand(count: number): void {
    this.#stretches.current.byHand += count;
  }

  /** What a lane of the projector saw. Throws `BadInput` on what contradicts its books, once the rest is entered. */
  laneSaw(lane: LaneName, uncertaintyMs: number, sights: readonly Sight[]): void {
    for (const sight of sights) this.#models[lane].take(sight, this.#settings.oneWayMs);
    this.#enterAll(sights, { group: `lanes/${lane}`, member: undefined, uncertaintyMs });
  }

  /** What a member's client saw. Throws `BadInput` on what contradicts its books, once the rest is entered. */
  memberSaw(member: Member, transport: LaneName, uncertaintyMs: number, sights: readonly Sight[]): void {
    this.#enterAll(sights, { group: `class/${transport}`, member, uncertaintyMs });
  }

  /** The class's delays since the settings last changed. */
  classDelays(present: readonly Member[]): ClassDelays[] {
    const { accounts } = this.#stretches.current;
    return this.#classAges.delays(present, (transport) => accounts.get(`class/${transport}`)?.delays);
  }

  /** What there is to judge a vote by. */
  figures(present: readonly Member[]): Figures {
    this.#takeCounts();
    return {
      settings: this.#settings,
      durationMs: nowMs() - this.#settingsAtMs,
      lanes: ofEveryLane((name) => this.#models[name].figures),
      delays: this.classDelays(present),
    };
  }

  /** Whether everybody who is there and within reach has handled what has been published. */
  get isSettled(): boolean {
    const { head } = this.#grounds.log;
    const areThere = laneNames.every(
      (name) => this.#settings.offline.includes(name) || this.#hasClient(name),
    );
    return (
      (areThere || !this.#grounds.hasProjector()) &&
      this.#lives.every((life) => this.#isOutOfReach(life) || life.books.hasSettled(head))
    );
  }

  /** Once a second: holds counts against counts, and accounts for stretches whose messages are all handled, or lost. */
  tick(): void {
    this.#takeCounts();
    for (const { toSeq = 0 } of [...this.#stretches.ended]) {
      const isOver = this.#lives.every((life) => !this.#isThere(life) || life.books.hasSettled(toSeq));
      if (!isOver && this.#stretches.ended.length <= openStretchesMax) return;
      this.#account();
    }
  }

  /** Ends the stretch under way and accounts for everything, as it stands. */
  finish(): void {
    this.#beginStretch();
    while (this.#stretches.ended.length > 0) this.#account();
  }

  #takeCounts(): void {
    const { counts } = this.#grounds.lanes;
    for (const name of laneNames) this.#models[name].takeCounts(counts[name]);
  }

  #newModels(): Record<LaneName, Lane> {
    return ofEveryLane((name) => new Lane(name, this.#published));
  }

  #beginStretch(): void {
    const { log, tallied } = this.#grounds;
    this.#stretches.begin(this.#settings, log.head, nowMs(), tallied());
  }

  #account(): void {
    const stretch = this.#stretches.shift() as Stretch & { toSeq: number };
    const settings = JSON.stringify(stretch.settings);
    const repeat = (this.#repeats.get(settings) ?? 0) + 1;
    this.#repeats.set(settings, repeat);
    this.trials.push(
      ...trialsOf({
        stretch,
        lives: this.#lives,
        isThere: (life) => this.#isThere(life),
        dropped: this.#grounds.lanes.dropped,
        repeat,
      }),
    );
    this.#lives = this.#lives.filter(
      ({ books: { endSeq } }) => endSeq === undefined || endSeq > stretch.toSeq,
    );
  }

  #isThere({ member, books }: Life): boolean {
    return books.endSeq === undefined && (member ? member.pages > 0 : this.#grounds.hasProjector());
  }

  /** Whether a lane's client has said that it subscribed. A page tells what it saw now and then, not at once. */
  #hasClient(name: LaneName): boolean {
    return this.#lives.some(({ group, books }) => group === `lanes/${name}` && books.endSeq === undefined);
  }

  #isOutOfReach(life: Life): boolean {
    const isOffline = this.#settings.offline.some((name) => life.group === `lanes/${name}`);
    return isOffline || !this.#isThere(life);
  }

  #enterAll(sights: readonly Sight[], teller: Teller): void {
    let contradiction: BadInput | undefined;
    for (const sight of sights) {
      try {
        this.#enter(sight, teller);
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        contradiction ??= error;
        if (this.#lifeOf(teller))
          this.#stretches.accountOf(this.#grounds.log.head, teller.group)?.contradicted(error.message);
      }
    }
    if (contradiction) throw contradiction;
  }

  #enter(sight: Sight, teller: Teller): void {
    const { log } = this.#grounds;
    if (sight.atMs > nowMs() + teller.uncertaintyMs + clockSlackMs)
      throw new BadInput(`atMs is ${sight.atMs}: the server's clock has not got there yet`);
    if (sight.kind === 'request' || sight.kind === 'answer' || sight.kind === 'failure') return;
    const books = this.#lifeOf(teller)?.books;
    if (sight.kind === 'subscribed') this.#subscribed(sight.seq, teller);
    else if (!books) throw new BadInput(`${sight.kind} comes before subscribed`);
    else if (sight.kind === 'handled') this.#handled(sight, teller, books);
    else if (sight.kind === 'missed') books.missed(sight, log.head, this.#whyMissed(sight, teller));
    else this.#arrived(sight, teller, books);
  }

  /** A client begins. The one that its page had before is gone, and owed nothing more. */
  #subscribed(seq: number, { group, member }: Teller): void {
    const { head } = this.#grounds.log;
    if (seq > head) throw new BadInput(`seq is ${seq}: the log ends at ${head}`);
    for (const { books, ...life } of this.#lives)
      if (life.member === member && (member || life.group === group)) books.endSeq ??= books.frontier;
    this.#lives.push({ group, member, books: new ClientBooks(seq) });
  }

  #arrived({ seq, atMs }: Extract<Sight, { kind: 'arrived' }>, { group }: Teller, books: ClientBooks): void {
    books.arrived(seq, this.#published.dueMsOf(seq), this.#grounds.log.head);
    // A lane that came back has its first message: what is missing from now on has another reason.
    for (const [name, sinceMs] of this.#anewSinceMs)
      if (group === `lanes/${name}` && atMs > sinceMs) this.#anewSinceMs.delete(name);
  }

  #handled({ seq, atMs }: Extract<Sight, { kind: 'handled' }>, teller: Teller, books: ClientBooks): void {
    const ageMs = atMs - books.handled(seq);
    this.#stretches.accountOf(seq, teller.group)?.handled(ageMs, teller.uncertaintyMs);
    if (teller.member && seq >= this.#stretches.current.fromSeq)
      this.#classAges.enter(teller.member, ageMs, teller.uncertaintyMs);
  }

  /** Why messages never came, as far as the server knows a reason; what its outbox gave up it knows by `seq`. */
  #whyMissed({ upToSeq }: Extract<Sight, { kind: 'missed' }>, { group }: Teller): Gap['why'] {
    if (upToSeq < this.#grounds.log.oldest) return 'fell off';
    return laneNames.some((name) => group === `lanes/${name}` && this.#anewSinceMs.delete(name))
      ? 'skipped'
      : 'lost';
  }

  #lifeOf({ group, member }: Teller): Life | undefined {
    return this.#lives.findLast(
      (life) => life.group === group && life.member === member && life.books.endSeq === undefined,
    );
  }
}

/** Who says what it saw, by a clock that is so uncertain. */
type Teller = { group: Group; member: Member | undefined; uncertaintyMs: number };

/** Clocks drift a little after they were read. */
const clockSlackMs = 1000;
