import { randomLcg } from 'd3-random';
import type { ConsumingOptions, InFlight } from '../../clients/broker/in-flight.ts';
import type { Client, Receiver } from '../../clients/client.ts';
import { clientsByName } from '../../clients/clients.ts';
import type { BackoffName } from '../../clients/shared/backoff.ts';
import { nodeOpenersFrom } from '../../clients/shared/openers-node.ts';
import type { ShortPollClientOptions } from '../../clients/short-poll.ts';
import type { AnyTransportName, TransportName } from '../../clients/transports.ts';
import { inUrl } from '../../servers/address.ts';
import type { Batch } from '../../servers/log/message.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { atInstants } from '../../servers/source/player.ts';
import { sumBooks } from '../analysis/books.ts';
import type { Books, Cohort, Delay, Histogram, Returned, Shard } from '../result.ts';
import { type Handled, Member } from './member.ts';
import { type Asked, PollRecord } from './poll-record.ts';
import { until } from './process-meter.ts';
import { type Publications, publicationTimesMs } from './publications.ts';
import { Recorder, type Recording } from './recorder.ts';

/** Clients of one transport. The first `slowClients` of them take `handlingMs` for each message. */
export type FleetGroup = {
  transport: AnyTransportName;
  /** Where the server listens; nowhere for consumers of a broker. */
  host?: string;
  port: number;
  /** What a broker's consumers are told. */
  consuming?: ConsumingPlace;
  clients: number;
  slowClients: number;
  handlingMs: number;
  /** How slow clients are slow: they stop reading, or read on while their handlers pile up. */
  slowBy: 'pause' | 'sleep';
  contract: 'every' | 'latest';
  /** For polls: whether the connection stays open in between. */
  keepAlive: boolean;
  /** For short polls; 0 otherwise. */
  intervalMs: number;
  /** Messages that a client asks for at a time; `undefined` for as many as come. */
  credit: number | undefined;
  /** How long clients wait before they try again. */
  backoff: BackoffName;
  /** All polls stand at the same place in the interval, instead of being spread over it. */
  inPhase: boolean;
  /** Write down the way of every message. Takes one client. */
  traced: boolean;
  seed: number;
  /** The address of this host that the clients come from. Default: whichever the kernel chooses. */
  localAddress?: string;
  /** What this host's clock shows more than the source's. Default 0. */
  clockOffsetMs?: number;
};

/** Where consumers find their messages at a broker: each has a queue to itself. */
export type ConsumingPlace = Pick<ConsumingOptions, 'url' | 'topic' | 'prefetch' | 'qos'> & {
  queues: string[];
};

/** Makes one client of a group. */
export type OpenMember = (options: ShortPollClientOptions, index: number) => Receiver;

/** How the clients of a group are made, and the messages that the consumers of a broker have in flight. */
export type Opening = { open: OpenMember; inFlight: readonly InFlight[] };

