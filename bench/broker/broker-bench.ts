import { randomUUID } from 'node:crypto';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Schedule } from '../../servers/source/schedule.ts';
import type { BrokerTrialPlan, ConsumersPlan } from '../experiment.ts';
import { Child } from '../harness/child.ts';
import type { ClientGroup, ConsumingPlace, GroupReport } from '../harness/group.ts';
import type { LinkHandlers } from '../harness/link-process.ts';
import type { LoadHandlers, PollSlots } from '../harness/load-generator.ts';
import { meteredOf } from '../harness/trial-result.ts';
import { optionsOf } from '../knobs.ts';
import type { Trial } from '../result.ts';
import { type BrokerAddresses, isOnThisMachine, protocolOf } from './addresses.ts';
import { brokerTrialOf, slowByOf } from './broker-trial.ts';
import type { PublisherHandlers } from './publisher-process.ts';

/** Time between the order to begin and the beginning: all processes have to have heard it. */
const leadMs = 90;

/**
 * A process that publishes to a broker, one that consumes from it, and the trials in them. The broker takes
 * the place of this lab's server; load generator, window and delivery accounting are those of every other trial.
 *
 *     declare queues → consumers subscribe → [ window: messages are published ] → drain → report → remove queues
 */
export class BrokerBench {
  readonly #addresses: BrokerAddresses;
  readonly #publisher = new Child<PublisherHandlers>('../broker/publisher-process.ts');
  readonly #load = new Child<LoadHandlers>('./load-generator.ts');
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
    const slots: PollSlots[] = [];
    for (const [index, group] of plan.groups.entries()) {
      const url = addresses[protocolOf(group.transport)];
      const { names } = queues[index] as Queues;
      const consuming = { url, topic, queues: names, prefetch: group.prefetch, qos: group.qos };
      slots.push(await this.#load.call('connect', clientGroup(plan, group, consuming, schedule.seed ?? 0)));
    }

    const startMs = nowMs() + leadMs;
    const sampled = queues.map(({ declared, made }) => [...declared, ...made]);
    const [published, metered] = await this.#window(plan, schedule, startMs, sampled);
    const limitMs = 10_000;
    const reports = await this.#load.call(
      'finish',
      { head: published.head, limitMs, giveUp: plan.giveUp ?? false },
      limitMs + 30_000,
    );
    await this.#load.call('disconnect', undefined);
    await this.#link?.call('close', undefined);
    await this.#publisher.call('close', undefined);

    return plan.groups.map((group, index) =>
      brokerTrialOf({
        experiment,
        plan,
        group,
        index,
        startMs,
        slots: slots[index] as PollSlots,
        published,
        metered: meteredOf(metered, index),
        report: reports[index] as GroupReport,
      }),
    );
  }

  /** Ends all processes at once. What they left in the broker, it removes by itself after some minutes. */
  kill(): void {
    this.#publisher.kill();
    this.#load.kill();
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
    const { durationMs, sampleEveryMs = 0, death } = plan;
    const limitMs = durationMs + 60_000;
    return Promise.all([
      this.#publisher.call('play', { schedule, startMs, sampleEveryMs, sampled }, limitMs),
      this.#load.call(
        'meter',
        {
          startMs,
          endMs: startMs + durationMs,
          sampleEveryMs,
          quiet: false,
          ...(death && { away: { ...death, dies: true } }),
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

function clientGroup(
  { handlingMs = 0 }: BrokerTrialPlan,
  group: ConsumersPlan,
  consuming: ConsumingPlace,
  seed: number,
): ClientGroup {
  const { transport, clients, intervalMs } = group;
  const slowClients = handlingMs > 0 ? clients : 0;
  const options = optionsOf({ intervalMs, slowClients, handlingMs, slowBy: slowByOf(group) });
  return { transport, port: 0, consuming, clients, options, traced: false, seed };
}
