import { randomLcg } from 'd3-random';
import type { ConsumingOptions, InFlight } from '../../clients/broker/in-flight.ts';
import type { Client, Receiver } from '../../clients/client.ts';
import { clientsByName } from '../../clients/clients.ts';
import { nodeOpenersFrom } from '../../clients/shared/openers-node.ts';
import type { ShortPollClientOptions } from '../../clients/short-poll.ts';
import type { AnyTransportName, TransportName } from '../../clients/transports.ts';
import { inUrl } from '../../servers/address.ts';
import type { Batch } from '../../servers/log/message.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { atInstants } from '../../servers/source/player.ts';
import { sumBooks } from '../analysis/books.ts';
import type { Publications } from '../experiment.ts';
import type { GroupOptions } from '../knobs.ts';
import type { Books, Cohort, Delay, Histogram, Returned, Shard } from '../result.ts';
import { type Asked, PollRecord } from './observer.ts';
import { until } from './process-meter.ts';
import { Recorder, type Recording } from './recorder.ts';
import { type Handled, SimulatedClient } from './simulated-client.ts';

/** Clients of one transport. The first `slowClients` of them take `handlingMs` for each message. */
export type ClientGroup = {
  transport: AnyTransportName;
  /** Where the server listens; nowhere for consumers of a broker. */
  host?: string;
  port: number;
  /** Where a broker's consumers find their messages. */
  consuming?: ConsumingPlace;
  clients: number;
  options: GroupOptions;
  /** Record every message and every poll. Takes one client. */
  traced: boolean;
  seed: number;
  /** The address of this host that the clients come from. Default: the kernel chooses. */
  localAddress?: string;
  /** How much later this host's clock is than the source's. Default 0. */
  clockOffsetMs?: number;
};

/** Where consumers find their messages at a broker: each has a queue to itself. */
export type ConsumingPlace = Pick<ConsumingOptions, 'url' | 'topic' | 'prefetch' | 'qos'> & {
  queues: string[];
};

/** Makes one client of a group. */
export type OpenClient = (options: ShortPollClientOptions, index: number) => Receiver;

/** How the clients of a group are made, and the messages that the consumers of a broker have in flight. */
export type Opening = { open: OpenClient; inFlight: readonly InFlight[] };

/** What a group reports after the trial. */
export type GroupReport = {
  books: Books;
  gaps: number;
  delay: Delay;
  histogram: Histogram;
  cohorts: Cohort[];
  /** From request to answer; empty where nothing is asked. */
  response: Delay;
  failures: number;
  lastFailure?: string;
  /** Messages that a broker marked as sent before, and the most that one consumer held. */
  redelivered: number;
  heldMax: number;
  /** After a time without the server; see the result file. */
  returned?: Returned;
  /** Every message of the first client, where somebody wants to see. */
  handled?: Handled[];
  /** Its polls, as it saw them; in a group that is traced. */
  polls?: Asked[];
  /** Where the clients were divided among agents: what became of each part. */
  shards?: Shard[];
};

/** Values over time at the slow clients: how old what they handle is, and how many messages wait in their inboxes. */
export type SlowSamples = {
  atMs: number[];
  ageMs: (number | null)[];
  inbox: (number | null)[];
  /** What a broker's consumers have and have not acknowledged, summed over them. */
  held: number[];
};

/** Polls, those of them with an empty response, and slots in which a client did not poll. */
export type AskedCounts = { requests: number; empty: number; missedSlots: number };

/** A time within a window; instants of the monotonic clock. */
export type Period = { fromMs: number; untilMs: number };

/** Clients that connect at the same time. More would only queue at the server's door. */
const connectAtOnce = 100;

/** The clients of one transport in a trial, with what they record. */
export class Group {
  readonly clients: SimulatedClient[];
  /** Where in the interval the polls of each client stand. Stratified: one client in each N-th, at a random place in it. */
  readonly phasesMs: number[];
  /** The instant from which the phases count. */
  readonly originMs = nowMs();
  readonly #wanted: ClientGroup;
  readonly #recorders = { fast: threeRecorders(), slow: threeRecorders() };
  /** When the slow clients are slow; without it, as long as the trial lasts. */
  #overload: Period | undefined;
  readonly #responses = new Recorder();
  readonly #inFlight: readonly InFlight[];
  readonly #polls: PollRecord | undefined;

