import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { parseRabbitUrl } from '../../servers/source/rabbit-address.ts';
import { Child } from '../harness/child.ts';
import { addedUse } from '../harness/process-meter.ts';
import { addedCounts, addedLosses, type ServerCount, type ServerLosses } from '../harness/server-count.ts';
import type {
  LostServer,
  Played,
  ServerHandlers,
  Servers,
  ServersWanted,
  ServerWindow,
} from '../harness/server-process.ts';

/**
 * Several server processes that have their messages from one source at RabbitMQ, each for a part of the
 * clients.
 *
 *     schedule ──► last server ──► RabbitMQ ──┬──► first server (the sequencer) ──► some clients
 *                                             ├──► …
 *                                             └──► last server ──► other clients
 *
 * The ages of messages then include the way through RabbitMQ, there and back. A server that ends in the
 * middle of a trial is named, and the others go on; the next trial has a new one in its place.
 */
export class SharedServers implements Servers {
  readonly count: number;
  readonly #url: string;
  readonly #processes: Child<ServerHandlers>[] = [];
  /** The stream of the last trial: each has one of its own, which is removed after it. */
  stream: string | undefined;
  #isThere = false;

  constructor({ url, count }: { url: string; count: number }) {
    this.#url = url;
    this.count = count;
  }

  /** The operating system's numbers of the processes, in the order of the servers. */
  get pids(): (number | undefined)[] {
    return this.#processes.map(({ pid }) => pid);
  }

  async open(wanted: ServersWanted): Promise<{ ports: number[][]; echoPort: number }> {
    await this.leave();
    for (let index = 0; index < this.count; index += 1) {
      const there = this.#processes[index];
      if (!there || there.ended) this.#processes[index] = new Child<ServerHandlers>('./server-process.ts');
    }
    const name = `lab-${randomUUID()}`;
    this.stream = name;
    this.#isThere = true;
    const opened: Awaited<ReturnType<ServerHandlers['open']>>[] = [];
    // One after the other: the first is the sequencer, and the last, which plays, is another.
    for (const each of this.#processes)
      opened.push(await each.call('open', { ...wanted, shared: { url: this.#url, name } }));
    return {
      ports: wanted.groups.map((_, group) => opened.map(({ ports }) => ports[group] as number)),
      echoPort: opened[0]?.echoPort as number,
    };
  }

  async memory(): Promise<number> {
    const all = await Promise.all(this.#processes.map((each) => each.call('memory', undefined)));
    return all.reduce((sum, bytes) => sum + bytes, 0);
  }

  async play(window: ServerWindow, limitMs: number): Promise<Played & { lostServers?: LostServer[] }> {
    const lostServers: LostServer[] = [];
    const all = await Promise.all(
      this.#processes.map(async (each, server) => {
        try {
          return await each.call('play', { ...window, listens: server < this.count - 1 }, limitMs);
        } catch (error) {
          const why = `lost server ${server + 1} of ${this.count}: ${(error as Error).message}`;
          lostServers.push({ server, why });
          return undefined;
        }
      }),
    );
    const there = all.filter((played) => played !== undefined);
    if (there.length === 0) throw new Error(lostServers.map(({ why }) => why).join('; '));
    return { ...mergedPlayed(there), ...(lostServers.length > 0 && { lostServers }) };
  }

  /** What all gave up; of one that is lost nobody knows, and its clients miss it. */
  async close(): Promise<ServerLosses[]> {
    const all = await Promise.allSettled(this.#processes.map((each) => each.call('close', undefined)));
    await this.leave();
    const there = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return (there[0] ?? []).map((_, group) =>
      addedLosses(there.map((losses) => losses[group] as ServerLosses)),
    );
  }

  /** Removes from RabbitMQ what a trial has left there. */
  async leave(): Promise<void> {
    if (!this.#isThere) return;
    this.#isThere = false;
    try {
      const connection = await connect(parseRabbitUrl(this.#url), { timeout: 5000 });
      connection.on('error', () => {});
      const channel = await connection.createChannel();
      for (const name of [`${this.stream}`, `${this.stream}.publications`]) await channel.deleteQueue(name);
      await connection.close();
    } catch {
      // It is gone, and what it held with it, or stays as small as a trial is.
    }
  }

  /** Ends all processes at once. */
  kill(): void {
    for (const each of this.#processes.splice(0)) each.kill();
  }
}

/** What several servers did in one window. All had the same messages; the one that is furthest tells when. */
function mergedPlayed(all: readonly Played[]): Played {
  const furthest = all.reduce((best, one) => (one.head > best.head ? one : best));
  const { head, appended, messages } = furthest;
  return {
    head,
    appended,
    messages,
    use: addedUse(all.map(({ use }) => use)),
    counts: furthest.counts.map((_, group) =>
      all.map(({ counts }) => counts[group] as ServerCount).reduce((sum, one) => addedCounts(sum, one)),
    ),
    samples: furthest.samples,
  };
}
