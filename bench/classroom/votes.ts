import type { VoteState } from '../../clients/classroom/protocol.ts';
import { type Figures, type Question, questionOf } from '../../clients/classroom/questions.ts';
import { BadInput } from '../../servers/log/message.ts';

/** A question that the class has answered, as it goes into the result. */
export type ClosedVote = { question: Question; counts: number[]; measured: string | null };

/**
 * One vote after the other. Who votes again while it is open changes their vote; how many chose what is
 * known to nobody, the projector included, until it is closed.
 */
export class Votes {
  /** Those that were closed, in their order. */
  readonly closed: ClosedVote[] = [];
  #question: Question | undefined;
  #round = 0;
  #choices = new Map<number, number>();
  #result: ClosedVote | undefined;

  /** Opens a vote. Throws `BadInput` while another is open, and on a question that is not known. */
  ask(id: string): Question {
    if (this.#isOpen)
      throw new BadInput(`the vote on "${this.#question?.id}" is still open: close this vote first`, 409);
    const question = questionOf(id);
    if (!question)
      throw new BadInput(`unknown question ${JSON.stringify(id)}: expected a question of this lesson`, 404);
    this.#question = question;
    this.#round += 1;
    this.#choices = new Map();
    this.#result = undefined;
    return question;
  }

  /** What a member has voted in the vote that is open. */
  choiceOf(member: number): { question: string; choice: number } | undefined {
    const choice = this.#choices.get(member);
    return this.#question && this.#isOpen && choice !== undefined
      ? { question: this.#question.id, choice }
      : undefined;
  }

  /** A member has left: what it voted in an open vote does not count. */
  withdraw(member: number): void {
    if (this.#isOpen) this.#choices.delete(member);
  }

  /** Takes a member's vote. Throws `BadInput` when that question is not open. */
  vote(member: number, question: string, choice: number): void {
    if (!this.#isOpen || this.#question?.id !== question)
      throw new BadInput(`no open vote on question ${JSON.stringify(question)}`, 409);
    this.#choices.set(member, choice);
  }

  /** Closes the vote beside what was measured, with the hands that were counted in the room, if any. */
  close(hands: readonly number[] | undefined, figures: Figures | undefined): void {
    if (!this.#question || !this.#isOpen) throw new BadInput('there is no open vote to close', 409);
    const counts = this.#question.choices.map(
      (_, choice) =>
        [...this.#choices.values()].filter((chosen) => chosen === choice).length + (hands?.[choice] ?? 0),
    );
    this.#result = {
      question: this.#question,
      counts,
      measured: figures ? this.#question.measured(figures) : null,
    };
    this.closed.push(this.#result);
  }

  /** Takes the question away. A vote that was open counts for nothing then. */
  dismiss(): void {
    this.#question = undefined;
    this.#result = undefined;
  }

  /** What everybody may know of it. `present`: the members who are here. Who has voted and sleeps is one of the people. */
  state(present: readonly number[]): VoteState | null {
    if (!this.#question) return null;
    const state = {
      question: this.#question.id,
      round: this.#round,
      open: this.#isOpen,
      votes: this.#choices.size,
      people: new Set([...present, ...this.#choices.keys()]).size,
    };
    if (!this.#result) return state;
    const { counts, measured } = this.#result;
    return { ...state, votes: counts.reduce((sum, count) => sum + count, 0), counts, measured };
  }

  get #isOpen(): boolean {
    return this.#question !== undefined && this.#result === undefined;
  }
}
