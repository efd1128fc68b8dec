import { throughPerSecond, windowOf, windowPerSecond } from '../analysis/broker-models.ts';
import { NotEnough } from '../analysis/findings.ts';
import {
  type Spread,
  significant,
  spread,
  whole,
  withRange,
  writeMedian,
  writeMs,
} from '../analysis/statistics.ts';
import type { BrokerTrialPlan, ConsumersPlan, Experiment } from '../experiment.ts';
import type { Trial } from '../result.ts';

const amqp = (prefetch: number): ConsumersPlan => ({ transport: 'amqp', clients: 1, prefetch });
const stomp: ConsumersPlan = { transport: 'stomp', clients: 1, prefetch: 10 };
const mqtt = (qos: 0 | 1): ConsumersPlan => ({ transport: 'mqtt', clients: 1, qos });
/** Four of them, spread over the interval, or the phase of one would decide. */
const gets = (intervalMs: number): ConsumersPlan => ({ transport: 'amqp-get', clients: 4, intervalMs });

const prefetches = [1, 10, 100];
const largestPrefetch = 100;
/** Without a prefetch a consumer holds more than so many times the largest one. */
const openTimes = 2;
/** A get is a short poll when its mean latency is this near to the model’s, as a share of the interval. */
const nearShare = 0.1;
/** Everybody who is sent messages. */
const sent = [...prefetches.map(amqp), amqp(0), stomp, mqtt(1), mqtt(0)];

const calmPerSecond = 40;
/** An overwhelmed consumer handles a hundred messages a second of four hundred. */
const overloadPerSecond = 400;
const handlingMs = 10;
/** Far enough away for a window to matter. */
const oneWayMs = 5;

const sizes = {
  quick: {
    repeats: 1,
    calmMs: 1200,
    overloadMs: 900,
    deathMs: 600,
    intervals: [200],
    windows: [amqp(1), amqp(10), amqp(0)],
  },
  default: {
    repeats: 1,
    calmMs: 2600,
    overloadMs: 1500,
    deathMs: 800,
    intervals: [50, 200],
    windows: [...sent, gets(50)],
  },
  full: {
    repeats: 5,
    calmMs: 4000,
    overloadMs: 2000,
    deathMs: 1000,
    intervals: [50, 200],
    windows: [...sent, gets(50)],
  },
};

