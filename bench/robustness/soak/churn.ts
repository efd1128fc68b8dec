import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { randomLcg } from 'd3-random';
import { clientsByName } from '../../../clients/clients.ts';
import { nodeOpeners } from '../../../clients/shared/openers-node.ts';
import { nowMs } from '../../../servers/meter/clock.ts';
import { bookProblems, emptyBooks, sumBooks } from '../../analysis/books.ts';
import { Recorder } from '../../harness/recorder.ts';
import { SimulatedClient } from '../../harness/simulated-client.ts';
import type { Books } from '../../result.ts';
import { type SoakGroup, soakGroups } from './groups.ts';

/** Events of a soak so far. */
export type ChurnCounts = {
  joins: number;
  leaves: number;
  sleeps: number;
  overloads: number;
  failures: number;
};

/** At the end, each client must get its last messages within this time. */
const drainMs = 20_000;

/**
 * Seats on which clients come and go, each with its own random numbers:
 *
 *     join ──► listen ──┬─► sleep, and return with or without the cursor ──► listen …
 *                       ├─► overload: a slow handler, then a fast one again ──► listen …
 *                       └─► leave, with exact delivery accounting; the next client joins
 */
export class Churn {
  readonly counts: ChurnCounts = { joins: 0, leaves: 0, sleeps: 0, overloads: 0, failures: 0 };
  /** Delivery accounting of all clients that have left, and its errors. */
  books: Books = emptyBooks();
  readonly problems: string[] = [];
  readonly #ports: readonly number[];
  readonly #recorder = new Recorder();
  readonly #leave = new AbortController();
  #seats: Promise<void>[] = [];

  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  /** Opens `seatsPerGroup` seats in each group. */
  begin(seatsPerGroup: number, seed: number): void {
    setMaxListeners(0, this.#leave.signal);
    this.#seats = soakGroups.flatMap((group, place) =>
      Array.from({ length: seatsPerGroup }, (_, index) => {
        const random = randomLcg(((seed * 1000 + place * 100 + index) * 0.618_033_988_749_895) % 1);
        return this.#occupy(group, this.#ports[place] as number, random);
      }),
    );
  }

  /** Lets one client of each group come and go, so that one-time allocations are done. */
  async visit(): Promise<void> {
    await Promise.all(
      soakGroups.map(async (group, place) => {
        const member = this.#newMember(group, this.#ports[place] as number, Math.random);
        await member.start();
        member.leave();
      }),
    );
  }

  /** Ends the churn: every connected client stays until it has all messages up to `head`, then leaves. */
  async end(headAtEnd: () => Promise<number>): Promise<void> {
    this.#leave.abort();
    this.#head = headAtEnd();
    await Promise.all(this.#seats);
  }

  #head: Promise<number> | undefined;

  async #occupy(group: SoakGroup, port: number, random: () => number): Promise<void> {
    const { signal } = this.#leave;
    const between = (low: number, high: number) => low + random() * (high - low);
    await wait(between(0, 2000), signal);
    while (!signal.aborted) {
      const member = this.#newMember(group, port, random);
      await member.start();
      this.counts.joins += 1;
      for (let isStaying = true; isStaying && !signal.aborted; ) {
        await wait(between(200, 4000), signal);
        const dice = random();
        if (signal.aborted) break;
        if (dice < 0.3) {
          this.counts.sleeps += 1;
          member.leave();
          await wait(between(50, 3000), signal);
          await member.comeBack(random() < 0.8);
        } else if (dice < 0.55) {
          this.counts.overloads += 1;
          member.consumer.setHandlingMs(between(30, 300));
          await wait(between(500, 20_000), signal);
          member.consumer.setHandlingMs(0);
        } else isStaying = dice < 0.8;
      }
      if (signal.aborted) await caughtUp(member, (await this.#head) as number);
      this.#close(group.name, member);
    }
  }

  #newMember({ transport, client }: SoakGroup, port: number, random: () => number): SimulatedClient {
    const { scheme, open } = clientsByName[transport];
    const url = `${scheme}://127.0.0.1:${port}`;
    return new SimulatedClient({
      open: (after) =>
        open(
          { url, after, intervalMs: transport === 'short-poll' ? 250 : 0, random, ...client },
          nodeOpeners,
        ),
      handlingMs: 0,
      recorderAt: () => this.#recorder,
    });
  }

  /** Disconnects a client for good, and accounts for every message up to its cursor. */
  #close(group: string, member: SimulatedClient): void {
    member.giveUp();
    member.leave();
    this.counts.leaves += 1;
    this.counts.failures += member.count('failures');
    const books = member.books(member.receiver.ledger.seq);
    this.books = sumBooks([this.books, books]);
    for (const problem of bookProblems(books, member.gaps)) this.problems.push(`${group}: ${problem}`);
  }
}

/** Waits until a client has every message up to `head`. Throws when it gets stuck. */
async function caughtUp(member: SimulatedClient, head: number): Promise<void> {
  const deadlineMs = nowMs() + drainMs;
  member.consumer.setHandlingMs(0);
  while (member.receiver.ledger.seq < head && nowMs() < deadlineMs) await wait(20);
  if (member.receiver.ledger.seq < head)
    throw new Error(
      `a client received ${member.receiver.ledger.seq} of ${head} messages within ${drainMs / 1000} s`,
    );
}

/** Ends early when the signal aborts. */
function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal }).catch(() => {});
}
