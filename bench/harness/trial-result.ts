import { defaultLimits } from '../../servers/guards/limits.ts';
import { bookProblems, emptyBooks } from '../analysis/books.ts';
import { type Appearance, modelOfTrial } from '../analysis/on-schedule.ts';
import { trialWarnings } from '../analysis/warnings.ts';
import type { Absence, GroupPlan, TrialPlan } from '../experiment.ts';
import { idWordsOfKnobs, parametersOfKnobs } from '../knobs.ts';
import type { Delay, Shard, Timeline, Trace, Trial } from '../result.ts';
import type { AskedCounts, GroupReport, SlowSamples } from './group.ts';
import type { LoadMetered, PollSlots } from './load-generator.ts';
import type { ProcessUse } from './process-meter.ts';
import type { ServerLosses } from './server-count.ts';
import type { Played, ServerTrace } from './server-process.ts';
import type { Handled } from './simulated-client.ts';

/** All that the processes of a trial report of one group. */
export type GroupReports = {
  experiment: string;
  plan: TrialPlan;
  group: GroupPlan;
  /** Its place among the groups of the trial. */
  index: number;
  startMs: number;
  slots: PollSlots;
  played: Played;
  losses: ServerLosses;
  /** Of the process that its clients lived in. */
  metered: Metered;
  /** One way through the link, where there was one. */
  oneWay: Delay | undefined;
  report: GroupReport;
  /** What its server saw of its polls, in a trial that is traced. */
  trace: ServerTrace | undefined;
  /** What the connected clients took in the server, where that was measured. */
  memoryBytes: number | undefined;
  /** Server processes with one source at a broker, where there were any. */
  servers: number | undefined;
};

/** What a load generator says of a window: of itself, and of this group of its clients. */
export type Metered = Pick<LoadMetered, 'use' | 'besides'> & { samples: SlowSamples; asked: AskedCounts };

/** The metering of one group of a load generator. */
export function meteredOf({ samples, asked, ...load }: LoadMetered, group: number): Metered {
  return { ...load, samples: samples[group] as SlowSamples, asked: asked[group] as AskedCounts };
}

/** Puts together the reports of one group: its trial, with the delivery accounting. */
export function trialOf(reports: GroupReports): Trial {
  const { plan, group, index, startMs, played, losses, metered, oneWay, report } = reports;
  const count = played.counts[index] as Played['counts'][number];
  const messages = report.books;
  const fanOutSpanMs = spanOf(count.fanOuts);
  const model = modelOf(reports, fanOutSpanMs?.mean);
  const framed = frameOf(reports.experiment, plan, group);
  const trial: Trial = {
    ...framed,
    parameters: { ...framed.parameters, ...(reports.servers && { servers: reports.servers }) },
    ...statusOf(
      messages,
      report.gaps,
      report.lastFailure,
      keptTheirConnections(reports) ? losses.dropped : undefined,
    ),
    ...whatWasLost(report.shards, played.head),
    messages,
    delayMs: report.delay,
    delayHistogram: report.histogram,
    ...(model && { model }),
    ...(oneWay && { linkMs: oneWay }),
    ...(report.response.count > 0 && { responseMs: report.response }),
    ...(metered.besides && group.transport === 'short-poll' && { besides: metered.besides }),
    requests: { total: count.requests, empty: count.empty, missedSlots: metered.asked.missedSlots },
    bytes: count.bytes,
    server: { ...serverUse(played.use), ...serverExtras(reports), ...(fanOutSpanMs && { fanOutSpanMs }) },
    clients: {
      ...clientsUse(group.clients, metered.use),
      connectedMs: count.connectedMs,
      ...(plan.ownLoadGenerators && { wakeUps: metered.use.wakeUps }),
    },
    ...(report.shards && { shards: report.shards }),
    ...(report.cohorts.length > 0 && { cohorts: report.cohorts }),
    ...(report.returned && { returned: report.returned }),
    ...(report.handled && plan.away && { timeline: timelineOf(report.handled, startMs, plan.away) }),
    // A poll that failed on its way may be missing at the other end: nothing could be put together.
    ...(reports.trace && report.failures === 0 && { trace: traceOf(reports.trace, report, played, startMs) }),
    ...(plan.sampleEveryMs && { series: seriesOf(played.samples[index], metered.samples) }),
    appended: played.appended,
  };
  return { ...trial, warnings: trialWarnings(trial, report.failures, report.lastFailure) };
}