  constructor(wanted: ClientGroup, { open, inFlight }: Opening = ofServers(wanted)) {
    if (wanted.traced && wanted.clients !== 1)
      throw new Error(
        `invalid trace: expected 1 client in each group, got ${wanted.clients} of ${wanted.transport}`,
      );
    const { clients, options } = wanted;
    const { intervalMs, inPhase, slowClients, slowBy } = options;
    const random = randomLcg(wanted.seed);
    this.#wanted = wanted;
    this.#inFlight = inFlight;
    this.#polls = wanted.traced ? new PollRecord() : undefined;
    this.phasesMs = Array.from({ length: clients }, (_, index) =>
      inPhase ? 0 : ((index + random()) * intervalMs) / clients,
    );
    this.clients = this.phasesMs.map((phaseMs, index) => {
      const slow = index < slowClients;
      const place = {
        url: wanted.consuming?.url ?? urlOf(wanted),
        random,
        phaseMs,
        originMs: this.originMs,
        nowMs,
        onAsk: () => this.#onAsk(),
      };
      return new SimulatedClient({
        open: (after) => open({ ...options, ...place, after }, index),
        slow,
        clockOffsetMs: wanted.clockOffsetMs,
        handlingMs: slow ? options.handlingMs : 0,
        inboxLimit: slowBy === 'sleep' ? Number.POSITIVE_INFINITY : undefined,
        recorderAt: (dueMs) => this.#recorders[slow ? 'slow' : 'fast'][this.#periodOf(dueMs)],
      });
    });
    if (wanted.traced) this.#watchFirst();
  }

  /** Connects everybody. */
  async start(): Promise<void> {
    for (let first = 0; first < this.clients.length; first += connectAtOnce) {
      const wave = this.clients.slice(first, first + connectAtOnce);
      await Promise.all(wave.map((client) => client.start()));
    }
  }

  /** Every client publishes from `startMs` on; a broker's consumers can't. Resolves when the last has been sent, or answered where there is an answer. */
  async publish(publications: Publications, startMs: number): Promise<void> {
    const dueMs = publicationTimesMs(publications, this.clients.length).map((atMs) => startMs + atMs);
    const sent: Promise<void>[] = [];
    await atInstants(dueMs, (place) => {
      const index = place % this.clients.length;
      const client = this.clients[index]?.receiver as Client;
      const published = client.publish(`client ${index} says `.padEnd(58, 'hello '), dueMs[place] as number);
      published.catch(() => {}); // It is awaited below, with all others.
      sent.push(published);
    }).ended;
    await Promise.all(sent);
  }

