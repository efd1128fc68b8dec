import { sumBooks } from '../analysis/books.ts';
import type { TrialPlan } from '../experiment.ts';
import type { FleetMetered } from '../harness/fleet-process.ts';
import type { FleetReport } from '../harness/group.ts';
import { addedUse } from '../harness/process-meter.ts';
import { Recorder, type Recording } from '../harness/recorder.ts';
import type { Returned, Shard } from '../result.ts';

/** How the clients of a trial are divided among agents or processes, and what they say put together again. */

/** What an agent reports of one group of its clients. */
export type ShardReport = { report: FleetReport; recordings: { delay: Recording; response: Recording } };

/**
 * Whether agents can do a trial. What needs this machine's own clock, link or process, and what asks for
 * slow clients, which are the first of a group, stays here.
 */
export function canBeDivided({
  groups,
  link,
  publish,
  overload,
  besides,
  ownFleets,
  trace,
}: TrialPlan): boolean {
  if (link || publish || overload || besides || ownFleets || trace) return false;
  return groups.every(({ slowClients, credit, inPhase }) => !slowClients && !credit && !inPhase);
}

/** As even shares as there can be; the first have one more. */
export function sharesOf(clients: number, agents: number): number[] {
  return Array.from({ length: agents }, (_, index) => Math.floor((clients + agents - 1 - index) / agents));
}

/** What clients report whose server is gone: all that they were to have and did not get, they have missed. */
export function withoutServer(told: ShardReport): ShardReport {
  const { expected, delivered, backlogAtEnd } = told.report.books;
  const missed = expected - delivered - backlogAtEnd;
  return { ...told, report: { ...told.report, books: { ...told.report.books, missed }, gaps: missed } };
}

/**
 * One report of a group from those of its shards. Books and histograms are added: a percentile is read from
 * all delays together, and never averaged. A shard that has nothing to report counts as all its messages
 * missed, since nobody knows which of them came. Without shards nothing is said of who held which clients.
 */
export function mergedReport(
  shards: readonly Shard[],
  reports: readonly (ShardReport | undefined)[],
  head: number,
): FleetReport {
  const [delay, response] = [new Recorder(), new Recorder()];
  for (const { recordings } of reports.filter((each) => each !== undefined)) {
    delay.add(Recorder.of(recordings.delay));
    response.add(Recorder.of(recordings.response));
  }
  const there = reports.flatMap((each) => each?.report ?? []);
  const silent = shards.filter((_, index) => reports[index] === undefined);
  const missing = silent.reduce((sum, { clients }) => sum + clients * head, 0);
  const sum = (of: (report: FleetReport) => number) => there.reduce((total, report) => total + of(report), 0);
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
    missedSlots: 0,
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
export function mergedMetered(all: readonly FleetMetered[]): FleetMetered {
  const [first] = all;
  if (!first) throw new Error('all agents were lost during a trial');
  const sum = (of: (metered: FleetMetered) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    use: addedUse(all.map(({ use }) => use)),
    samples: first.samples,
    missedSlots: first.missedSlots.map((_, index) => sum(({ missedSlots }) => missedSlots[index] ?? 0)),
    asked: first.asked.map((_, index) => ({
      requests: sum(({ asked }) => asked[index]?.requests ?? 0),
      empty: sum(({ asked }) => asked[index]?.empty ?? 0),
    })),
  };
}
