import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { nowMs } from '../../servers/meter/clock.ts';
import { playSchedule } from '../../servers/source/player.ts';
import type { Schedule } from '../../servers/source/schedule.ts';
import type { Appearance } from '../analysis/on-schedule.ts';
import { type Handlers, serveCalls } from '../harness/child.ts';
import { until } from '../harness/process-meter.ts';

/**
 * Who publishes to the broker in a trial, and looks into its queues: a process of its own, as the server's is.
 * It gives each message its `seq`, and hears from the broker that it has taken it.
 */

/** Where a trial's messages go, and what there is to make and to remove for it. */
export type PublishingPlace = {
  url: string;
  topic: string;
  /** Queues to declare, and to bind to the topic. */
  queues: string[];
  /** Queues that the broker makes by itself, and that are not to stay either. */
  leftovers: string[];
};

/** The window of a trial. `sampled` are the queues of each group. */
export type PublishingWindow = {
  schedule: Schedule;
  startMs: number;
  sampleEveryMs: number;
  sampled: string[][];
};

/** What was published and seen. `ready` has the messages that waited in the queues of each group. */
export type Published = { head: number; messages: Appearance[]; atMs: number[]; ready: number[][] };

/** RabbitMQ's own exchange for topics. MQTT knows no other. */
const exchange = 'amq.topic';

/** How long RabbitMQ keeps the queues of a trial that was broken off. */
const unusedQueueMs = 5 * 60_000;

let place: PublishingPlace | undefined;
let model: ChannelModel | undefined;
let writer: ConfirmChannel;
let looker: Awaited<ReturnType<ChannelModel['createChannel']>>;
/** Rejects when the broker is gone or takes nothing more. */
let lost: Promise<never>;

/** Connects, if it isn't connected, and declares the queues of a trial. */
async function open(wanted: PublishingPlace): Promise<void> {
  place = wanted;
  if (!model) await connectTo(wanted.url);
  for (const queue of wanted.queues) {
    await looker.assertQueue(queue, { durable: false, expires: unusedQueueMs });
    await looker.bindQueue(queue, exchange, wanted.topic);
  }
}

async function connectTo(url: string): Promise<void> {
  const opened = await connect(url, { noDelay: true, timeout: 5000 });
  lost = new Promise((_, reject) => {
    opened.on('error', reject);
    opened.on('close', (error) => reject(error ?? new Error('the broker closed the connection')));
    opened.on('blocked', (reason) => reject(new Error(`the broker blocks publishers: ${reason}`)));
  });
  lost.catch(() => {});
  writer = await opened.createConfirmChannel();
  looker = await opened.createChannel();
  for (const channel of [writer, looker]) channel.on('error', () => {});
  model = opened;
}

/** Plays the schedule from `startMs` on. Rejects when the broker is lost, or refuses a message. */
async function play({ schedule, startMs, sampleEveryMs, sampled }: PublishingWindow): Promise<Published> {
  const { topic } = place as PublishingPlace;
  const published: Published = { head: 0, messages: [], atMs: [], ready: sampled.map(() => []) };
  const playing = playSchedule(schedule, startMs, (body, dueMs) => {
    published.head += 1;
    published.messages.push({ dueMs: dueMs - startMs, atMs: nowMs() - startMs });
    const message = { seq: published.head, dueMs: Math.round(dueMs * 1000) / 1000, body };
    writer.publish(exchange, topic, Buffer.from(JSON.stringify(message)));
  });
  try {
    const looking = sampleEveryMs > 0 ? lookEvery(sampleEveryMs) : undefined;
    await Promise.race([lost, Promise.all([playing.ended, looking])]);
    await Promise.race([lost, writer.waitForConfirms()]);
    return published;
  } finally {
    playing.stop();
  }

  async function lookEvery(everyMs: number): Promise<void> {
    for (let atMs = everyMs; atMs < schedule.durationMs; atMs += everyMs) {
      await until(startMs + atMs);
      const counts = await Promise.all(sampled.map(readyIn));
      published.atMs.push(nowMs() - startMs);
      for (const [index, count] of counts.entries()) published.ready[index]?.push(count);
    }
  }
}

/** Messages that are ready in these queues: neither sent to anybody nor acknowledged. */
async function readyIn(queues: readonly string[]): Promise<number> {
  const found = await Promise.all(queues.map((queue) => looker.checkQueue(queue)));
  return found.reduce((sum, { messageCount }) => sum + messageCount, 0);
}

/** Removes the queues of the trial. */
async function close(): Promise<void> {
  const { queues = [], leftovers = [] } = place ?? {};
  for (const queue of [...queues, ...leftovers]) await looker.deleteQueue(queue);
  place = undefined;
}

const handlers = { open, play, close } satisfies Handlers;

export type PublisherHandlers = typeof handlers;

serveCalls(handlers);
