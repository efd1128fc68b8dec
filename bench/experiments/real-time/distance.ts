import { transportLooks } from '../../../clients/transports.ts';
import { figuresOf, lanesBy, lanesOf, total } from '../../analysis/figures.ts';
import { longPollMeanMs } from '../../analysis/models.ts';
import {
  type Digits,
  significant,
  whole,
  withRange,
  writeMedian,
  writeMs,
} from '../../analysis/statistics.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../../experiment.ts';
import type { Trial } from '../../result.ts';

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
          text: 'Equally: every transport adds the one-way delay once.',
          why: 'A long poll has to send a new request after each response. Messages that come in between wait for that request.',
        },
        {
          text: 'Long polling is as fast as push: its request is already at the server.',
          why: 'The request is there until the server has responded. The next request needs a whole one-way delay to arrive.',
        },
        {
          text: 'The short poll slows down most: each request crosses the network.',
          why: 'The delay of the request is part of the poll interval. Only the delay of the response adds to the latency: T/2 + d.',
        },
        {
          text: 'Push adds the one-way delay once, a long poll up to three times.',
          why: 'A message that just misses a response waits for that response and the next request. The message itself needs a third one-way delay.',
        },
      ],
      right: 3,
    },
    howToRead:
      'The one-way delay d grows to the right. In the left panel messages are rarer than round trips, in the right panel more frequent. The thin dotted lines are the models: push d, long poll d to 3d, notify-then-fetch 3d, short poll T/2 + d.',
    why: 'Push writes into a connection that is always open. A long poll ends with its response, and the client has to send the next request. Until that request arrives, the server can’t send anything. Notify-then-fetch needs a round trip after the notice. So each message takes three one-way delays, unless several messages share a fetch.',
    caveat:
      'A delay proxy on this machine emulates the distance: the proxy forwards all data later. The proxy emulates no packet loss, no bandwidth limit, no congestion window, and no round trip for opening a connection. The delay was measured in every trial, and the models use the measured delay.',
  },

  rule: `The verdict uses the median run with a one-way delay of ${farMs} ms, at ${fastPerSecond} messages/s. The claim holds if the median latency of push is at most ${allowanceMs} ms above the measured one-way delay. Otherwise the claim does not hold.`,

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
    const pushes = trials.filter(({ transport }) => transport === 'push');
    const farPushes = pushes.filter(isFar);
    return [
      ...lanesBy(
        trials.filter(({ parameters }) => parameters.oneWayMs),
        cellOf,
        cellInWords,
      ).flatMap((lane) => figuresOf(lane, ['delays', 'mean latency ÷ one-way delay', transits])),
      ...lanesOf(trials.filter(isFar)).flatMap((lane) =>
        figuresOf(lane, ['median', 'median latency far away', ({ delayMs }) => delayMs.p50, 'ms']),
      ),
      ...figuresOf(
        { name: 'far', words: `one-way delay ${farMs} ms, ${fastPerSecond} messages/s`, runs: farPushes },
        ['oneWay', 'measured one-way delay', ({ linkMs }) => linkMs?.mean, 'ms'],
        ['excess', 'median latency of push − one-way delay', excessMs, 'ms'],
      ),
      ...figuresOf({ name: 'all', words: 'all one-way delays and message rates', runs: pushes }, [
        'excess',
        'median latency of push − one-way delay',
        excessMs,
        'ms',
      ]),
      total('messages/push', 'messages pushed', messagesIn(pushes), pushes),
    ];
  },

  judge(figures) {
    const at = (transport: string, rate: number) => `delays/${transport}/${farMs}ms/${rate}`;
    const [excess, excessFar, messages, push, busy, oneWay] = figures.need(
      `No usable trial with a one-way delay of ${farMs} ms`,
      'excess/all',
      'excess/far',
      'messages/push',
      at('push', fastPerSecond),
      at('long-poll', fastPerSecond),
      'oneWay/far',
    );
    const calm = figures.get(at('long-poll', slowPerSecond));
    const notified = figures.get(at('notify', slowPerSecond));
    const model = longPollMeanMs(fastPerSecond, oneWay.value) / oneWay.value;
    return {
      verdict: excessFar.value <= allowanceMs ? 'holds' : 'does not hold',
      sentence: [
        `Over a one-way delay of ${writeMs(farMs)}, push took ${withRange(push, times)} times that delay, a long poll ${withRange(busy, times)} times (${fastPerSecond} messages/s).`,
        `For the long poll, the model predicts ${times(model)} times the one-way delay.`,
        `The measured one-way delay was ${writeMedian(oneWay, writeMs)}.`,
        calm && notified
          ? `At ${slowPerSecond} messages/s, a long poll took ${withRange(calm, times)} times the one-way delay, notify-then-fetch ${withRange(notified, times)} times.`
          : '',
        `With all one-way delays, the median latency of push was ${significant(excess.low, 2)} to ${significant(excess.high, 2)} ms above the one-way delay (${whole(messages.value)} messages).`,
      ]
        .filter(Boolean)
        .join(' '),
      model:
        'push d; long poll d + (λr²/2)/(λr + e^(−λr)) with r = 2d; notify-then-fetch 3d; short poll T/2 + d',
    };
  },
};

/** The condition of the verdict. */
function isFar({ parameters }: Trial): boolean {
  return parameters.oneWayMs === farMs && parameters.ratePerSecond === fastPerSecond;
}

function cellOf({ transport, parameters: { oneWayMs, ratePerSecond } }: Trial): string {
  return `${transport}/${oneWayMs}ms/${ratePerSecond}`;
}

function cellInWords({ transport, parameters: { oneWayMs, ratePerSecond } }: Trial): string {
  return `${transportLooks[transport].label}, one-way delay ${oneWayMs} ms, ${ratePerSecond} messages/s`;
}

function messagesIn(trials: readonly Trial[]): number {
  return trials.reduce((sum, { appended }) => sum + appended, 0);
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
