import { defaultLimits } from '../../servers/guards/limits.ts';
import { modelOfTrial } from '../analysis/on-schedule.ts';
import { trialWarnings } from '../analysis/warnings.ts';
import type { Absence, GroupPlan, TrialPlan } from '../experiment.ts';
import type { Delay, Shard, Timeline, Trial } from '../result.ts';
import type { FleetMetered } from './fleet-process.ts';
import type { FleetReport, SlowSamples } from './group.ts';
import type { Handled } from './member.ts';
import type { ServerHandlers, ServerLosses, ServerTrace } from './server-process.ts';
import { traceOf } from './trace.ts';
import { frame, statusOf } from './trial-frame.ts';

/** What a server process says of a window. */
export type Played = Awaited<ReturnType<ServerHandlers['play']>>;

/** Where in the interval the polls of a group stand, and from which instant it counts. */
export type Phases = { originMs: number; phasesMs: number[] };

/** All that is told of one group of a trial, by whom. */
export type Told = {
  experiment: string;
  plan: TrialPlan;
  group: GroupPlan;
  /** Its place among the groups of the trial. */
  index: number;
  startMs: number;
  phases: Phases;
  played: Played;
  losses: ServerLosses;
  /** Of the process that its clients lived in. */
  metered: Metered;
  /** One way through the link, where there was one. */
  oneWay: Delay | undefined;
  report: FleetReport;
  /** What its server saw of its polls, in a trial that is traced. */
  trace: ServerTrace | undefined;
  /** What the connected clients took in the server, where that was measured. */
  memoryBytes: number | undefined;
  /** Server processes with one source at a broker, where there were any. */
  servers: number | undefined;
};

/** What a fleet process says of a window: of itself, and of this group of its clients. */
export type Metered = Pick<FleetMetered, 'use' | 'besides'> & { samples: SlowSamples; missedSlots: number };

/** Puts together what the processes of a trial have to say of one group. */
export function trialOf(told: Told): Trial {
  const { plan, group, index, startMs, played, losses, metered, oneWay, report } = told;
  const count = played.counts[index] as Played['counts'][number];
  const messages = report.books;
  const fanOutSpanMs = spanOf(count.fanOuts);
  const model = modelOf(told, fanOutSpanMs?.mean);
  const framed = frame(told.experiment, plan, group);
  const trial: Trial = {
    ...framed,
    parameters: { ...framed.parameters, ...(told.servers && { servers: told.servers }) },
    ...statusOf(
      messages,
      report.gaps,
      report.lastFailure,
      keptTheirConnections(told) ? losses.dropped : undefined,
    ),
    ...whatWasLost(report.shards, played.head),
    messages,
    delayMs: report.delay,
    delayHistogram: report.histogram,
    ...(model && { model }),
    ...(oneWay && { linkMs: oneWay }),
    ...(report.response.count > 0 && { responseMs: report.response }),
    ...(metered.besides && group.transport === 'short-poll' && { besides: metered.besides }),
    requests: { total: count.requests, empty: count.empty, missedSlots: metered.missedSlots },
    bytes: count.bytes,
    server: { ...serverUse(played.use), ...serverExtras(told), ...(fanOutSpanMs && { fanOutSpanMs }) },
    clients: {
      count: group.clients,
      cpuMs: metered.use.cpuMs,
      eventLoopDelayP99Ms: metered.use.eventLoopDelayP99Ms,
      loopBusyShare: metered.use.loopBusyShare,
      cpuWaitMs: metered.use.cpuWaitMs,
      connectedMs: count.connectedMs,
      ...(plan.ownFleets && { wakeUps: metered.use.wakeUps }),
    },
    ...(report.shards && { shards: report.shards }),
    ...(report.cohorts.length > 0 && { cohorts: report.cohorts }),
    ...(report.returned && { returned: report.returned }),
    ...(report.handled && plan.away && { timeline: timelineOf(report.handled, startMs, plan.away) }),
    // A poll that failed on its way may be missing at the other end: nothing could be put together.
    ...(told.trace && report.failures === 0 && { trace: traceOf(told.trace, report, played, startMs) }),
    ...(plan.sampleEveryMs && { series: seriesOf(played.samples[index], metered.samples) }),
    appended: played.appended,
  };
  return { ...trial, warnings: trialWarnings(trial, report.failures, report.lastFailure) };
}

/** Whether every client was there all the time, on the connection that it had from the start. */
function keptTheirConnections({ plan, report }: Told): boolean {
  return report.failures === 0 && !plan.away && !plan.outage && !report.shards?.some(({ lost }) => lost);
}

/** A trial in which an agent or a server was lost has failed, and says how many messages went with it. */
function whatWasLost(
  shards: readonly Shard[] = [],
  head: number,
): Pick<Trial, 'status' | 'error'> | undefined {
  const lost = shards.filter((shard) => shard.lost);
  if (lost.length === 0) return undefined;
  const sentences = lost.map(({ agent, lost, clients, missed }) =>
    missed === undefined
      ? `${lost}; the ${clients * head} messages for its ${clients} clients count as missed`
      : `${lost}; of the ${clients * head} messages for its ${clients} clients, at ${agent}, ${missed} did not arrive and count as missed`,
  );
  return { status: 'failed', error: sentences.join('. ') };
}

/** Runs the model on what occurred. */
function modelOf({ plan, group, startMs, phases, played, oneWay }: Told, fanOutSpanMs: number | undefined) {
  return modelOfTrial({
    transport: group.transport,
    clients: group.clients,
    intervalMs: group.intervalMs ?? 0,
    holdMs: group.server?.holdMs ?? defaultLimits.holdMs,
    messages: played.messages,
    durationMs: plan.durationMs,
    oneWayMs: oneWay?.mean ?? 0,
    phasesMs: phases.phasesMs.map((phaseMs) => phases.originMs + phaseMs - startMs),
    fanOutSpanMs,
  });
}

function spanOf({ count, sumMs, maxMs }: Played['counts'][number]['fanOuts']) {
  return count > 0 ? { count, mean: sumMs / count, max: maxMs } : undefined;
}

function serverExtras({ losses, memoryBytes, group }: Told) {
  return {
    ...(memoryBytes !== undefined && { memoryPerClientBytes: memoryBytes / group.clients }),
    ...(losses.evicted > 0 && { evictions: { count: losses.evicted, reasons: losses.reasons } }),
  };
}

function serverUse({ wakeUps: _, ...use }: Played['use']) {
  return use;
}

function seriesOf(server: Played['samples'][number] | undefined, slow: SlowSamples): Trial['series'] {
  if (!server) return undefined;
  const length = Math.min(server.rssBytes.length, slow.atMs.length);
  return {
    atMs: slow.atMs.slice(0, length),
    rssBytes: server.rssBytes.slice(0, length),
    longestBacklogBytes: server.longestBacklogBytes.slice(0, length),
    slowAgeMs: slow.ageMs.slice(0, length),
    slowInbox: slow.inbox.slice(0, length),
    connects: server.connects.slice(0, length),
  };
}

/** A timeline counted from the start of the window. */
export function timelineOf(handled: readonly Handled[], startMs: number, away: Absence): Timeline {
  const sinceStart = (atMs: number) => Math.round((atMs - startMs) * 10) / 10;
  return {
    atMs: handled.map(({ atMs }) => sinceStart(atMs)),
    dueMs: handled.map(({ dueMs }) => sinceStart(dueMs)),
    awayFromMs: away.atMs,
    awayUntilMs: away.atMs + away.durationMs,
  };
}