/** What a group reports after the trial. */
export type FleetReport = {
  books: Books;
  gaps: number;
  delay: Delay;
  histogram: Histogram;
  cohorts: Cohort[];
  /** From request to answer; empty where nothing is asked. */
  response: Delay;
  /** Slots missed within the window. */
  missedSlots: number;
  failures: number;
  lastFailure?: string;
  /** Messages that a broker marked as sent before, and the most that one consumer held. */
  redelivered: number;
  heldMax: number;
  /** After a time without the server; see the result file. */
  returned?: Returned;
  /** Every message of the first member, where somebody wants to see. */
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

/** Clients that connect at the same time. More would only queue at the server's door. */
const connectAtOnce = 100;

/** The clients of one transport in a trial, with what they record. */
export class Group {
  readonly members: Member[];
  /** Where in the interval the polls of each client stand. Stratified: one client in each N-th, at a random place in it. */
  readonly phasesMs: number[];
  /** The instant from which the phases count. */
  readonly originMs = nowMs();
  readonly #wanted: FleetGroup;
  readonly #recorders = { fast: threePhases(), slow: threePhases() };
  /** When the slow clients are slow; without it, as long as the trial lasts. */
  #overload: { fromMs: number; untilMs: number } | undefined;
  readonly #responses = new Recorder();
  readonly #inFlight: readonly InFlight[];
  readonly #polls: PollRecord | undefined;

  constructor(wanted: FleetGroup, { open, inFlight }: Opening = ofServers(wanted)) {
    if (wanted.traced && wanted.clients !== 1)
      throw new Error(
        `invalid trace: expected 1 client in each group, got ${wanted.clients} of ${wanted.transport}`,
      );
    const { clients, intervalMs, contract, keepAlive, backoff, credit, inPhase } = wanted;
    const random = randomLcg(wanted.seed);
    this.#wanted = wanted;
    this.#inFlight = inFlight;
    this.#polls = wanted.traced ? new PollRecord() : undefined;
    this.phasesMs = Array.from({ length: clients }, (_, index) =>
      inPhase ? 0 : ((index + random()) * intervalMs) / clients,
    );
    this.members = this.phasesMs.map((phaseMs, index) => {
      const slow = index < wanted.slowClients;
      const options = {
        url: wanted.consuming?.url ?? urlOf(wanted),
        random,
        intervalMs,
        phaseMs,
        originMs: this.originMs,
        nowMs,
        contract,
        keepAlive,
        backoff,
        credit,
        onAsk: () => this.#onAsk(),
      };
      return new Member({
        open: (after) => open({ ...options, after }, index),
        slow,
        clockOffsetMs: wanted.clockOffsetMs,
        handlingMs: slow ? wanted.handlingMs : 0,
        inboxLimit: wanted.slowBy === 'sleep' ? Number.POSITIVE_INFINITY : undefined,
        recorderAt: (dueMs) => this.#recorders[slow ? 'slow' : 'fast'][this.#phaseAt(dueMs)],
      });
    });
    if (wanted.traced) this.#watchFirst();
  }

  /** Connects everybody. */
  async start(): Promise<void> {
    for (let first = 0; first < this.members.length; first += connectAtOnce) {
      const wave = this.members.slice(first, first + connectAtOnce);
      await Promise.all(
        wave.map(({ client, consumer }) => client.start((message) => consumer.take(message))),
      );
    }
  }

  /** Every client publishes from `startMs` on; a broker's consumers can't. Resolves when the last has been sent, or answered where there is an answer. */
  async publish(publications: Publications, startMs: number): Promise<void> {
    const dueMs = publicationTimesMs(publications, this.members.length).map((atMs) => startMs + atMs);
    const sent: Promise<void>[] = [];
    await atInstants(dueMs, (place) => {
      const index = place % this.members.length;
      const client = this.members[index]?.client as Client;
      const published = client.publish(`client ${index} says `.padEnd(58, 'hello '), dueMs[place] as number);
      published.catch(() => {}); // It is awaited below, with all others.
      sent.push(published);
    }).ended;
    await Promise.all(sent);
  }

  /** Everybody goes away for a while or dies, and comes back. The first member's messages are kept. */
  async goAway({
    fromMs,
    untilMs,
    replay,
    dies,
  }: {
    fromMs: number;
    untilMs: number;
    replay: boolean;
    dies: boolean;
  }): Promise<void> {
    this.#watchFirst();
    await until(fromMs);
    for (const member of this.members) {
      if (dies) member.die();
      else member.leave();
    }
    await until(untilMs);
    await Promise.all(this.members.map((member) => member.comeBack(replay)));
  }

  /** The slow clients are quick until this instant, slow for a while, and quick again. */
  async slowDown({ fromMs, untilMs }: { fromMs: number; untilMs: number }): Promise<void> {
    const slow = this.members.filter((member) => member.slow);
    this.#overload = { fromMs, untilMs };
    for (const { consumer } of slow) consumer.setHandlingMs(0);
    await until(fromMs);
    for (const { consumer } of slow) consumer.setHandlingMs(this.#wanted.handlingMs);
    await until(untilMs);
    for (const member of slow) {
      member.expectReturn(untilMs);
      member.consumer.setHandlingMs(0);
    }
  }

  /** Everybody is going to lose the server, which comes back at this instant. */
  expectReturn(returnMs: number): void {
    for (const member of this.members) member.expectReturn(returnMs);
  }

  /** How old the oldest message is that slow clients handle now, and the longest of their inboxes. */
  sampleSlow(samples: SlowSamples, atMs: number): void {
    const slow = this.members.filter((member) => member.slow);
    const ages = slow.flatMap((member) => member.lastAgeMs ?? []);
    samples.atMs.push(atMs);
    samples.ageMs.push(ages.length > 0 ? Math.max(...ages) : null);
    samples.held.push(this.#inFlight.reduce((sum, { count }) => sum + count, 0));
    samples.inbox.push(slow.length > 0 ? Math.max(...slow.map((member) => member.consumer.waiting)) : null);
  }

  /** Slow clients handle nothing more: what still waits for them anywhere is fetched and counted. */
  giveUp(): void {
    for (const member of this.members) if (member.slow) member.giveUp();
  }

  /** Whether somebody lacks a message up to `head`, or has not handled it. */
  isBehind(head: number): boolean {
    return this.members.some(({ client, consumer }) => client.ledger.seq < head || consumer.waiting > 0);
  }

  /** Everything but the slots missed, which only the window knows. */
  report(head: number): FleetReport {
    const all = merged([...Object.values(this.#recorders.fast), ...Object.values(this.#recorders.slow)]);
    return {
      books: this.#booksOf(this.members, head),
      gaps: this.members.reduce((sum, member) => sum + member.gaps, 0),
      delay: all.delay,
      histogram: all.bins,
      cohorts: this.#wanted.slowClients > 0 ? this.#cohorts(head) : [],
      response: this.#responses.delay,
      missedSlots: 0,
      failures: this.count('failures'),
      lastFailure: this.members.map(({ client }) => client.counters.lastFailure).find(Boolean),
      redelivered: this.#inFlight.reduce((sum, { redelivered }) => sum + redelivered, 0),
      heldMax: Math.max(0, ...this.#inFlight.map(({ maxInFlight }) => maxInFlight)),
      ...this.#returned(),
      ...(this.members[0]?.history && { handled: this.members[0].history }),
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

  /** A counter of all clients, added up. */
  count(counter: Parameters<Member['count']>[0]): number {
    return this.members.reduce((sum, member) => sum + member.count(counter), 0);
  }

  /** Disconnects everybody. */
  stop(): void {
    for (const member of this.members) member.leave();
  }

  /** What came of a time without the server, where there was one: how late the last member had what it missed, and news. */
  #returned(): Pick<FleetReport, 'returned'> {
    const lastOf = (times: (number | null)[]) =>
      times.some((atMs) => atMs === null) ? null : Math.max(...(times as number[]));
    const concerned = this.#overload ? this.members.filter((member) => member.slow) : this.members;
    const news = concerned.map(({ replayed }) => replayed.firstNewAtMs);
    const replayed = concerned.reduce((sum, member) => sum + member.replayed.count, 0);
    const old = concerned.flatMap((member) => member.replayed.lastAtMs ?? []);
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

  #watchFirst(): void {
    const [first] = this.members;
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

  #phaseAt(dueMs: number): keyof Phases {
    const { fromMs = 0, untilMs = Number.POSITIVE_INFINITY } = this.#overload ?? {};
    if (dueMs < fromMs) return 'before';
    return dueMs < untilMs ? 'during' : 'after';
  }

  #cohorts(head: number): Cohort[] {
    return (['fast', 'slow'] as const).map((name) => {
      const some = this.members.filter((member) => member.slow === (name === 'slow'));
      return {
        name,
        clients: some.length,
        handlingMs: name === 'slow' ? this.#wanted.handlingMs : 0,
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

  #booksOf(some: readonly Member[], head: number): Books {
    return sumBooks(some.map((member) => member.books(head)));
  }
}

/** The clients of this lab's servers. */
function ofServers({ transport, localAddress }: FleetGroup): Opening {
  const { open } = clientsByName[transport as TransportName];
  const openers = nodeOpenersFrom(localAddress);
  return { open: (options) => open(options, openers), inFlight: [] };
}

function urlOf({ transport, host = '127.0.0.1', port }: FleetGroup): string {
  const { scheme } = clientsByName[transport as TransportName];
  return `${scheme}://${inUrl(host)}:${port}`;
}

/** Delays of messages that were due before, during and after the time in which slow clients were slow. */
type Phases = { before: Recorder; during: Recorder; after: Recorder };

function threePhases(): Phases {
  return { before: new Recorder(), during: new Recorder(), after: new Recorder() };
}

function merged(recorders: readonly Recorder[]): Recorder {
  const all = new Recorder();
  for (const recorder of recorders) all.add(recorder);
  return all;
}
