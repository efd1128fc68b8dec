import { defaultSpanMs } from './choices.ts';
import type { Memory } from './memory.ts';
import type { Projector } from './projector.ts';
import type { LaneName } from './protocol.ts';
import { letters, type Question, questionOf } from './questions.ts';
import { type Scene, sceneAt } from './scenes.ts';
import { laneNames } from './settings.ts';

/** Each key with its action, as the list of keys shows them. */
export const keys: readonly (readonly [string, string])[] = [
  ['1 … 9', 'open a scene with its question'],
  ['v', 'open the vote, close the vote, or show the lanes'],
  ['n', 'open the scene’s second question'],
  ['Space', 'pause or resume the source'],
  ['.', 'send one message'],
  ['b', 'send a burst'],
  ['↑ ↓', 'choose a lane'],
  ['o', 'let the chosen lane go offline, or reconnect the lane'],
  ['c', 'switch between phones and lanes'],
  ['j', 'show the address and the code for phones'],
  ['s', 'save the session'],
  ['r', 'reset the settings and the numbers'],
  ['Esc', 'show the lanes'],
  ['?', 'show this list of keys'],
];

/** What this one screen shows, which is nobody else's business: and what its keys do. */
export class Screen {
  selected: LaneName = 'push';
  showsKeys = false;
  /** How far back the pictures go, where somebody chose; otherwise the scene does. */
  chosenSpanMs: number | undefined;
  /** Whether the class is shown instead of the lanes, where somebody chose. */
  chosenClass: boolean | undefined;
  /** How to join is shown large; `undefined` as long as nobody said: then while nobody has joined. */
  showsJoin: boolean | undefined;
  /** A question that stands before the lanes and has not been put to the vote. */
  preview: Question | undefined;
  /** Hands that were counted in the room, for the choices of the question that is open. */
  hands: readonly (number | undefined)[] = [];
  readonly #projector: Projector;
  readonly #memory: Memory;
  readonly #showSoon: () => void;

  /** A page that is loaded again shows what it showed before, from its memory. */
  constructor(projector: Projector, memory: Memory, showSoon: () => void) {
    this.#projector = projector;
    this.#memory = memory;
    this.#showSoon = showSoon;
    const { preview, ...rest } = JSON.parse(memory.get('screen') ?? '{}');
    Object.assign(this, rest, preview && { preview: questionOf(preview) });
  }

