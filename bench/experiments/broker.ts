import { type Figures, figuresOf, lanesBy, lanesOf, NotEnough, type Quantity } from '../analysis/figures.ts';
import { throughPerSecond, windowOf, windowPerSecond } from '../analysis/models.ts';
import { significant, whole, withRange, writeMedian, writeMs, writePercent } from '../analysis/statistics.ts';
import { counted } from '../analysis/writing.ts';
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
    claim: 'RabbitMQ pushes: its prefetch works like credit-based flow control, its get like a short poll',
    question: 'Does a message broker have the same trade-off between push and polling?',
    prediction: {
      choices: [
        {
          text: 'No: the broker keeps all messages that a slow consumer can’t handle.',
          why: 'The broker keeps only the messages that it has not sent yet. Without a prefetch, the broker sends all messages, and the consumer’s memory fills.',
        },
        {
          text: 'No: polling a queue is as good as consuming, since the queue keeps every message.',
          why: 'Each basic.get returns one message and takes a round trip. Each scheduled poll ends with an empty response.',
        },
        {
          text: 'Yes: pushed messages arrive at once, and the prefetch controls the flow.',
          why: 'The prefetch limits how many messages may be unacknowledged. All other messages wait in the queue.',
        },
        {
          text: 'Yes, and a prefetch of 1 is always best: no message waits in the consumer.',
          why: 'A prefetch of 1 allows one message per round trip. With a one-way delay of 5 ms, that limits any consumer to 100 messages/s.',
        },
      ],
      right: 2,
    },
    howToRead:
      'The first chart shows the latency of pushed and polled messages. The dashed marker is the model of a short poll. In the second chart, a consumer handles a quarter of its messages. The chart shows the messages in the queue and the unacknowledged messages in the consumer. The third chart shows the throughput in messages per second, with a round-trip time of 10 ms. The hollow marker is the model: prefetch ÷ round-trip time. The last chart shows the messages that the broker sent again after the consumers died.',
    why: 'A broker that pushes needs a policy for slow consumers, as any push server does. The prefetch limits the unacknowledged messages of a consumer. If the consumer dies, the broker sends these messages again. Without a prefetch the broker’s queue stays empty, and the consumer’s memory fills instead. With gets, the consumer controls the flow. The interval between two gets determines the latency.',
    caveat:
      'The broker is one node on the same machine. Its queues are classic queues, and no message is written to disk. The broker’s CPU is not measured. With MQTT QoS 1, RabbitMQ allows ten unacknowledged messages. The MQTT library handles one message at a time. The other nine messages wait in the socket and are not counted.',
  },

  rule: `Prefetch works like credit-based flow control if two conditions are met in every run. No slow AMQP or STOMP consumer has more unacknowledged messages than its prefetch. Every slow AMQP consumer without a prefetch has more than ${whole(openTimes * largestPrefetch)} unacknowledged messages. A get works like a short poll if its mean latency differs from the model by at most ${100 * nearShare}% of the interval. The median run must meet this limit at each interval. The claim holds if both comparisons are true. The claim "depends" if only one comparison is true. Otherwise the claim does not hold.`,

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
    return { trials };
  },

  figures({ trials }) {
    const calm = trials.filter(isCalm);
    const pushed = calm.filter(({ transport }) => ['amqp', 'mqtt', 'stomp'].includes(transport));
    const bursts = trials.filter(({ parameters }) => parameters.schedule === 'burst');
    const deaths = trials.filter(({ parameters }) => parameters.awayMs !== undefined);
    return [
      ...lanesBy(trials.filter(isOverwhelmed), consumerOf).flatMap((lane) => figuresOf(lane, ...ofSlow)),
      ...lanesBy(pushed, ({ transport }) => transport.toUpperCase()).flatMap((lane) =>
        figuresOf(lane, ['median', 'median latency', ({ delayMs }) => delayMs.p50, 'ms']),
      ),
      ...lanesOf(calm.filter(({ transport }) => transport === 'amqp-get')).flatMap((lane) =>
        figuresOf(lane, ...ofGets),
      ),
      ...lanesBy(bursts, consumerOf).flatMap((lane) =>
        figuresOf(
          lane,
          ['through', 'messages per second over a round trip', throughPerSecond],
          ['oneWay', 'one-way delay to the broker', ({ parameters }) => parameters.oneWayMs, 'ms'],
        ),
      ),
      ...lanesBy(deaths, consumerOf).flatMap((lane) =>
        figuresOf(
          lane,
          [
            'redelivered',
            'messages sent again after a consumer died',
            ({ consumed }) => consumed?.redelivered,
          ],
          ['lost', 'messages lost when a consumer died', ({ messages }) => messages.missed],
        ),
      ),
    ];
  },

  judge(figures) {
    const shares = figures.under('heldPerPrefetch');
    const open = figures.get('held/amqp/0');
    const errors = figures.under('getError');
    if (shares.length === 0 || !open || errors.length === 0)
      throw new NotEnough('No usable trial with a prefetch, without a prefetch, or with gets');
    const isCredit = shares.every(({ high }) => high <= 1) && open.low > openTimes * largestPrefetch;
    const isShortPoll = errors.every(({ value }) => value <= nearShare);
    return {
      verdict: isCredit && isShortPoll ? 'holds' : isCredit || isShortPoll ? 'depends' : 'does not hold',
      sentence: [bothSentence, latencySentence, creditSentence, windowSentence, deathSentence]
        .map((sentenceOf) => sentenceOf(figures))
        .filter(Boolean)
        .join(' '),
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

/** A consumer by protocol and prefetch, or quality of service: "amqp/10", "mqtt/qos0". */
function consumerOf({ transport, parameters: { prefetch, qos } }: Trial): string {
  return [transport, prefetch ?? (qos === undefined ? 'get' : `qos${qos}`)].join('/');
}

function heldMax({ consumed }: Trial): number {
  return consumed?.heldMax ?? 0;
}

function queuedAtEnd({ consumed }: Trial): number | undefined {
  return consumed?.queue?.ready.at(-1);
}

/** Of slow consumers. */
const ofSlow: Quantity<Trial>[] = [
  ['held', 'most unacknowledged messages', heldMax],
  ['queued', 'messages left in the queue', queuedAtEnd],
  [
    'heldPerPrefetch',
    'most unacknowledged messages ÷ prefetch limit',
    (trial) => (trial.parameters.prefetch ? heldMax(trial) / trial.parameters.prefetch : undefined),
  ],
  [
    'heldMinusQueued',
    'most unacknowledged messages minus messages left in the queue',
    (trial) => trial.consumed && heldMax(trial) - (queuedAtEnd(trial) ?? 0),
  ],
];

/** Of gets at one interval, next to the model of a short poll. */
const ofGets: Quantity<Trial>[] = [
  ['getInterval', 'interval', ({ parameters }) => parameters.intervalMs, 'ms'],
  ['getMean', 'mean latency', ({ delayMs }) => delayMs.mean, 'ms'],
  ['getModel', 'mean latency by the model', ({ model }) => model?.meanMs, 'ms'],
  [
    'meanPerInterval',
    'mean latency ÷ interval',
    ({ delayMs, parameters: { intervalMs = 1 } }) => delayMs.mean && delayMs.mean / intervalMs,
  ],
  ['getError', 'difference of the mean latency from the model ÷ interval', getError],
  ['emptyShare', 'share of empty responses', ({ requests }) => requests.empty / Math.max(1, requests.total)],
];

/** In intervals. Without a latency or a model, a run is off by a whole interval. */
function getError({ delayMs, model, parameters: { intervalMs = 1 } }: Trial): number {
  if (delayMs.mean === null || model?.meanMs === undefined) return 1;
  return Math.abs(delayMs.mean - model.meanMs) / intervalMs;
}

/** The claim in one sentence: prefetch as credit, and gets as short polls. */
function bothSentence(figures: Figures): string {
  const [bounded, open] = [largestPrefetch, 0].map((prefetch) => figures.get(`held/amqp/${prefetch}`));
  const { interval, mean, model } = slowestGets(figures);
  return [
    bounded && open
      ? `A slow consumer held at most ${whole(bounded.high)} messages with a prefetch of ${largestPrefetch}, and ${withRange(open, whole)} messages without a prefetch.`
      : '',
    interval && mean && model
      ? `With one get every ${writeMs(interval.value)}, the mean latency was ${withRange(mean, writeMs)} (model: ${writeMedian(model, writeMs)}).`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function slowestGets(figures: Figures) {
  const interval = figures.under('getInterval').toSorted((a, b) => b.value - a.value)[0];
  const of = (what: string) => interval && figures.get(interval.name.replace('getInterval', what));
  return { interval, mean: of('getMean'), model: of('getModel'), empty: of('emptyShare') };
}

function latencySentence(figures: Figures): string {
  const medians = figures
    .under('median')
    .map((median) => `${writeMedian(median, writeMs)} with ${median.name.split('/')[1]}`);
  const { interval, empty } = slowestGets(figures);
  return [
    medians.length > 0 ? `The median latency of a pushed message was ${medians.join(', ')}.` : '',
    interval && empty
      ? `With one basic.get every ${writeMs(interval.value)}, ${writeMedian(empty, writePercent)} of the responses were empty.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function creditSentence(figures: Figures): string {
  const held = prefetches.flatMap((prefetch) => {
    const most = figures.get(`held/amqp/${prefetch}`);
    return most ? [`${counted(most.high, 'message')} with a prefetch of ${prefetch}`] : [];
  });
  const [limited, open] = [largestPrefetch, 0].map((prefetch) => figures.get(`queued/amqp/${prefetch}`));
  return [
    `A consumer that handled ${writePercent(1000 / handlingMs / overloadPerSecond)} of its messages held at most ${held.join(', ')}.`,
    limited && open
      ? `At the end of the overload the queue had ${withRange(limited, whole)} messages with a prefetch of ${largestPrefetch}, and ${withRange(open, whole)} without a prefetch.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function windowSentence(figures: Figures): string {
  const [oneWay] = figures.under('oneWay');
  const words = [1, 10].flatMap((prefetch) => {
    const found = figures.get(`through/amqp/${prefetch}`);
    const model = oneWay ? ` (model: ${whole(windowPerSecond(prefetch, oneWay.value))})` : '';
    return found
      ? [`${writeMedian(found, significant)} messages/s with a prefetch of ${prefetch}${model}`]
      : [];
  });
  const open = figures.get('through/amqp/0');
  if (words.length === 0) return '';
  if (open) words.push(`${writeMedian(open, significant)} messages/s without a prefetch`);
  return `${oneWay ? `With a round-trip time of ${writeMs(2 * oneWay.value)}` : 'From this broker'}, a consumer received ${words.join(', ')}.`;
}

function deathSentence(figures: Figures): string {
  const [limited, open] = [10, 0].map((prefetch) => figures.get(`redelivered/amqp/${prefetch}`));
  const lost = figures.get('lost/mqtt/qos0');
  if (!limited || !open) return '';
  return [
    `After a consumer died, the broker sent ${withRange(limited, whole)} messages again with a prefetch of 10, and ${withRange(open, whole)} without a prefetch.`,
    lost ? `MQTT with QoS 0 lost ${withRange(lost, whole)} messages.` : '',
  ]
    .filter(Boolean)
    .join(' ');
}
