import { figure, type Lane, lanesOf, total } from '../analysis/figures.ts';
import { longPollMeanMs } from '../analysis/models.ts';
import { type Digits, significant, whole, withRange, writeMedian, writeMs } from '../analysis/statistics.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../experiment.ts';
import type { Trial } from '../result.ts';

/** One will do where all see the same: more would only stand in each other’s way. Polls differ by their phase. */
const clients = 1;
const pollers = 12;
const bare = { framework: 'http' } as const;
const intervalMs = 250;
/** Much rarer than a round trip, and much more frequent. */
const slowPerSecond = 2;
const fastPerSecond = 50;
/** The verdict rests on this distance and the fast rate, in every profile. */
const farMs = 80;
/** What push may take besides the one-way delay: the machine’s own work for all transports at once. */
const allowanceMs = 10;

const groups: GroupPlan[] = [
  { transport: 'push', clients },
  { transport: 'notify', clients, server: bare },
  { transport: 'long-poll', clients, server: bare },
  { transport: 'short-poll', clients: pollers, intervalMs, server: bare },
];

/** Windows hold whole poll intervals, and at the slow rate some eight messages. */
const sizes = {
  quick: {
    repeats: 1,
    fastMs: 500,
    slowMs: 4000,
    cells: [
      [20, fastPerSecond],
      [farMs, fastPerSecond],
    ],
  },
  default: {
    repeats: 1,
    fastMs: 1250,
    slowMs: 4000,
    cells: [0, 20, farMs].flatMap((oneWayMs) =>
      [slowPerSecond, fastPerSecond].map((rate) => [oneWayMs, rate]),
    ),
  },
  full: {
    repeats: 5,
    fastMs: 2000,
    slowMs: 4000,
    cells: [0, 20, farMs].flatMap((oneWayMs) =>
      [slowPerSecond, fastPerSecond].map((rate) => [oneWayMs, rate]),
    ),
  },
};

