import { defaultLimits } from '../../servers/guards/limits.ts';
import { bookProblems, emptyBooks } from '../analysis/books.ts';
import type { GroupPlan, TrialPlan } from '../experiment.ts';
import type { Delay, Trial } from '../result.ts';

/** What is known about a trial before it runs: its id, its parameters, and the entries of one that never ended. */
export function frame(experiment: string, plan: TrialPlan, group: GroupPlan) {
  const together = togetherOf(experiment, plan);
  return {
    id: plan.groups.length > 1 ? `${together}/${describeGroup(group)}` : together,
    experiment,
    transport: group.transport,
    contract: group.contract ?? ('every' as const),
    together,
    parameters: parametersOf(plan, group),
    repeat: plan.repeat,
    durationMs: plan.durationMs,
    warnings: [] as Trial['warnings'],
  };
}

/** The entries of a trial that did not come to an end. */
export function unfinishedTrials(
  experiment: string,
  plan: TrialPlan,
  status: 'failed' | 'interrupted',
  error: string,
): Trial[] {
  const nothing: Delay = { count: 0, mean: null, p50: null, p90: null, p99: null, max: null };
  return plan.groups.map((group) => ({
    ...frame(experiment, plan, group),
    status,
    error,
    messages: emptyBooks(),
    delayMs: nothing,
    requests: { total: 0, empty: 0, missedSlots: 0 },
    bytes: { toClients: 0, toServer: 0 },
    server: { cpuMs: 0, rssBytes: 0, eventLoopDelayP99Ms: 0 },
    clients: { count: group.clients, cpuMs: 0, eventLoopDelayP99Ms: 0 },
    appended: 0,
  }));
}

/**
 * Whether a trial's books balance, and if not, why. `droppedByServer` is what the server counted itself, in a
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
  const { transport, server = {}, keepAlive, slowClients, handlingMs, slowBy = 'pause' } = group;
  return {
    clients: group.clients,
    ratePerSecond: plan.publish ? (group.clients * 1000) / plan.publish.everyMs : ratePerSecond,
    schedule: kind,
    payloadBytes,
    ...((transport === 'short-poll' || transport === 'notify') &&
      group.intervalMs && { intervalMs: group.intervalMs }),
    ...(transport === 'long-poll' && { holdMs: server.holdMs ?? defaultLimits.holdMs }),
    ...(plan.link && { oneWayMs: plan.link.oneWayMs, jitterMs: plan.link.jitterMs }),
    ...(slowClients && pushes(transport) && { policy: server.policy ?? 'disconnect' }),
    ...(server.limitBytes && { limitBytes: server.limitBytes }),
    ...(plan.overload && { overloadMs: plan.overload.durationMs }),
    ...(slowClients && { slowClients, handlingMs, slowBy }),
    ...(answersOverHttp(transport) && { framework: server.framework ?? 'express' }),
    ...(server.coalesce === false && { coalesce: false }),
    ...(keepAlive === false && { keepAlive }),
    ...(plan.publish && { publishEveryMs: plan.publish.everyMs }),
    ...(plan.stall && { stallMs: plan.stall.durationMs }),
    ...(plan.outage && { outageMs: plan.outage.durationMs }),
    ...(plan.away && { awayMs: plan.away.durationMs, replay: group.replay ?? true }),
    ...(plan.logLimitMessages && { retentionMs: (plan.logLimitMessages * 1000) / ratePerSecond }),
    ...(group.backoff && { backoff: group.backoff }),
    ...(group.inPhase && { inPhase: true }),
    ...(plan.trace && { traced: true }),
  };
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
function describeGroup({ transport, intervalMs, server = {}, ...group }: GroupPlan): string {
  const words = [
    transport,
    transport === 'short-poll' && intervalMs,
    server.framework === 'http' && 'bare',
    server.policy,
    group.slowClients && `${group.slowClients}-slow`,
    server.coalesce === false && 'uncoalesced',
    group.contract === 'latest' && 'latest',
    group.keepAlive === false && 'reconnecting',
    group.slowBy === 'sleep' && 'sleeping',
    group.replay === false && 'without-replay',
    group.backoff,
    group.inPhase && 'in-phase',
  ];
  return words.filter(Boolean).join('-');
}