  /** Everybody goes away for a while or dies, and comes back. The first client's messages are kept. */
  async goAway({ fromMs, untilMs }: Period, dies = false): Promise<void> {
    this.#watchFirst();
    await until(fromMs);
    for (const client of this.clients) {
      if (dies) client.die();
      else client.leave();
    }
    await until(untilMs);
    await Promise.all(this.clients.map((client) => client.comeBack(this.#wanted.options.replay)));
  }

  /** The slow clients are quick until this instant, slow for a while, and quick again. */
  async slowDown({ fromMs, untilMs }: Period): Promise<void> {
    const slow = this.clients.filter((client) => client.slow);
    this.#overload = { fromMs, untilMs };
    for (const { consumer } of slow) consumer.setHandlingMs(0);
    await until(fromMs);
    for (const { consumer } of slow) consumer.setHandlingMs(this.#wanted.options.handlingMs);
    await until(untilMs);
    for (const client of slow) {
      client.expectReturn(untilMs);
      client.consumer.setHandlingMs(0);
    }
  }

  /** Everybody is going to lose the server, which comes back at this instant. */
  expectReturn(returnMs: number): void {
    for (const client of this.clients) client.expectReturn(returnMs);
  }

  /** How old the oldest message is that slow clients handle now, and the longest of their inboxes. */
  sampleSlow(samples: SlowSamples, atMs: number): void {
    const slow = this.clients.filter((client) => client.slow);
    const ages = slow.flatMap((client) => client.lastAgeMs ?? []);
    samples.atMs.push(atMs);
    samples.ageMs.push(ages.length > 0 ? Math.max(...ages) : null);
    samples.held.push(this.#inFlight.reduce((sum, { count }) => sum + count, 0));
    samples.inbox.push(slow.length > 0 ? Math.max(...slow.map((client) => client.consumer.waiting)) : null);
  }

  /** Slow clients handle nothing more: what still waits for them anywhere is fetched and counted. */
  giveUp(): void {
    for (const client of this.clients) if (client.slow) client.giveUp();
  }

  /** Whether somebody lacks a message up to `head`, or has not handled it. */
  isBehind(head: number): boolean {
    return this.clients.some(({ receiver, consumer }) => receiver.ledger.seq < head || consumer.waiting > 0);
  }

  report(head: number): GroupReport {
    const all = merged([...Object.values(this.#recorders.fast), ...Object.values(this.#recorders.slow)]);
    return {
      books: this.#booksOf(this.clients, head),
      gaps: this.clients.reduce((sum, client) => sum + client.gaps, 0),
      delay: all.delay,
      histogram: all.bins,
      cohorts: this.#wanted.options.slowClients > 0 ? this.#cohorts(head) : [],
      response: this.#responses.delay,
      failures: this.#count('failures'),
      lastFailure: this.clients.map(({ receiver }) => receiver.counters.lastFailure).find(Boolean),
      redelivered: this.#inFlight.reduce((sum, { redelivered }) => sum + redelivered, 0),
      heldMax: Math.max(0, ...this.#inFlight.map(({ maxInFlight }) => maxInFlight)),
      ...this.#returned(),
      ...(this.clients[0]?.history && { handled: this.clients[0].history }),
      ...(this.#polls && { polls: this.#polls.asked }),
    };
  }

  /** All delays and all times from request to answer, so that they can be added to those of other processes. */
  get recordings(): { delay: Recording; response: Recording } {
    const { fast, slow } = this.#recorders;
    return {
      delay: merged([...Object.values(fast), ...Object.values(slow)]).recording,
      response: this.#responses.recording,
    };
  }

  /** The polls of all clients so far. */
  get asked(): AskedCounts {
    return {
      requests: this.#count('requests'),
      empty: this.#count('empty'),
      missedSlots: this.#count('missedSlots'),
    };
  }

  /** Disconnects everybody. */
  stop(): void {
    for (const client of this.clients) client.leave();
  }

  /** What came of a time without the server, where there was one: how late the last client had what it missed, and news. */
  #returned(): Pick<GroupReport, 'returned'> {
    const lastOf = (times: (number | null)[]) =>
      times.some((atMs) => atMs === null) ? null : Math.max(...(times as number[]));
    const concerned = this.#overload ? this.clients.filter((client) => client.slow) : this.clients;
    const news = concerned.map(({ replayed }) => replayed.firstNewAtMs);
    const replayed = concerned.reduce((sum, client) => sum + client.replayed.count, 0);
    const old = concerned.flatMap((client) => client.replayed.lastAtMs ?? []);
    const seen = replayed > 0 || news.some((atMs) => atMs !== null);
    if (!seen) return {};
    return {
      returned: {
        replayed,
        caughtUpMs: old.length > 0 ? Math.max(...old) : null,
        allHearNewsMs: lastOf(news),
      },
    };
  }

  #count(counter: Parameters<SimulatedClient['count']>[0]): number {
    return this.clients.reduce((sum, client) => sum + client.count(counter), 0);
  }

  #watchFirst(): void {
    const [first] = this.clients;
    if (first) first.history = [];
  }

  /** A poll is being sent: how long it takes is recorded when it has been answered. */
  #onAsk(): (batch: Batch) => void {
    const sentMs = nowMs();
    const onAnswer = this.#polls?.ask();
    return (batch) => {
      this.#responses.record(nowMs() - sentMs);
      onAnswer?.(batch);
    };
  }

  #periodOf(dueMs: number): keyof ByPeriod {
    const { fromMs = 0, untilMs = Number.POSITIVE_INFINITY } = this.#overload ?? {};
    if (dueMs < fromMs) return 'before';
    return dueMs < untilMs ? 'during' : 'after';
  }

  #cohorts(head: number): Cohort[] {
    return (['fast', 'slow'] as const).map((name) => {
      const some = this.clients.filter((client) => client.slow === (name === 'slow'));
      return {
        name,
        clients: some.length,
        handlingMs: name === 'slow' ? this.#wanted.options.handlingMs : 0,
        messages: this.#booksOf(some, head),
        delayMs: merged(Object.values(this.#recorders[name])).delay,
        ...(this.#overload && {
          phases: {
            before: this.#recorders[name].before.delay,
            during: this.#recorders[name].during.delay,
            after: this.#recorders[name].after.delay,
          },
        }),
      };
    });
  }

  #booksOf(some: readonly SimulatedClient[], head: number): Books {
    return sumBooks(some.map((client) => client.books(head)));
  }
}

/**
 * When something is published, in order, in milliseconds from the start: by the first client, the second and
 * so on, round after round. Clients are spread evenly over the time from one publication to the next.
 */
export function publicationTimesMs({ perClient, everyMs }: Publications, clients: number): number[] {
  return Array.from({ length: perClient * clients }, (_, place) => ((place + 0.5) * everyMs) / clients);
}

/** The clients of this lab's servers. */
function ofServers({ transport, localAddress }: ClientGroup): Opening {
  const { open } = clientsByName[transport as TransportName];
  const openers = nodeOpenersFrom(localAddress);
  return { open: (options) => open(options, openers), inFlight: [] };
}

function urlOf({ transport, host = '127.0.0.1', port }: ClientGroup): string {
  const { scheme } = clientsByName[transport as TransportName];
  return `${scheme}://${inUrl(host)}:${port}`;
}

/** Delays of messages that were due before, during and after the time in which slow clients were slow. */
type ByPeriod = { before: Recorder; during: Recorder; after: Recorder };

function threeRecorders(): ByPeriod {
  return { before: new Recorder(), during: new Recorder(), after: new Recorder() };
}

function merged(recorders: readonly Recorder[]): Recorder {
  const all = new Recorder();
  for (const recorder of recorders) all.add(recorder);
  return all;
}
