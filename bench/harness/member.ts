import type { Client } from '../../clients/client.ts';
import { Consumer } from '../../clients/consumer.ts';
import { nowMs } from '../../servers/clock.ts';
import { emptyBooks } from '../analysis/books.ts';
import type { Books } from '../result.ts';
import type { Recorder } from './recorder.ts';

/** One member of a fleet: a client, what it does to its messages, and its books. */
export class Member {
  readonly client: Client;
  readonly consumer: Consumer;
  readonly slow: boolean;
  delivered = 0;
  waiting = 0;
  lastAgeMs: number | null = null;
  #gaveUp = false;

  /** A slow member takes `handlingMs` for a message. It stops reading when its inbox is full; with a limit of `Infinity` it never does. */
  constructor(client: Client, how: { handlingMs: number; inboxLimit?: number; recorder: Recorder }) {
    const { handlingMs, inboxLimit, recorder } = how;
    this.client = client;
    this.slow = handlingMs > 0;
    this.consumer = new Consumer({
      handlingMs,
      inboxLimit,
      pause: () => client.pause(),
      resume: () => client.resume(),
      handle: (message) => {
        if (this.#gaveUp) {
          this.waiting += 1;
          return;
        }
        this.delivered += 1;
        this.lastAgeMs = nowMs() - message.dueMs;
        recorder.record(this.lastAgeMs);
      },
    });
  }

  /** From now on counts what was still waiting anywhere, instead of handling it. */
  giveUp(): void {
    this.#gaveUp = true;
    this.waiting += this.consumer.giveUp();
  }

  /** Its books, when the log ended at `head`. */
  books(head: number): Books {
    const { startSeq = head, missed, duplicated, reordered } = this.client.ledger;
    return {
      ...emptyBooks(),
      expected: head - startSeq,
      delivered: this.delivered,
      missed,
      duplicated,
      reordered,
      backlogAtEnd: this.waiting,
    };
  }
}
