import { getsOnSchedule } from '../analysis/models.ts';
import { trialWarnings } from '../analysis/warnings.ts';
import type { BrokerTrialPlan, ConsumersPlan } from '../experiment.ts';
import type { GroupReport } from '../harness/group.ts';
import type { PollSlots } from '../harness/load-generator.ts';
import { clientsUse, type Frame, type Metered, statusOf, timelineOf } from '../harness/trial-result.ts';
import type { Consumed, Model, Trial } from '../result.ts';
import type { Published } from './publisher-process.ts';

/** All that is told of one group of consumers, by whom. */
export type ConsumersTold = {
  experiment: string;
  plan: BrokerTrialPlan;
  group: ConsumersPlan;
  /** Its place among the groups of the trial. */
  index: number;
  startMs: number;
  slots: PollSlots;
  published: Published;
  metered: Metered;
  report: GroupReport;
};

/** Puts together what the processes of a trial at a broker have to say of one group. */
export function brokerTrialOf(told: ConsumersTold): Trial {
  const { plan, group, startMs, published, metered, report } = told;
  const { requests, empty, missedSlots } = metered.asked;
  // Where nothing is acknowledged, what a connection takes with it is lost. Nobody else can tell how much that was.
  const { expected, delivered, backlogAtEnd } = report.books;
  const isLossy = group.qos === 0 && plan.death !== undefined;
  const messages = { ...report.books, ...(isLossy && { missed: expected - delivered - backlogAtEnd }) };
  const model = modelOf(told);
  const trial: Trial = {
    ...brokerFrameOf(told.experiment, plan, group),
    // At least once: a message that comes again is a finding here, and no failure.
    ...statusOf({ ...messages, duplicated: 0 }, isLossy ? messages.missed : report.gaps, report.lastFailure),
    messages,
    delayMs: report.delay,
    delayHistogram: report.histogram,
    ...(model && { model }),
    requests: { total: requests, empty, missedSlots },
    clients: clientsUse(group.clients, metered.use),
    consumed: consumedOf(told),
    ...(report.returned && { returned: report.returned }),
    ...(report.handled && plan.death && { timeline: timelineOf(report.handled, startMs, plan.death) }),
    appended: published.messages.length,
  };
  return { ...trial, warnings: trialWarnings(trial, report.failures, report.lastFailure) };
}

/** Gives a trial its id and its parameters. The broker's bytes and CPU are unknown. */
export function brokerFrameOf(
  experiment: string,
  plan: BrokerTrialPlan,
  group: ConsumersPlan,
): Frame & Required<Pick<Frame, 'bytes' | 'server'>> {
  const { schedule, repeat, durationMs, handlingMs, death, oneWayMs, groups } = plan;
  const { kind, ratePerSecond, payloadBytes = 58 } = schedule;
  const { clients, intervalMs, prefetch = 0, qos = 1, transport } = group;
  const together = [
    experiment,
    repeat,
    `${kind}-${Number(ratePerSecond.toPrecision(3))}`,
    ...(handlingMs ? [`handling-${handlingMs}`] : []),
    ...(death ? [`death-${death.durationMs}`] : []),
    ...(oneWayMs ? [`${oneWayMs}-ms-away`] : []),
    ...(groups.length > 1 ? ['together'] : []),
  ].join('/');
  return {
    id: `${together}/${nameOf(group)}`,
    experiment,
    transport,
    contract: 'every',
    together: groups.length > 1 ? together : `${together}/${nameOf(group)}`,
    parameters: {
      clients,
      ratePerSecond,
      schedule: kind,
      payloadBytes,
      ...(transport === 'amqp-get' && { intervalMs }),
      ...((transport === 'amqp' || transport === 'stomp') && { prefetch }),
      ...(transport === 'mqtt' && { qos }),
      ...(handlingMs && { slowClients: clients, handlingMs, slowBy: slowByOf(group) }),
      ...(death && { awayMs: death.durationMs }),
      ...(oneWayMs && { oneWayMs }),
    },
    repeat,
    durationMs,
    bytes: { toClients: 0, toServer: 0 },
    server: { cpuMs: 0, rssBytes: 0, eventLoopDelayP99Ms: null },
    warnings: [],
  };
}

/** A consumer that is sent messages reads them all, unless a window bounds them; one that asks just doesn't ask. */
export function slowByOf({ transport }: ConsumersPlan): 'pause' | 'sleep' {
  return transport === 'amqp-get' ? 'pause' : 'sleep';
}

/** A group in a few words, by all that may tell it from its siblings. */
export function nameOf({ transport, intervalMs, prefetch = 0, qos = 1 }: ConsumersPlan): string {
  if (transport === 'amqp-get') return `amqp-get-${intervalMs}`;
  if (transport === 'mqtt') return `mqtt-qos-${qos}`;
  return `${transport}-${prefetch === 0 ? 'unlimited' : `prefetch-${prefetch}`}`;
}

/** A plan in a few words, for the terminal. */
export function describeBrokerTrial({
  groups,
  schedule,
  handlingMs,
  death,
  oneWayMs,
}: BrokerTrialPlan): string {
  const [only] = groups.length === 1 ? groups : [];
  const words = [
    only ? nameOf(only) : 'all consumers at the same time',
    schedule.kind === 'burst'
      ? `${schedule.burstSize} messages at once`
      : `${Number(schedule.ratePerSecond.toPrecision(3))} messages/s (${schedule.kind})`,
    handlingMs && `${handlingMs} ms to handle each`,
    death && 'consumers that die',
    oneWayMs && `one-way delay ${oneWayMs} ms`,
  ];
  return words.filter(Boolean).join(', ');
}

/** Only gets have a model that is run on what occurred: whoever is sent messages has them after one transit. */
function modelOf({ plan, group, startMs, slots, published }: ConsumersTold): Model | undefined {
  if (group.transport !== 'amqp-get' || !group.intervalMs || published.messages.length === 0)
    return undefined;
  const { oneWayMs = 0, durationMs } = plan;
  return getsOnSchedule(
    { messages: published.messages, oneWayMs, durationMs },
    slots.phasesMs.map((phaseMs) => slots.originMs + phaseMs - startMs),
    group.intervalMs,
  );
}

function consumedOf({ plan, index, published, metered, report }: ConsumersTold): Consumed {
  const { redelivered, heldMax } = report;
  if (!plan.sampleEveryMs) return { redelivered, heldMax };
  const ready = published.ready[index] ?? [];
  const { held } = metered.samples;
  const length = Math.min(ready.length, held.length);
  const atMs = published.atMs.slice(0, length).map((ms) => Math.round(ms * 10) / 10);
  return {
    redelivered,
    heldMax,
    queue: { atMs, ready: ready.slice(0, length), held: held.slice(0, length) },
  };
}
