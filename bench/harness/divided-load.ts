import { sumBooks } from '../analysis/books.ts';
import type { TrialPlan } from '../experiment.ts';
import { canDivide } from '../knobs.ts';
import type { Returned, Shard } from '../result.ts';
import type { Child } from './child.ts';
import type { ClientGroup, GroupReport } from './group.ts';
import type {
  LoadEnd,
  LoadGenerator,
  LoadHandlers,
  LoadMetered,
  LoadWindow,
  PollSlots,
} from './load-generator.ts';
import { addedUse } from './process-meter.ts';
import { Recorder, type Recording } from './recorder.ts';
import type { LostServer } from './server-process.ts';

/**
 * A load generator that has a share of the clients of a trial: a process of this machine, or an agent on
 * another. It answers `undefined` once it is lost.
 */
export interface LoadShare {
  connect(group: ClientGroup, port: number): Promise<PollSlots | undefined>;
  meter(window: LoadWindow, limitMs: number): Promise<LoadMetered | undefined>;
  /** The report of each group. `lostServer`: the server of these clients, if it was lost. */
  finish(end: LoadEnd, limitMs: number, lostServer?: LostServer): Promise<ShardReport[] | undefined>;
  disconnect(): Promise<unknown>;
  /** What the result says of this share of a group, by its report. Default: nothing. */
  shardOf?(group: number, report: GroupReport | undefined, lostServer?: LostServer): Shard;
}

/** The report of one group of a share. */
export type ShardReport = { report: GroupReport; recordings: { delay: Recording; response: Recording } };

/**
 * Divides the clients of a trial among several load generators: more clients than one process can open files
 * for, on more cores and machines. Accounting and histograms are added up; percentiles are never averaged.
 */
export class DividedLoad implements LoadGenerator {
  readonly leadMs: number;
  readonly #shares: readonly LoadShare[];
  #ports: readonly number[] = [];
  #groups = 0;

  constructor(shares: readonly LoadShare[], leadMs: number) {
    this.#shares = shares;
    this.leadMs = leadMs;
  }

  async connect({ clients, seed, ...group }: ClientGroup, ports: readonly number[]): Promise<PollSlots> {
    this.#ports = ports;
    this.#groups += 1;
    const counts = sharesOf(clients, this.#shares.length);
    const connected = await this.#all((share, index) =>
      share.connect(
        // With one seed the clients of all shares would have the same slots.
        { ...group, clients: counts[index] as number, seed: seed + index },
        ports[index % ports.length] as number,
      ),
    );
    const slots = connected.filter((each) => each !== undefined);
    return {
      originMs: 0,
      phasesMs: slots.flatMap(({ originMs, phasesMs }) => phasesMs.map((ms) => originMs + ms)),
    };
  }

  async meter(window: LoadWindow, limitMs: number): Promise<LoadMetered> {
    const metered = await this.#all((share) => share.meter(window, limitMs));
    return mergedMetered(metered.filter((each) => each !== undefined));
  }

  async finish(
    end: LoadEnd,
    limitMs: number,
    lostServers: readonly LostServer[] = [],
  ): Promise<GroupReport[]> {
    const lostServerOf = (index: number) =>
      lostServers.find(({ server }) => server === index % this.#ports.length);
    const finished = await this.#all((share, index) => share.finish(end, limitMs, lostServerOf(index)));
    return Array.from({ length: this.#groups }, (_, group) => {
      const reports = finished.map((all, index) => {
        const report = all?.[group];
        return report && lostServerOf(index) ? withoutServer(report) : report;
      });
      const shards = this.#shares.flatMap(
        (share, index) => share.shardOf?.(group, reports[index]?.report, lostServerOf(index)) ?? [],
      );
      return mergedReport(shards, reports, end.head);
    });
  }

  async disconnect(): Promise<void> {
    this.#groups = 0;
    await this.#all((share) => share.disconnect());
  }

  #all<Value>(ask: (share: LoadShare, index: number) => Promise<Value>): Promise<Value[]> {
    return Promise.all(this.#shares.map(ask));
  }
}