export const broker: Experiment = {
  text: {
    id: 'broker',
    title: 'A message broker',
    claim: 'RabbitMQ uses push: its prefetch works like credit, and its get like a short poll',
    question: 'Does a message broker have the same trade-off between push and polling?',
    prediction: {
      choices: [
        {
          text: 'No: the broker keeps all messages that a slow consumer can’t handle.',
          why: 'The broker keeps only the messages that it has not sent yet. Without a prefetch it sends everything, and the consumer’s memory fills.',
        },
        {
          text: 'No: polling a queue is as good as consuming, since the queue holds everything.',
          why: 'One basic.get returns one message and takes a round trip, and every scheduled poll ends with an empty response.',
        },
        {
          text: 'Yes: pushed messages arrive at once, and a prefetch works like credit.',
          why: 'The prefetch limits how many messages may be unacknowledged. The other messages wait in the queue, which exists anyway.',
        },
        {
          text: 'Yes, and a prefetch of 1 is always best: no message waits in the wrong place.',
          why: 'That is one message per round trip. With a one-way delay of 5 ms it is 100 messages/s, however fast the consumer is.',
        },
      ],
      right: 2,
    },
    howToRead:
      'The first chart shows the latency of pushed and polled messages. The dashed marker is the model of a short poll. The second chart is about a consumer that handles a quarter of its messages. It shows the messages in the queue, and the unacknowledged messages in the consumer. The third chart shows messages per second over a round trip of 10 ms. The hollow marker is the prefetch per round trip. The last chart shows the messages that the broker sent again after the consumers died.',
    why: 'A broker pushes like any server, and has the same choice when a consumer is slow. The prefetch limits the unacknowledged messages of a consumer. If the consumer dies, the broker sends these messages again. Without a prefetch the broker’s queue stays empty, and the consumer’s memory fills instead. A get is a request, so the consumer controls the flow, and its interval decides the latency.',
    caveat:
      'One node on the same machine, with classic queues and messages that are not written to disk. The broker’s CPU is not measured. RabbitMQ allows ten unacknowledged messages with MQTT’s QoS 1. The library hands over one message at a time; the other nine wait in the socket and are not counted.',
  },

  rule: `Prefetch works like credit if two conditions are met in every run. No slow AMQP or STOMP consumer has more unacknowledged messages than its prefetch. Every slow AMQP consumer without a prefetch has more than ${whole(openTimes * largestPrefetch)} unacknowledged messages. A get works like a short poll if its mean latency differs from the model by at most ${100 * nearShare}% of the interval. The median run must meet this limit at each interval. The claim holds if both comparisons are true. It "depends" if only one comparison is true. Otherwise it does not hold.`,

  plan(profile) {
    const { repeats, calmMs, overloadMs, deathMs, intervals, windows } = sizes[profile];
    const trials: BrokerTrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      trials.push(
        {
          groups: [...sent, ...intervals.map(gets)],
          schedule: { kind: 'poisson', ratePerSecond: calmPerSecond },
          durationMs: calmMs,
          repeat,
        },
        {
          groups: [...sent, gets(50)],
          schedule: { kind: 'periodic', ratePerSecond: overloadPerSecond },
          durationMs: overloadMs,
          repeat,
          handlingMs,
          sampleEveryMs: 50,
          giveUp: true,
        },
        {
          groups: [...sent, gets(50)],
          schedule: { kind: 'periodic', ratePerSecond: overloadPerSecond / 2 },
          durationMs: deathMs,
          repeat,
          handlingMs,
          death: { atMs: deathMs / 2, durationMs: deathMs / 4 },
          giveUp: true,
        },
        ...windows.map((group) => burst({ ...group, clients: 1 }, repeat)),
      );
    }
    return { trials: [], broker: trials };
  },

  judge({ trials }) {
    const calm = trials.filter(isCalm);
    const overwhelmed = trials.filter(isOverwhelmed);
    const bounded = overwhelmed.filter(
      ({ parameters }) => (parameters.prefetch ?? 0) > 0 && parameters.prefetch,
    );
    const open = overwhelmed.filter(
      ({ transport, parameters }) => transport === 'amqp' && parameters.prefetch === 0,
    );
    const polled = calm.filter(({ transport }) => transport === 'amqp-get');
    if (bounded.length === 0 || open.length === 0 || polled.length === 0)
      throw new NotEnough('No usable trial with a prefetch, without a prefetch, or with gets');

    const isCredit =
      bounded.every((trial) => heldMax(trial) <= (trial.parameters.prefetch ?? 0)) &&
      open.every((trial) => heldMax(trial) > openTimes * largestPrefetch);
    const intervals = new Set(polled.map(({ parameters }) => parameters.intervalMs ?? 0));
    const isShortPoll = [...intervals].every((intervalMs) =>
      isAsLateAsModel(
        polled.filter(({ parameters }) => parameters.intervalMs === intervalMs),
        intervalMs,
      ),
    );
    return {
      verdict: isCredit && isShortPoll ? 'holds' : isCredit || isShortPoll ? 'depends' : 'does not hold',
      sentence: [
        bothSentence(overwhelmed, calm),
        latencySentence(calm),
        creditSentence(overwhelmed),
        windowSentence(trials.filter(({ parameters }) => parameters.schedule === 'burst')),
        deathSentence(trials.filter(({ parameters }) => parameters.awayMs !== undefined)),
      ]
        .filter(Boolean)
        .join(' '),
      evidence: trials.map(({ id }) => id),
      model:
        'latency of gets: T/2, with one empty get per interval; messages per second: prefetch ÷ round trip',
    };
  },
};

/** As many messages at once as take about a third of a second: a window lets so many through, or none bounds them. */
function burst(group: ConsumersPlan, repeat: number): BrokerTrialPlan {
  const durationMs = 300;
  const fits = (windowPerSecond(windowOf(group), oneWayMs) * durationMs) / 1000;
  const messages = Math.min(1000, Math.round(fits));
  return {
    groups: [group],
    schedule: { kind: 'burst', ratePerSecond: (messages * 1000) / durationMs, burstSize: messages },
    durationMs,
    repeat,
    oneWayMs,
  };
}

function isCalm({ parameters }: Trial): boolean {
  return parameters.schedule === 'poisson';
}

function isOverwhelmed({ parameters }: Trial): boolean {
  return parameters.handlingMs !== undefined && parameters.awayMs === undefined;
}

function heldMax({ consumed }: Trial): number {
  return consumed?.heldMax ?? 0;
}

/** Near to what the model gives for the very messages, in the median run. */
function isAsLateAsModel(runs: readonly Trial[], intervalMs: number): boolean {
  const off = spread(
    runs.map(({ delayMs, model }) =>
      delayMs.mean === null || model?.meanMs === undefined
        ? Number.POSITIVE_INFINITY
        : Math.abs(delayMs.mean - model.meanMs),
    ),
  );
  return off !== undefined && off.median <= nearShare * intervalMs;
}

