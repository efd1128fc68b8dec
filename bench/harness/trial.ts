import { transportNames } from '../../clients/transports.ts';
import { nowMs } from '../../servers/clock.ts';
import { dueTimesMs, type Schedule } from '../../servers/source/schedule.ts';
import { bookProblems, emptyBooks } from '../analysis/books.ts';
import { shortPollMeanOnScheduleMs } from '../analysis/models.ts';
import { trialWarnings } from '../analysis/warnings.ts';
import type { CapacityPlan, GroupPlan, TrialPlan } from '../experiment.ts';
import type { Capacity, Trial } from '../result.ts';
import { Child } from './child.ts';
import type { FleetHandlers, FleetReport } from './fleet-process.ts';
import type { ServerHandlers } from './server-process.ts';

/** Time between the order to begin and the beginning: both processes have to have heard it. */
const leadMs = 120;

/** Where in the interval the polls of a group stand, and from which instant it counts. */
type Phases = { originMs: number; phasesMs: number[] };

/**
 * A server process and a fleet process, and the trials that run in them.
 *
 *     open servers → connect clients → [ window: messages are due, everything is metered ] → drain → report
 *
 * This process touches no message; it only tells the two when to begin.
 */
export class Bench {
  readonly #server = new Child<ServerHandlers>('./server-process.ts');
  readonly #fleet = new Child<FleetHandlers>('./fleet-process.ts');

  /** Lets the code run once before anything is measured, so that no trial pays for compiling it. */
  async warmUp(): Promise<void> {
    await this.run('warm-up', {
      groups: transportNames.map((transport) => ({ transport, clients: 5, intervalMs: 20 })),
      schedule: { kind: 'periodic', ratePerSecond: 500 },
      durationMs: 250,
      repeat: 1,
    });
  }

  /** Runs one trial. One entry per group; they differ in `transport` and share `together`. */
  async run(experiment: string, plan: TrialPlan, seed = 0): Promise<Trial[]> {
    const schedule: Schedule = { ...plan.schedule, durationMs: plan.durationMs, seed: seed + plan.repeat };
    const memoryBefore = plan.measureMemory ? await this.#server.call('memory', undefined) : 0;
    const ports = await this.#server.call(
      'open',
      plan.groups.map(({ transport, server = {} }) => ({ transport, options: server })),
    );
    const phases: Phases[] = [];
    for (const [index, group] of plan.groups.entries()) {
      phases.push(
        await this.#fleet.call('connect', fleetGroup(group, ports[index] as number, schedule.seed ?? 0)),
      );
    }
    const memoryAfter = plan.measureMemory ? await this.#server.call('memory', undefined) : 0;

    const startMs = nowMs() + leadMs;
    const sampleEveryMs = plan.sampleEveryMs ?? 0;
    const limitMs = plan.durationMs + 60_000;
    const window = { startMs, endMs: startMs + plan.durationMs, sampleEveryMs };
    const [played, metered] = await Promise.all([
      this.#server.call('play', { schedule, startMs, sampleEveryMs }, limitMs),
      this.#fleet.call('meter', window, limitMs),
    ]);
    const longestIntervalMs = Math.max(0, ...plan.groups.map((group) => group.intervalMs ?? 0));
    const reports = await this.#fleet.call('finish', {
      head: played.head,
      limitMs: 10_000 + 2 * longestIntervalMs,
      giveUp: plan.giveUp ?? false,
    });
    await this.#fleet.call('disconnect', undefined);
    await this.#server.call('close', undefined);

    const together = `${experiment}/${plan.repeat}/${describe(plan)}`;
    return plan.groups.map((group, index): Trial => {
      const report = reports[index] as FleetReport;
      const count = played.counts[index] as (typeof played.counts)[number];
      const series = sampleEveryMs > 0 ? seriesOf(played.samples[index], metered.samples[index]) : undefined;
      const phase = phases[index] as Phases;
      const problems = bookProblems(report.books, report.gaps);
      const trial: Trial = {
        ...frame(experiment, plan, group, together),
        status: problems.length === 0 ? 'ok' : 'failed',
        ...(problems.length > 0 && { error: [...problems, report.lastFailure].filter(Boolean).join('; ') }),
        messages: report.books,
        delayMs: report.delay,
        delayHistogram: report.histogram,
        modelMeanMs: modelMeanMs(group, schedule, startMs, phase),
        requests: {
          total: count.requests,
          empty: count.empty,
          missedSlots: metered.missedSlots[index] ?? 0,
        },
        bytes: count.bytes,
        server: {
          ...played.use,
          ...(plan.measureMemory && {
            memoryPerClientBytes: Math.max(0, (memoryAfter - memoryBefore) / group.clients),
          }),
          ...(count.fanOuts.count > 0 && {
            fanOutSpanMs: {
              count: count.fanOuts.count,
              mean: count.fanOuts.sumMs / count.fanOuts.count,
              max: count.fanOuts.maxMs,
            },
          }),
        },
        clients: {
          count: group.clients,
          cpuMs: metered.use.cpuMs,
          eventLoopDelayP99Ms: metered.use.eventLoopDelayP99Ms,
          loopBusyShare: metered.use.loopBusyShare,
        },
        ...(report.cohorts.length > 0 && { cohorts: report.cohorts }),
        ...(series && { series }),
        appended: played.appended,
      };
      return { ...trial, warnings: trialWarnings(trial, report.failures, report.lastFailure) };
    });
  }

  /** Measures how many polls per second the short-poll server answers when it is asked as fast as it can. */
  async capacity(experiment: string, plan: CapacityPlan): Promise<Capacity> {
    const [port] = await this.#server.call('open', [{ transport: 'short-poll', options: {} }]);
    const url = `http://127.0.0.1:${port}/messages`;
    const measured = await this.#fleet.call('capacity', { url, ...plan }, plan.durationMs + 30_000);
    await this.#server.call('close', undefined);
    return { experiment, transport: 'short-poll', connections: plan.connections, ...measured };
  }

  /** Ends both processes at once. */
  kill(): void {
    this.#server.kill();
    this.#fleet.kill();
  }
}