/** A share in a process of this machine. On Linux each has an address of its own: the ports of one run out first. */
export function localShare(child: Child<LoadHandlers>, index: number): LoadShare {
  const localAddress = process.platform === 'linux' ? `127.0.0.${index + 2}` : undefined;
  return {
    connect: (group) => child.call('connect', { ...group, localAddress }),
    meter: (window, limitMs) => child.call('meter', window, limitMs),
    async finish(end, limitMs) {
      const reports = await child.call('finish', end, limitMs);
      const recordings = await child.call('recordings', undefined);
      return reports.map((report, group) => ({
        report,
        recordings: recordings[group] as ShardReport['recordings'],
      }));
    },
    disconnect: () => child.call('disconnect', undefined),
  };
}

/** Whether agents can run a trial. It stays here if it needs this machine's own clock, delay proxy or process. */
export function canBeDivided({
  groups,
  link,
  publish,
  overload,
  besides,
  ownLoadGenerators,
  trace,
}: TrialPlan): boolean {
  if (link || publish || overload || besides || ownLoadGenerators || trace) return false;
  return groups.every(canDivide);
}

/** As even shares as there can be; the first have one more. */
export function sharesOf(clients: number, agents: number): number[] {
  return Array.from({ length: agents }, (_, index) => Math.floor((clients + agents - 1 - index) / agents));
}

/** What clients report whose server is gone: all that they were to have and did not get, they have missed. */
function withoutServer(shard: ShardReport): ShardReport {
  const { expected, delivered, backlogAtEnd } = shard.report.books;
  const missed = expected - delivered - backlogAtEnd;
  return { ...shard, report: { ...shard.report, books: { ...shard.report.books, missed }, gaps: missed } };
}

/**
 * One report of a group from those of its shards. Accounting and histograms are added up: a percentile is read from
 * all delays together, and never averaged. A shard that has nothing to report counts as all its messages
 * missed, since nobody knows which of them came. Without shards nothing is said of who held which clients.
 */
export function mergedReport(
  shards: readonly Shard[],
  reports: readonly (ShardReport | undefined)[],
  head: number,
): GroupReport {
  const [delay, response] = [new Recorder(), new Recorder()];
  for (const { recordings } of reports.filter((each) => each !== undefined)) {
    delay.add(Recorder.of(recordings.delay));
    response.add(Recorder.of(recordings.response));
  }
  const there = reports.flatMap((each) => each?.report ?? []);
  const silent = shards.filter((_, index) => reports[index] === undefined);
  const missing = silent.reduce((sum, { clients }) => sum + clients * head, 0);
  const sum = (of: (report: GroupReport) => number) => there.reduce((total, report) => total + of(report), 0);
  const books = sumBooks(there.map((report) => report.books));
  const [handled] = there.flatMap((report) => (report.handled ? [report.handled] : []));
  const returned = mergedReturns(there.flatMap((report) => report.returned ?? []));
  return {
    books: { ...books, expected: books.expected + missing, missed: books.missed + missing },
    gaps: sum(({ gaps }) => gaps) + missing,
    delay: delay.delay,
    histogram: delay.bins,
    cohorts: [],
    response: response.delay,
    failures: sum(({ failures }) => failures),
    lastFailure: there.map(({ lastFailure }) => lastFailure).find(Boolean),
    redelivered: 0,
    heldMax: 0,
    ...(returned && { returned }),
    ...(handled && { handled }),
    ...(shards.length > 0 && { shards: [...shards] }),
  };
}

function mergedReturns(all: readonly Returned[]): Returned | undefined {
  if (all.length === 0) return undefined;
  const caughtUp = all.flatMap(({ caughtUpMs }) => caughtUpMs ?? []);
  const news = all.map(({ allHearNewsMs }) => allHearNewsMs);
  return {
    replayed: all.reduce((sum, { replayed }) => sum + replayed, 0),
    caughtUpMs: caughtUp.length > 0 ? Math.max(...caughtUp) : null,
    allHearNewsMs: news.includes(null) ? null : Math.max(...(news as number[])),
  };
}

/** What the agents' processes spent, added up; how busy the busiest was. Nobody is slow in a divided trial, so one's samples do for all. */
function mergedMetered(all: readonly LoadMetered[]): LoadMetered {
  const [first] = all;
  if (!first) throw new Error('all agents disconnected during a trial: start the agents again');
  const sum = (of: (metered: LoadMetered) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    use: addedUse(all.map(({ use }) => use)),
    samples: first.samples,
    asked: first.asked.map((_, index) => ({
      requests: sum(({ asked }) => asked[index]?.requests ?? 0),
      empty: sum(({ asked }) => asked[index]?.empty ?? 0),
      missedSlots: sum(({ asked }) => asked[index]?.missedSlots ?? 0),
    })),
  };
}