export const distance: Experiment = {
  text: {
    id: 'distance',
    title: 'Distance',
    claim: 'Push is real time even over a long distance',
    question: 'What changes when the client is far away from the server?',
    prediction: {
      choices: [
        {
          text: 'The same for all: every transport pays the one-way delay once.',
          why: 'A long poll has to send a new request after each response. Messages that come in between wait for that request.',
        },
        {
          text: 'Long polling is like push, near or far: its request is already there.',
          why: 'The request is there until the server has responded. The next request needs a whole one-way delay to arrive.',
        },
        {
          text: 'The short poll suffers most: each of its requests crosses the network.',
          why: 'The request travels during the wait for the next poll. Only the response adds to the latency: T/2 + d.',
        },
        {
          text: 'Push pays the one-way delay once, a long poll up to three times.',
          why: 'A message that just misses a response waits for that response and the next request. Then the message travels.',
        },
      ],
      right: 3,
    },
    howToRead:
      'The one-way delay d grows to the right. In the left panel messages are rarer than round trips, in the right panel more frequent. The thin dotted lines are the models: push d, long poll d to 3d, notify-then-fetch 3d, short poll T/2 + d.',
    why: 'Push writes into a connection that is always open. A long poll ends with its response, and the client has to send the next request. Until that request arrives, the server can’t send anything. Notify-then-fetch needs a round trip after the notice. That makes three one-way delays per message, unless several messages share a fetch.',
    caveat:
      'A delay proxy on this machine emulates the distance: it forwards all data later. It has no packet loss, no bandwidth limit, no congestion window, and no round trip for opening a connection. The delay was measured in every trial, and the models use the measured delay.',
  },

  rule: `The verdict uses the median run with a one-way delay of ${farMs} ms, at ${fastPerSecond} messages/s. The claim holds if the median latency of push is at most ${allowanceMs} ms above the measured one-way delay. Otherwise it does not hold.`,

  plan(profile) {
    const { repeats, fastMs, slowMs, cells } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const [oneWayMs = 0, ratePerSecond = 1] of cells)
        trials.push({
          groups: groups,
          schedule: { kind: 'poisson', ratePerSecond },
          link: { oneWayMs },
          durationMs: ratePerSecond === fastPerSecond ? fastMs : slowMs,
          repeat,
        });
    return { trials };
  },

  figures({ trials }) {
    const far = trials.filter(
      ({ parameters }) => parameters.oneWayMs === farMs && parameters.ratePerSecond === fastPerSecond,
    );
    const pushes = trials.filter(({ transport }) => transport === 'push');
    return [
      ...lanesOf(trials).flatMap(delaysOf),
      ...lanesOf(far).map(({ name, words: condition, trials }) =>
        figure(
          {
            name: `median/${name}`,
            label: 'median latency',
            condition: `${condition}, ${farWords}`,
            unit: 'ms',
          },
          trials,
          ({ delayMs }) => delayMs.p50,
        ),
      ),
      figure(
        { name: 'oneWay', label: 'measured one-way delay', condition: farWords, unit: 'ms' },
        far.filter(({ transport }) => transport === 'push'),
        ({ linkMs }) => linkMs?.mean,
      ),
      figure(
        {
          name: 'excess/far',
          label: 'median latency of push − one-way delay',
          condition: farWords,
          unit: 'ms',
        },
        far.filter(({ transport }) => transport === 'push'),
        excessMs,
      ),
      figure(
        {
          name: 'excess',
          label: 'median latency of push − one-way delay',
          condition: 'at all one-way delays and message rates',
          unit: 'ms',
        },
        pushes,
        excessMs,
      ),
      total(
        { name: 'messages/push', label: 'messages pushed' },
        pushes.reduce((sum, { appended }) => sum + appended, 0),
        pushes,
      ),
    ];
  },

  judge(figures) {
    const at = (transport: string, rate: number) => `delays/${transport}/${farMs}ms/${rate}`;
    const [excess, excessFar, messages, push, busy, oneWay] = figures.need(
      `No usable trial with a one-way delay of ${farMs} ms`,
      'excess',
      'excess/far',
      'messages/push',
      at('push', fastPerSecond),
      at('long-poll', fastPerSecond),
      'oneWay',
    );
    const calm = figures.get(at('long-poll', slowPerSecond));
    const notified = figures.get(at('notify', slowPerSecond));
    const model = longPollMeanMs(fastPerSecond, oneWay.value) / oneWay.value;
    return {
      verdict: excessFar.value <= allowanceMs ? 'holds' : 'does not hold',
      sentence: [
        `With a one-way delay of ${writeMs(farMs)}, at ${fastPerSecond} messages/s, push took ${withRange(push, times)} times the one-way delay, a long poll ${withRange(busy, times)} times.`,
        `The model predicts ${times(model)} times for the long poll.`,
        `The measured one-way delay was ${writeMedian(oneWay, writeMs)}.`,
        calm && notified
          ? `At ${slowPerSecond} messages/s, a long poll took ${withRange(calm, times)} times the one-way delay, notify-then-fetch ${withRange(notified, times)} times.`
          : '',
        `At all distances, the median latency of push was ${significant(excess.low, 2)} to ${significant(excess.high, 2)} ms above the one-way delay (${whole(messages.value)} messages).`,
      ]
        .filter(Boolean)
        .join(' '),
      model:
        'push d; long poll d + (λr²/2)/(λr + e^(−λr)) with r = 2d; notify-then-fetch 3d; short poll T/2 + d',
    };
  },
};

/** The condition of the verdict. */
const farWords = `one-way delay ${farMs} ms, ${fastPerSecond} messages/s`;

/** The mean latency in one-way delays, at each one-way delay and rate of a lane. */
function delaysOf({ name, words, trials }: Lane) {
  const distant = trials.filter(({ parameters }) => (parameters.oneWayMs ?? 0) > 0);
  const cellOf = ({ parameters: { oneWayMs, ratePerSecond } }: Trial) => `${oneWayMs}ms/${ratePerSecond}`;
  return [...new Set(distant.map(cellOf))].map((cell) => {
    const own = distant.filter((trial) => cellOf(trial) === cell);
    const { oneWayMs, ratePerSecond } = own[0]?.parameters ?? {};
    return figure(
      {
        name: `delays/${name}/${cell}`,
        label: 'mean latency ÷ one-way delay',
        condition: `${words}, one-way delay ${oneWayMs} ms, ${ratePerSecond} messages/s`,
      },
      own,
      transits,
    );
  });
}

/** A mean latency in one-way delays. All of them are between 1 and 3, so the decimals follow from the digits. */
function times(delays: number, digits: Digits = 3): string {
  return delays.toFixed(digits - 1);
}

/** How much longer the median push took than the one-way delay. */
function excessMs({ delayMs, linkMs }: Trial): number | undefined {
  if (delayMs.p50 === null || typeof linkMs?.mean !== 'number') return undefined;
  return delayMs.p50 - linkMs.mean;
}

/** The mean latency, in one-way delays. */
function transits({ delayMs, linkMs }: Trial): number | undefined {
  return delayMs.mean === null || !linkMs?.mean ? undefined : delayMs.mean / linkMs.mean;
}