/** Whether every client was there all the time, on the connection that it had from the start. */
function keptTheirConnections({ plan, report }: GroupReports): boolean {
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
function modelOf(
  { plan, group, startMs, slots, played, oneWay }: GroupReports,
  fanOutSpanMs: number | undefined,
) {
  return modelOfTrial({
    transport: group.transport,
    clients: group.clients,
    intervalMs: group.intervalMs ?? 0,
    holdMs: group.server?.holdMs ?? defaultLimits.holdMs,
    messages: played.messages,
    durationMs: plan.durationMs,
    oneWayMs: oneWay?.mean ?? 0,
    phasesMs: slots.phasesMs.map((phaseMs) => slots.originMs + phaseMs - startMs),
    fanOutSpanMs,
  });
}

function spanOf({ count, sumMs, maxMs }: Played['counts'][number]['fanOuts']) {
  return count > 0 ? { count, mean: sumMs / count, max: maxMs } : undefined;
}

function serverExtras({ losses, memoryBytes, group }: GroupReports) {
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

/**
 * Puts together what both ends of the way have written down of one client. It asks one poll after the
 * other over one connection, so the n-th that it sent is the n-th that arrived.
 */
function traceOf(
  server: ServerTrace,
  { handled = [], polls = [] }: Pick<GroupReport, 'handled' | 'polls'>,
  { head, messages }: Pick<Played, 'head' | 'messages'>,
  startMs: number,
): Trace {
  const since = (instantMs: number) => toMicroseconds(instantMs - startMs);
  const sinceIfThere = (instantMs: number | undefined) =>
    instantMs === undefined ? undefined : since(instantMs);
  const firstSeq = head - messages.length + 1;
  return {
    messages: handled.map(({ seq, dueMs, atMs }) => ({
      seq,
      dueMs: since(dueMs),
      atMs: toMicroseconds((messages[seq - firstSeq] as Appearance).atMs),
      handledMs: since(atMs),
    })),
    polls: polls
      .map(({ askedMs, answeredMs, seqs }, place) => ({
        sentMs: since(askedMs),
        arrivedMs: sinceIfThere(server.polls[place]?.askedMs),
        answeredMs: sinceIfThere(server.polls[place]?.answeredMs),
        receivedMs: sinceIfThere(answeredMs),
        seqs,
        counted: place >= server.counted.from && place < server.counted.to,
      }))
      .filter(({ receivedMs = 0 }) => receivedMs >= 0),
  };
}

function toMicroseconds(timeMs: number): number {
  return Math.round(timeMs * 1000) / 1000;
}

/** The part of a trial that is known before it runs. */
export type Frame = Pick<
  Trial,
  | 'id'
  | 'experiment'
  | 'transport'
  | 'contract'
  | 'together'
  | 'parameters'
  | 'repeat'
  | 'durationMs'
  | 'warnings'
> &
  Partial<Pick<Trial, 'bytes' | 'server'>>;

/** Gives a trial its id and its parameters. */
export function frameOf(experiment: string, plan: TrialPlan, group: GroupPlan): Frame {
  const together = togetherOf(experiment, plan);
  return {
    id: plan.groups.length > 1 ? `${together}/${describeGroup(group)}` : together,
    experiment,
    transport: group.transport,
    contract: group.contract ?? 'every',
    together,
    parameters: parametersOf(plan, group),
    repeat: plan.repeat,
    durationMs: plan.durationMs,
    warnings: [],
  };
}

/** A trial that did not come to an end, of which only this is known. */
export function unfinishedTrial(known: Frame, status: 'failed' | 'interrupted', error: string): Trial {
  return {
    bytes: { toClients: 0, toServer: 0 },
    server: { cpuMs: 0, rssBytes: 0, eventLoopDelayP99Ms: null },
    ...known,
    status,
    error,
    messages: emptyBooks(),
    delayMs: { count: 0, mean: null, p50: null, p90: null, p99: null, max: null },
    requests: { total: 0, empty: 0, missedSlots: 0 },
    clients: { count: known.parameters.clients, cpuMs: 0, eventLoopDelayP99Ms: null },
    appended: 0,
  };
}

/** What the clients of a trial took. */
export function clientsUse(
  count: number,
  { cpuMs, eventLoopDelayP99Ms, loopBusyShare, cpuWaitMs }: ProcessUse,
) {
  return { count, cpuMs, eventLoopDelayP99Ms, loopBusyShare, cpuWaitMs };
}

/**
 * Whether the delivery accounting of a trial balances, and if not, why. `droppedByServer` is what the server counted itself, in a
 * trial in which every client kept its connection and so was told of all of it.
 */
export function statusOf(
  books: Trial['messages'],
  gaps: number,
  lastFailure: string | undefined,
  droppedByServer = books.dropped,
): Pick<Trial, 'status' | 'error'> {
  const problems = bookProblems(books, gaps);
  if (droppedByServer !== books.dropped)
    problems.push(`the server dropped ${droppedByServer} messages, the clients counted ${books.dropped}`);
  if (problems.length === 0) return { status: 'ok' };
  return { status: 'failed', error: [...problems, lastFailure].filter(Boolean).join('; ') };
}

function parametersOf(plan: TrialPlan, group: GroupPlan): Trial['parameters'] {
  const { kind, ratePerSecond, payloadBytes = 58 } = plan.schedule;
  const { transport, server = {}, slowClients } = group;
  return {
    clients: group.clients,
    ratePerSecond: plan.publish ? (group.clients * 1000) / plan.publish.everyMs : ratePerSecond,
    schedule: kind,
    payloadBytes,
    ...parametersOfKnobs(group, { transport, slowClients, isAway: plan.away !== undefined }),
    ...(transport === 'long-poll' && { holdMs: server.holdMs ?? defaultLimits.holdMs }),
    ...(plan.link && { oneWayMs: plan.link.oneWayMs, jitterMs: plan.link.jitterMs }),
    ...(slowClients && pushes(transport) && { policy: server.policy ?? 'disconnect' }),
    ...(server.limitBytes && { limitBytes: server.limitBytes }),
    ...(plan.overload && { overloadMs: plan.overload.durationMs }),
    ...(answersOverHttp(transport) && { framework: server.framework ?? 'express' }),
    ...(server.coalesce === false && { coalesce: false }),
    ...(plan.publish && { publishEveryMs: plan.publish.everyMs }),
    ...(plan.stall && { stallMs: plan.stall.durationMs }),
    ...(plan.outage && { outageMs: plan.outage.durationMs }),
    ...(plan.away && { awayMs: plan.away.durationMs }),
    ...(plan.logLimitMessages && { retentionMs: (plan.logLimitMessages * 1000) / ratePerSecond }),
    ...(plan.trace && { traced: true }),
  };
}

/** A plan in a few words, for the terminal. */
export function describeTrial({
  groups,
  schedule,
  link,
  publish,
  ownLoadGenerators,
  trace,
}: TrialPlan): string {
  const [only] = groups.length === 1 ? groups : [];
  const words = [
    only ? only.transport : 'all transports at the same time',
    only && `${only.clients} clients${only.intervalMs ? ` every ${only.intervalMs} ms` : ''}`,
    only?.server?.framework === 'http' && 'without a framework',
    ownLoadGenerators && 'one process per client',
    publish
      ? 'all publish'
      : `${Number(schedule.ratePerSecond.toPrecision(3))} messages/s (${schedule.kind})`,
    link && `one-way delay ${link.oneWayMs} ms`,
    trace && 'with a trace of each message',
  ];
  return words.filter(Boolean).join(', ');
}

function pushes(transport: GroupPlan['transport']): boolean {
  return transport === 'push' || transport === 'sse' || transport === 'tcp-push';
}

function answersOverHttp(transport: GroupPlan['transport']): boolean {
  return transport !== 'push' && transport !== 'tcp-push';
}

/** The messages and the distance of a run, in a few words: what all its groups share. */
function togetherOf(experiment: string, plan: TrialPlan): string {
  const { schedule, groups, link, publish, stall } = plan;
  const [only] = groups.length === 1 ? groups : [];
  const words = [
    experiment,
    plan.repeat,
    publish
      ? `published-every-${publish.everyMs}`
      : `${schedule.kind}-${Number(schedule.ratePerSecond.toPrecision(3))}`,
    link && `${link.oneWayMs}-ms-away`,
    stall && `stall-${stall.durationMs}`,
    plan.outage && `outage-${plan.outage.durationMs}`,
    plan.away && `away-${plan.away.durationMs}`,
    plan.logLimitMessages && `keeping-${plan.logLimitMessages}`,
    plan.trace && 'traced',
    only ? `${only.clients}-clients/${describeGroup(only)}` : 'together',
  ];
  return words.filter((word) => word !== undefined).join('/');
}

/** A group in a few words, by all that may tell it from its siblings. */
function describeGroup({ transport, server = {}, ...options }: GroupPlan): string {
  const words = [
    transport,
    transport === 'short-poll' && options.intervalMs,
    server.framework === 'http' && 'bare',
    server.policy,
    server.coalesce === false && 'uncoalesced',
    ...idWordsOfKnobs(options),
  ];
  return words.filter(Boolean).join('-');
}