/** The claim in one sentence: prefetch as credit, and gets as short polls. */
function bothSentence(overwhelmed: readonly Trial[], calm: readonly Trial[]): string {
  const [bounded, open] = [largestPrefetch, 0].map((prefetch) => heldWith(overwhelmed, prefetch));
  const { intervalMs, polled } = slowestGets(calm);
  const mean = spread(polled.map(({ delayMs }) => delayMs.mean));
  const model = spread(polled.map(({ model }) => model?.meanMs));
  return [
    `With a prefetch of ${largestPrefetch}, a slow consumer held ${bounded ? `at most ${whole(bounded.high)}` : 'an unknown number of'} messages, without a prefetch ${open ? withRange(open, whole) : 'an unknown number'}`,
    mean && model
      ? `; gets every ${writeMs(intervalMs)} took ${withRange(mean, writeMs)} (model: ${writeMedian(model, writeMs)}).`
      : '.',
  ].join('');
}

/** The most unacknowledged messages of slow AMQP consumers. */
function heldWith(overwhelmed: readonly Trial[], prefetch: number): Spread | undefined {
  return spread(withPrefetch(overwhelmed, prefetch).map(heldMax));
}

function withPrefetch(trials: readonly Trial[], prefetch: number): Trial[] {
  return trials.filter(
    ({ transport, parameters }) => transport === 'amqp' && parameters.prefetch === prefetch,
  );
}

function slowestGets(calm: readonly Trial[]): { intervalMs: number; polled: Trial[] } {
  const intervalMs = Math.max(...calm.map(({ parameters }) => parameters.intervalMs ?? 0));
  return { intervalMs, polled: calm.filter(({ parameters }) => parameters.intervalMs === intervalMs) };
}

function latencySentence(calm: readonly Trial[]): string {
  const medians = (['amqp', 'mqtt', 'stomp'] as const).flatMap((transport) => {
    const median = spread(
      calm.filter((trial) => trial.transport === transport).map(({ delayMs }) => delayMs.p50),
    );
    return median ? [`${writeMedian(median, writeMs)} with ${transport.toUpperCase()}`] : [];
  });
  const { intervalMs, polled } = slowestGets(calm);
  const empty = spread(polled.map(({ requests }) => (100 * requests.empty) / Math.max(1, requests.total)));
  return [
    medians.length > 0 ? `The median latency of a pushed message was ${medians.join(', ')}.` : '',
    empty
      ? `With one basic.get every ${writeMs(intervalMs)}, ${writeMedian(empty, significant)}% of the responses were empty.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function creditSentence(overwhelmed: readonly Trial[]): string {
  const queued = (prefetch: number) =>
    spread(withPrefetch(overwhelmed, prefetch).map(({ consumed }) => consumed?.queue?.ready.at(-1)));
  const held = prefetches.flatMap((prefetch) => {
    const most = heldWith(overwhelmed, prefetch);
    return most ? [`${whole(most.high)} with a prefetch of ${prefetch}`] : [];
  });
  const [limited, open] = [largestPrefetch, 0].map(queued);
  const share = significant((100 * 1000) / handlingMs / overloadPerSecond);
  return [
    `A consumer that handles ${share}% of its messages held at most ${held.join(', ')}.`,
    limited && open
      ? `In the end the queue had ${withRange(limited, whole)} messages with a prefetch of ${largestPrefetch}, and ${withRange(open, whole)} without a prefetch.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function windowSentence(bursts: readonly Trial[]): string {
  const through = (prefetch: number) => spread(withPrefetch(bursts, prefetch).map(throughPerSecond));
  const distanceMs = bursts[0]?.parameters.oneWayMs;
  const words = [1, 10].flatMap((prefetch) => {
    const found = through(prefetch);
    const model = distanceMs ? ` (model: ${whole(windowPerSecond(prefetch, distanceMs))})` : '';
    return found
      ? [`${writeMedian(found, significant)} messages/s with a prefetch of ${prefetch}${model}`]
      : [];
  });
  const open = through(0);
  if (words.length === 0) return '';
  if (open) words.push(`${writeMedian(open, significant)} messages/s without a prefetch`);
  return `${distanceMs ? `Over a round trip of ${writeMs(2 * distanceMs)}` : 'From this broker'}, a consumer received ${words.join(', ')}.`;
}

function deathSentence(deaths: readonly Trial[]): string {
  const redelivered = (prefetch: number) =>
    spread(withPrefetch(deaths, prefetch).map(({ consumed }) => consumed?.redelivered));
  const [limited, open] = [10, 0].map(redelivered);
  const lost = spread(
    deaths
      .filter(({ transport, parameters }) => transport === 'mqtt' && parameters.qos === 0)
      .map(({ messages }) => messages.missed),
  );
  if (!limited || !open) return '';
  return [
    `After a consumer died, the broker sent ${withRange(limited, whole)} messages again with a prefetch of 10, and ${withRange(open, whole)} without a prefetch.`,
    lost ? `MQTT with QoS 0 lost ${withRange(lost, whole)} messages.` : '',
  ]
    .filter(Boolean)
    .join(' ');
}