/** The entries of a trial that did not come to an end. */
export function unfinishedTrials(
  experiment: string,
  plan: TrialPlan,
  status: 'failed' | 'interrupted',
  error: string,
): Trial[] {
  const together = `${experiment}/${plan.repeat}/${describe(plan)}`;
  const nothing = { count: 0, mean: null, p50: null, p90: null, p99: null, max: null };
  return plan.groups.map((group) => ({
    ...frame(experiment, plan, group, together),
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

/** What is known about a trial before it runs. */
function frame(experiment: string, plan: TrialPlan, group: GroupPlan, together: string) {
  const { kind, ratePerSecond, payloadBytes = 58 } = plan.schedule;
  const holdMs = group.transport === 'long-poll' ? (group.server?.holdMs ?? 25_000) : undefined;
  return {
    id: plan.groups.length > 1 ? `${together}/${describeGroup(group)}` : together,
    experiment,
    transport: group.transport,
    contract: 'every' as const,
    together,
    parameters: {
      clients: group.clients,
      ratePerSecond,
      schedule: kind,
      payloadBytes,
      ...(group.transport === 'short-poll' && { intervalMs: group.intervalMs }),
      ...(holdMs !== undefined && { holdMs }),
      ...(plan.policy && { policy: plan.policy }),
      ...(group.slowClients && { slowClients: group.slowClients, handlingMs: group.handlingMs }),
    },
    repeat: plan.repeat,
    durationMs: plan.durationMs,
    warnings: [] as Trial['warnings'],
  };
}

function fleetGroup(group: GroupPlan, port: number, seed: number) {
  const { transport, clients, slowClients = 0, handlingMs = 0, intervalMs = 0 } = group;
  return { transport, port, clients, slowClients, handlingMs, intervalMs, seed };
}

/** The messages of a run, in a few words: part of an id. */
function describe({ schedule, groups }: TrialPlan): string {
  const messages = `${schedule.kind}-${schedule.ratePerSecond}`;
  const [only] = groups.length === 1 ? groups : [];
  return only ? `${messages}/${only.clients}-clients/${describeGroup(only)}` : `${messages}/together`;
}

function describeGroup({ transport, intervalMs }: GroupPlan): string {
  return transport === 'short-poll' ? `${transport}-${intervalMs}` : transport;
}

/** The model of a short poll, run on the instants at which this trial's messages were due. */
function modelMeanMs(
  { transport, intervalMs = 0 }: GroupPlan,
  schedule: Schedule,
  startMs: number,
  { originMs, phasesMs }: Phases,
): number | undefined {
  if (transport !== 'short-poll') return undefined;
  const due = dueTimesMs(schedule).map((atMs) => startMs + atMs - originMs);
  return shortPollMeanOnScheduleMs(due, phasesMs, intervalMs, 0);
}

function seriesOf(
  server: { rssBytes: number[]; longestBacklogBytes: number[] } | undefined,
  slow: { atMs: number[]; ageMs: (number | null)[]; inbox: (number | null)[] } | undefined,
): Trial['series'] {
  if (!server || !slow) return undefined;
  const length = Math.min(server.rssBytes.length, slow.atMs.length);
  return {
    atMs: slow.atMs.slice(0, length),
    rssBytes: server.rssBytes.slice(0, length),
    longestBacklogBytes: server.longestBacklogBytes.slice(0, length),
    slowAgeMs: slow.ageMs.slice(0, length),
    slowInbox: slow.inbox.slice(0, length),
  };
}
