import { randomUUID } from 'node:crypto';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Schedule } from '../../servers/source/schedule.ts';
import type { BrokerTrialPlan, ConsumersPlan } from '../experiment.ts';
import { Child } from '../harness/child.ts';
import type { FleetHandlers, FleetMetered } from '../harness/fleet-process.ts';
import type { ConsumingPlace, FleetReport } from '../harness/group.ts';
import type { LinkHandlers } from '../harness/link-process.ts';
import type { Phases } from '../harness/trial-result.ts';
import type { Trial } from '../result.ts';
import { type BrokerAddresses, isOnThisMachine, protocolOf } from './addresses.ts';
import { brokerTrialOf, slowByOf } from './broker-trial.ts';
import type { PublisherHandlers } from './publisher-process.ts';

/** Time between the order to begin and the beginning: all processes have to have heard it. */
const leadMs = 90;

/**
 * A process that publishes to a broker, one that consumes from it, and the trials in them. The broker takes
 * the place of this lab's server; fleet, window and books are those of every other trial.
 *
 *     declare queues → consumers subscribe → [ window: messages are published ] → drain → report → remove queues
 */
export class BrokerBench {
  readonly #addresses: BrokerAddresses;
  readonly #publisher = new Child<PublisherHandlers>('../broker/publisher-process.ts');
  readonly #fleet = new Child<FleetHandlers>('./fleet-process.ts');
  #link: Child<LinkHandlers> | undefined;

  constructor(addresses: BrokerAddresses) {
    this.#addresses = addresses;
  }

  /** Lets the code run once before anything is measured, here and in the broker. */
  async warmUp(): Promise<void> {
    const groups: ConsumersPlan[] = [
      { transport: 'amqp', clients: 1, prefetch: 10 },
      { transport: 'amqp-get', clients: 1, intervalMs: 20 },
      { transport: 'mqtt', clients: 1 },
      { transport: 'stomp', clients: 1 },
    ];
    const schedule = { kind: 'periodic' as const, ratePerSecond: 500 };
    await this.run('warm-up', { groups, schedule, durationMs: 400, repeat: 1 });
  }

  /** Runs one trial: an entry per group, all of the same messages. Rejects when the broker is lost. */
  async run(experiment: string, wanted: BrokerTrialPlan, seed = 0): Promise<Trial[]> {
    const isNear = isOnThisMachine(this.#addresses);
    const plan = isNear ? wanted : { ...wanted, oneWayMs: undefined };
    const schedule: Schedule = { ...plan.schedule, durationMs: plan.durationMs, seed: seed + plan.repeat };
    const topic = `lab-${randomUUID()}`;
    const queues = plan.groups.map((group, index) => queuesOf(group, `${topic}-${index}`));
    await this.#publisher.call('open', {
      url: this.#addresses.amqp,
      topic,
      queues: queues.flatMap(({ declared }) => declared),
      leftovers: queues.flatMap(({ made }) => made),
    });
    const addresses = await this.#distant(plan);
    const phases: Phases[] = [];
    for (const [index, group] of plan.groups.entries()) {
      const url = addresses[protocolOf(group.transport)];
      const { names } = queues[index] as Queues;
      const consuming = { url, topic, queues: names, prefetch: group.prefetch, qos: group.qos };
      phases.push(await this.#fleet.call('connect', fleetGroup(plan, group, consuming, schedule.seed ?? 0)));
    }

    const startMs = nowMs() + leadMs;
    const sampled = queues.map(({ declared, made }) => [...declared, ...made]);
    const [published, metered] = await this.#window(plan, schedule, startMs, sampled);
    const limitMs = 10_000;
    const reports = await this.#fleet.call(
      'finish',
      { head: published.head, limitMs, giveUp: plan.giveUp ?? false },
      limitMs + 30_000,
    );
    await this.#fleet.call('disconnect', undefined);
    await this.#link?.call('close', undefined);
    await this.#publisher.call('close', undefined);

    const { samples, missedSlots, asked, ...use } = metered;
    return plan.groups.map((group, index) =>
      brokerTrialOf({
        experiment,
        plan,
        group,
        index,
        startMs,
        phases: phases[index] as Phases,
        published,
        metered: {
          ...use,
          samples: samples[index] as FleetMetered['samples'][number],
          missedSlots: missedSlots[index] ?? 0,
        },
        asked: asked[index] as FleetMetered['asked'][number],
        report: reports[index] as FleetReport,
      }),
    );
  }

  /** Ends all processes at once. What they left in the broker, it removes by itself after some minutes. */
  kill(): void {
    this.#publisher.kill();
    this.#fleet.kill();
    this.#link?.kill();
  }

  /** The addresses at the near end of a link, where the plan puts distance before the broker. */
  async #distant({ oneWayMs }: BrokerTrialPlan): Promise<BrokerAddresses> {
    if (!oneWayMs) return this.#addresses;
    this.#link ??= new Child<LinkHandlers>('./link-process.ts');
    const { amqp, mqtt, stomp } = this.#addresses;
    const near = await this.#link.call('openUrls', { urls: [amqp, mqtt, stomp], oneWayMs });
    const [nearAmqp, nearMqtt, nearStomp] = near as [string, string, string];
    return { amqp: nearAmqp, mqtt: nearMqtt, stomp: nearStomp };
  }

  #window(plan: BrokerTrialPlan, schedule: Schedule, startMs: number, sampled: string[][]) {
    const { durationMs, sampleEveryMs = 0, death, groups } = plan;
    const limitMs = durationMs + 60_000;
    return Promise.all([
      this.#publisher.call('play', { schedule, startMs, sampleEveryMs, sampled }, limitMs),
      this.#fleet.call(
        'meter',
        {
          startMs,
          endMs: startMs + durationMs,
          sampleEveryMs,
          quiet: false,
          ...(death && { away: { ...death, replays: groups.map(() => true), dies: true } }),
        },
        limitMs,
      ),
    ]);
  }
}

/** The queues of a group: by which names its consumers know them, and who makes them. */
type Queues = { names: string[]; declared: string[]; made: string[] };

/** One queue per consumer. MQTT gives its session a name, and RabbitMQ makes the queue of that. */
function queuesOf({ transport, clients, qos = 1 }: ConsumersPlan, prefix: string): Queues {
  const names = Array.from({ length: clients }, (_, index) => `${prefix}-${index}`);
  if (transport !== 'mqtt') return { names, declared: names, made: [] };
  return { names, declared: [], made: names.map((name) => `mqtt-subscription-${name}qos${qos}`) };
}

function fleetGroup(plan: BrokerTrialPlan, group: ConsumersPlan, consuming: ConsumingPlace, seed: number) {
  const { transport, clients, intervalMs = 0 } = group;
  const { handlingMs = 0 } = plan;
  return {
    transport,
    port: 0,
    consuming,
    clients,
    slowClients: handlingMs > 0 ? clients : 0,
    handlingMs,
    slowBy: slowByOf(group),
    contract: 'every' as const,
    keepAlive: true,
    intervalMs,
    credit: undefined,
    backoff: 'jittered' as const,
    inPhase: false,
    traced: false,
    seed,
  };
}