  #onChange(): void {
    const { selected, chosenSpanMs, chosenClass, showsJoin, hands, preview } = this;
    const seen = { selected, chosenSpanMs, chosenClass, showsJoin, hands, preview: preview?.id };
    this.#memory.set('screen', JSON.stringify(seen));
    this.#showSoon();
  }

  /** The question before the lanes: one that is put to the vote, or is about to be. */
  get question(): Question | undefined {
    const { state } = this.#projector;
    return (state?.vote ? questionOf(state.vote.question) : undefined) ?? this.preview;
  }

  /** The other question of the scene that the question is of. */
  get otherQuestion(): Question | undefined {
    const { question } = this;
    const id = sceneAt(question?.scene ?? null)?.questions.find((one) => one !== question?.id);
    return id === undefined ? undefined : questionOf(id);
  }

  get spanMs(): number {
    return this.chosenSpanMs ?? this.#scene?.spanMs ?? defaultSpanMs;
  }

  /** The class is shown instead of the lanes: in the last scene it is what that is about. */
  get showsClass(): boolean {
    return this.chosenClass ?? this.#scene?.key === 9;
  }

  /** How far the pictures are behind: as long as the way takes, so that what is on it can be shown to travel. */
  get lagMs(): number {
    const oneWayMs = this.#projector.state?.settings.oneWayMs ?? 0;
    return oneWayMs === 0 ? 0 : oneWayMs + 50;
  }

  /** Whether how to join covers the lanes. */
  get isJoinShown(): boolean {
    const { join, state } = this.#projector;
    if (!join || this.question) return false;
    return this.showsJoin ?? (state?.scene === null && state.members.count === 0);
  }

  change(change: Partial<Pick<Screen, Changeable>>): void {
    Object.assign(this, change);
    this.#onChange();
  }

  /** Sets a scene, and puts its first question before the lanes. */
  async open(key: number): Promise<void> {
    const scene = sceneAt(key);
    if (!scene || this.#isVoteOpen) return;
    const answer = await this.#projector.control({ action: 'scene', scene: key });
    if ('error' in answer) return;
    this.preview = questionOf(scene.questions[0]);
    this.showsJoin = false;
    this.chosenClass = undefined;
    this.chosenSpanMs = undefined;
    this.#onChange();
  }

  async ask(question: Question): Promise<void> {
    this.hands = [];
    const answer = await this.#projector.control({ action: 'ask', question: question.id });
    if ('ok' in answer) this.preview = undefined;
    this.#onChange();
  }

  /** The hands of all four choices, where any were counted. */
  get countedHands(): number[] | undefined {
    const { hands } = this;
    return hands.some((count) => count !== undefined)
      ? letters.map((_, choice) => hands[choice] ?? 0)
      : undefined;
  }

  async closeVote(): Promise<void> {
    const hands = this.countedHands;
    await this.#projector.control({ action: 'close-vote', ...(hands && { hands }) });
  }

  /** Shows the lanes, whatever stands before them. A vote that is open is dropped. */
  async showLanes(): Promise<void> {
    this.preview = undefined;
    this.showsKeys = false;
    if (this.showsJoin !== false && this.isJoinShown) this.showsJoin = false;
    if (this.#projector.state?.vote) await this.#projector.control({ action: 'dismiss' });
    this.#onChange();
  }

  async reset(): Promise<void> {
    this.preview = undefined;
    this.chosenClass = undefined;
    this.chosenSpanMs = undefined;
    this.#onChange();
    await this.#projector.reset();
  }

  async pauseOrResume(): Promise<void> {
    await this.#projector.control({ action: this.#projector.state?.paused ? 'resume' : 'pause' });
  }

  async burst(): Promise<void> {
    await this.#projector.control({
      action: 'burst',
      count: this.#projector.state?.settings.burstSize ?? 10,
    });
  }

  /** The vote's next step: open, closed, gone. */
  async vote(): Promise<void> {
    const { state } = this.#projector;
    if (state?.vote?.open) await this.closeVote();
    else if (state?.vote) await this.showLanes();
    else if (this.preview) await this.ask(this.preview);
    else {
      this.preview = questionOf(this.#scene?.questions[0] ?? '');
      this.#onChange();
    }
  }

  /** Does what a key stands for. A key that is held does it once. */
  onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const act = this.#actionOf(event.key);
    if (!act) return;
    event.preventDefault();
    if (event.repeat || this.#waiting >= waitingMax) return;
    this.#waiting += 1;
    this.#acting = this.#acting
      .then(() => act())
      .catch(() => {})
      .then(() => {
        this.#waiting -= 1;
      });
  }

  /** What earlier keys stand for comes first: each may need a response of the server. */
  #acting: Promise<void> = Promise.resolve();
  #waiting = 0;

  #actionOf(key: string): (() => unknown) | undefined {
    if (/^[1-9]$/.test(key)) return () => this.open(Number(key));
    if (key === 'Escape') return this.#isVoteOpen ? undefined : () => this.showLanes();
    return this.#actions[key];
  }

  readonly #actions: Readonly<Record<string, () => unknown>> = {
    ' ': () => this.pauseOrResume(),
    '.': () => this.#projector.control({ action: 'step' }),
    b: () => this.burst(),
    r: () => this.reset(),
    v: () => this.vote(),
    n: () => this.otherQuestion && !this.#isVoteOpen && this.ask(this.otherQuestion),
    c: () => this.change({ chosenClass: !this.showsClass }),
    j: () => this.change({ showsJoin: !this.isJoinShown }),
    // Saving takes seconds, and other keys need not wait for it.
    s: () => void this.#projector.control({ action: 'save' }),
    o: () => this.toggleOffline(this.selected),
    ArrowUp: () => this.#select(-1),
    ArrowDown: () => this.#select(1),
    '?': () => this.change({ showsKeys: !this.showsKeys }),
  };

  /** Takes a lane offline, or back online. */
  async toggleOffline(lane: LaneName): Promise<void> {
    const isOffline = !this.#projector.state?.settings.offline.includes(lane);
    await this.#projector.control({ action: 'offline', lane, isOffline });
  }

  get #scene(): Scene | undefined {
    return sceneAt(this.#projector.state?.scene ?? null);
  }

  get #isVoteOpen(): boolean {
    return this.#projector.state?.vote?.open ?? false;
  }

  #select(step: number): void {
    const place = (laneNames.indexOf(this.selected) + step + laneNames.length) % laneNames.length;
    this.change({ selected: laneNames[place] as LaneName });
  }
}

/** Keys that may wait for a server that does not respond. More are ignored: nobody remembers them by then. */
const waitingMax = 3;

type Changeable = 'selected' | 'chosenSpanMs' | 'chosenClass' | 'showsKeys' | 'showsJoin' | 'hands';

/** Whether a key belongs to what has the focus: a field takes all of them, a button the space bar. */
function isTyping({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (key === 'Escape') return false;
  return target.matches('input, select, textarea') || (key === ' ' && target.matches('button, a, summary'));
}
