import { throughPerSecond, windowOf, windowPerSecond } from '../analysis/broker-models.ts';
import { NotEnough } from '../analysis/findings.ts';
import { type Spread, spread, threeDigits, whole, withRange, writeMs } from '../analysis/statistics.ts';
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
    claim: 'RabbitMQ pushes: what holds for push holds for it',
    question: 'Does the same trade-off hold inside a broker?',
    prediction: {
      choices: [
        {
          text: 'No: the broker keeps all messages that a slow consumer can’t handle.',
          why: 'It keeps what it has not sent yet. Without a prefetch it sends everything, and the consumer’s memory fills.',
        },
        {
          text: 'No: polling a queue is as good as consuming, since the queue holds everything.',
          why: 'One basic.get returns one message and takes a round trip, and every scheduled poll ends with an empty one.',
        },
        {
          text: 'Yes: pushed messages arrive at once, and a prefetch is to a queue what credit is.',
          why: 'The prefetch limits how many messages may be unacknowledged. The rest waits in the queue, which exists anyway.',
        },
        {
          text: 'Yes, and a prefetch of 1 is always best: no message waits in the wrong place.',
          why: 'That is one message per round trip. With a one-way delay of 5 ms it is 100 messages/s, however fast the consumer is.',
        },
      ],
      right: 2,
    },
    howToRead:
      'First: how old messages were on arrival, pushed and polled; the dashed stroke is the model of a short poll. Second: a consumer that handles a quarter of what comes; what waits in the queue, and what it holds and has not acknowledged. Third: messages per second over a round trip of 10 ms; the hollow sign is the prefetch, once per round trip. Last: what came again when the consumers died.',
    why: 'A broker pushes as any server does, and has the same choice when a consumer is slow. The prefetch is the consumer’s word on how much it can have in hand: what it has not acknowledged it is still owed, and gets again if it dies. Without one the broker’s queue stays empty, and the consumer’s memory fills instead. A get asks, so it is flow control by construction, and as late as its interval.',
    caveat:
      'One node on the same machine, classic queues and messages that are not written to disk. What the broker itself spends is not measured. RabbitMQ lets ten messages of MQTT’s QoS 1 be unacknowledged; the library hands over one at a time, and the rest of the ten waits in the socket, where it is not counted as held.',
  },

  rule: `Prefetch is credit when no overwhelmed AMQP or STOMP consumer held more unacknowledged messages than its prefetch, and every AMQP consumer without a prefetch held more than ${openTimes} times ${largestPrefetch}, in every run. A get is a short poll when, at each interval, its mean latency was within ${100 * nearShare}% of the interval of the model’s, in the median run. Holds when both are so, "depends" when one is, does not hold when neither is.`,

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
      throw new NotEnough('There is no usable trial with a prefetch, without one, and with gets');

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
        ageSentence(calm),
        creditSentence(overwhelmed),
        windowSentence(trials.filter(({ parameters }) => parameters.schedule === 'burst')),
        deathSentence(trials.filter(({ parameters }) => parameters.awayMs !== undefined)),
      ]
        .filter(Boolean)
        .join(' '),
      evidence: trials.map(({ id }) => id),
      model: 'gets: T/2, and an empty one for each T; messages per second: prefetch over round trip',
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

function ageSentence(calm: readonly Trial[]): string {
  const medians = (['amqp', 'mqtt', 'stomp'] as const).flatMap((transport) => {
    const median = spread(
      calm.filter((trial) => trial.transport === transport).map(({ delayMs }) => delayMs.p50),
    );
    return median ? [`${transport.toUpperCase()} ${writeMs(median.median)}`] : [];
  });
  const slowest = Math.max(...calm.map(({ parameters }) => parameters.intervalMs ?? 0));
  const polled = calm.filter(({ parameters }) => parameters.intervalMs === slowest);
  const mean = spread(polled.map(({ delayMs }) => delayMs.mean));
  const model = spread(polled.map(({ model }) => model?.meanMs));
  const empty = spread(polled.map(({ requests }) => (100 * requests.empty) / Math.max(1, requests.total)));
  const about =
    mean && model && empty
      ? `; gets every ${writeMs(slowest)} took ${withRange(mean, writeMs)} on average (model: ${writeMs(model.median)}), and ${threeDigits(empty.median)} % of them came back empty`
      : '';
  return `Pushed, the median message arrived after ${medians.join(', ')}${about}.`;
}

function creditSentence(overwhelmed: readonly Trial[]): string {
  const of = (prefetch: number) =>
    overwhelmed.filter(
      ({ transport, parameters }) => transport === 'amqp' && parameters.prefetch === prefetch,
    );
  const held = (prefetch: number) => spread(of(prefetch).map(heldMax));
  const ready = (prefetch: number) =>
    spread(of(prefetch).map(({ consumed }) => consumed?.queue?.ready.at(-1)));
  const bounds = prefetches.flatMap((prefetch) => held(prefetch) ?? []);
  const open = held(0);
  const queued = ready(largestPrefetch);
  const share = threeDigits((100 * 1000) / handlingMs / overloadPerSecond);
  return [
    `A consumer that handles ${share} % of what comes held at most ${bounds.map(({ high }) => whole(high)).join(', ')} messages with a prefetch of ${prefetches.join(', ')}, and ${open ? withRange(open, whole) : 'nobody knows how many'} without one`,
    queued ? `; the queue kept ${withRange(queued, whole)} and ${whole(ready(0)?.median ?? 0)}.` : '.',
  ].join('');
}

function windowSentence(bursts: readonly Trial[]): string {
  const through = (prefetch: number): Spread | undefined =>
    spread(
      bursts
        .filter(({ transport, parameters }) => transport === 'amqp' && parameters.prefetch === prefetch)
        .map(throughPerSecond),
    );
  const words = [1, 10].flatMap((prefetch) => {
    const found = through(prefetch);
    const distanceMs = bursts[0]?.parameters.oneWayMs;
    const model = distanceMs ? ` (model: ${whole(windowPerSecond(prefetch, distanceMs))})` : '';
    return found ? [`a prefetch of ${prefetch} let ${whole(found.median)} messages/s through${model}`] : [];
  });
  const open = through(0);
  const distanceMs = bursts[0]?.parameters.oneWayMs;
  if (words.length === 0) return '';
  return `${distanceMs ? `Over ${writeMs(2 * distanceMs)} there and back` : 'From where it is'} ${words.join(', ')}${open ? `, and none ${whole(open.median)}` : ''}.`;
}

function deathSentence(deaths: readonly Trial[]): string {
  const of = (transport: Trial['transport'], prefetch?: number) =>
    deaths.filter(
      (trial) =>
        trial.transport === transport && (prefetch === undefined || trial.parameters.prefetch === prefetch),
    );
  const again = spread(of('amqp', 10).map(({ consumed }) => consumed?.redelivered));
  const open = spread(of('amqp', 0).map(({ consumed }) => consumed?.redelivered));
  const lost = spread(
    of('mqtt')
      .filter(({ parameters }) => parameters.qos === 0)
      .map(({ messages }) => messages.missed),
  );
  if (!again || !open) return '';
  return `When a consumer died, ${withRange(again, whole)} messages came again with a prefetch of 10 and ${withRange(open, whole)} without one${lost ? `; MQTT’s QoS 0 lost ${withRange(lost, whole)}` : ''}.`;
}
