import { defaultSpanMs } from './choices.ts';
import type { Projector } from './projector.ts';
import type { LaneName } from './protocol.ts';
import { type Question, questionOf } from './questions.ts';
import { type Scene, sceneAt } from './scenes.ts';
import { laneNames } from './settings.ts';

/** A key with what it does, as the list of keys shows it. */
export const keys: readonly (readonly [string, string])[] = [
  ['1 … 9', 'a scene, its question first'],
  ['v', 'open the vote, close it, show the lanes'],
  ['n', 'the scene’s other question'],
  ['Space', 'pause the source, and go on'],
  ['.', 'one message'],
  ['b', 'a burst'],
  ['↑ ↓', 'choose a lane'],
  ['o', 'that lane out of reach, and back'],
  ['c', 'the class’s phones, and back'],
  ['j', 'how to join'],
  ['s', 'save the session'],
  ['r', 'reset: everything as at the beginning'],
  ['Esc', 'show the lanes'],
  ['?', 'these keys'],
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
  readonly #projector: Projector;
  readonly #onChange: () => void;

  constructor(projector: Projector, onChange: () => void) {
    this.#projector = projector;
    this.#onChange = onChange;
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
    const { state } = this.#projector;
    const oneWayMs = state?.settings.oneWayMs ?? 0;
    if (state?.recorded) return oneWayMs + toldEveryMs;
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
    const answer = await this.#projector.control({ action: 'ask', question: question.id });
    if ('ok' in answer) this.preview = undefined;
    this.#onChange();
  }

  async closeVote(hands?: number[]): Promise<void> {
    await this.#projector.control({ action: 'close-vote', ...(hands && { hands }) });
  }

  /** Shows the lanes, whatever stands before them. A vote that is open is dropped. */
  async showLanes(): Promise<void> {
    this.preview = undefined;
    this.showsKeys = false;
    if (this.showsJoin !== false && this.isJoinShown) this.showsJoin = false;
    if (this.#projector.state?.vote && !this.#projector.state.recorded)
      await this.#projector.control({ action: 'dismiss' });
    this.#onChange();
  }

  async reset(): Promise<void> {
    this.preview = undefined;
    this.chosenClass = undefined;
    this.chosenSpanMs = undefined;
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
  async vote(hands?: number[]): Promise<void> {
    const { state } = this.#projector;
    if (state?.vote?.open) await this.closeVote(hands);
    else if (state?.vote) await this.showLanes();
    else if (this.preview) await this.ask(this.preview);
    else {
      this.preview = questionOf(this.#scene?.questions[0] ?? '');
      this.#onChange();
    }
  }

  onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const { selected } = this;
    const { state } = this.#projector;
    const { key } = event;
    if (/^[1-9]$/.test(key)) void this.open(Number(key));
    else if (key === ' ') void this.pauseOrResume();
    else if (key === '.') void this.#projector.control({ action: 'step' });
    else if (key === 'b') void this.burst();
    else if (key === 'r') void this.reset();
    else if (key === 'v') void this.vote();
    else if (key === 'n' && this.otherQuestion && !this.#isVoteOpen) void this.ask(this.otherQuestion);
    else if (key === 'c') this.change({ chosenClass: !this.showsClass });
    else if (key === 'j') this.change({ showsJoin: !this.isJoinShown });
    else if (key === 's') void this.#projector.control({ action: 'save' });
    else if (key === 'o')
      void this.#projector.setOffline(selected, !state?.settings.offline.includes(selected));
    else if (key === 'ArrowUp') this.#select(-1);
    else if (key === 'ArrowDown') this.#select(1);
    else if (key === '?') this.change({ showsKeys: !this.showsKeys });
    else if (key === 'Escape' && !this.#isVoteOpen) void this.showLanes();
    else return;
    event.preventDefault();
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

/** A recording knows of what was seen when it was told, half a second later at most. */
const toldEveryMs = 600;

type Changeable = 'selected' | 'chosenSpanMs' | 'chosenClass' | 'showsKeys' | 'showsJoin';

/** Whether a key belongs to what has the focus: a field takes all of them, a button the space bar. */
function isTyping({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (key === 'Escape') return false;
  return target.matches('input, select, textarea') || (key === ' ' && target.matches('button, a, summary'));
}
