import { NotEnough } from '../analysis/findings.ts';
import { longPollMeanMs } from '../analysis/models.ts';
import { spread, threeDigits, whole, withRange, writeMs } from '../analysis/statistics.ts';
import { type Experiment, type GroupPlan, rotate, type TrialPlan } from '../experiment.ts';
import type { Trial } from '../result.ts';

/** One will do where all see the same: more would only stand in each other’s way. Polls differ by their phase. */
const clients = 1;
const pollers = 12;
const bare = { framework: 'http' } as const;
const intervalMs = 250;
/** Much rarer than a round trip, and much more frequent. */
const slowPerSecond = 2;
const fastPerSecond = 50;
/** What push may take beside the way itself: the machine’s own work for all transports at once. */
const allowanceMs = 10;

const groups: GroupPlan[] = [
  { transport: 'push', clients },
  { transport: 'notify', clients, server: bare },
  { transport: 'long-poll', clients, server: bare },
  { transport: 'short-poll', clients: pollers, intervalMs, server: bare },
];

const sizes = {
  quick: {
    repeats: 1,
    durationMs: 500,
    cells: [
      [20, fastPerSecond],
      [80, slowPerSecond],
      [80, fastPerSecond],
    ],
  },
  default: {
    repeats: 1,
    durationMs: 1200,
    cells: [0, 20, 80].flatMap((oneWayMs) => [slowPerSecond, fastPerSecond].map((rate) => [oneWayMs, rate])),
  },
  full: {
    repeats: 5,
    durationMs: 1600,
    cells: [0, 20, 80].flatMap((oneWayMs) => [slowPerSecond, fastPerSecond].map((rate) => [oneWayMs, rate])),
  },
};

export const distance: Experiment = {
  text: {
    id: 'distance',
    title: 'Distance',
    claim: 'Push is real time from far away as well',
    question: 'What does a client see that is far away from the server?',
    prediction: {
      choices: [
        {
          text: 'The same for all: every transport pays the one-way delay once.',
          why: 'A long poll has to send a new request after each response. Messages that come in between wait for that request.',
        },
        {
          text: 'Long polling is like push, near or far: its request is already there.',
          why: 'The request is there until the server has responded. The next request needs a whole one-way delay to get there.',
        },
        {
          text: 'The short poll suffers most: each of its requests travels all the way.',
          why: 'The request travels during the wait for the next poll. Only the response adds to the latency: T/2 + d.',
        },
        {
          text: 'Push pays the one-way delay once, a long poll up to three times.',
          why: 'Response, next request, response: a message that just misses a response waits for the request, and then travels itself.',
        },
      ],
      right: 3,
    },
    howToRead:
      'Further right is further away. The left panel has messages that are rarer than a round trip, the right one messages that are more frequent. The dashed lines are the models: push d, long poll between d and 3d, notify-then-fetch 3d, short poll T/2 + d.',
    why: 'Push writes into a connection that is open all the time. A long poll is answered once and then has to be asked again: until the next request has arrived, nobody is there to be answered. Notify-then-fetch goes there and back after the notice: three ways for every message, unless several share a fetch.',
    caveat:
      'The distance is made by a relay on this machine that hands on every piece of data later. It has no loss, no limited bandwidth, no congestion window, and no round trip for a connection’s beginning. Its own error was measured in every trial, and the models use the measured way.',
  },

  rule: `Holds when, at every distance and rate, the median of push stays within the measured one-way delay and ${allowanceMs} ms in every run. Otherwise it does not hold.`,

  plan(profile) {
    const { repeats, durationMs, cells } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const [oneWayMs = 0, ratePerSecond = 1] of rotate(cells, repeat))
        trials.push({
          groups: rotate(groups, repeat),
          schedule: { kind: 'poisson', ratePerSecond },
          link: { oneWayMs },
          durationMs,
          repeat,
        });
    return { trials };
  },

  judge({ trials }) {
    const pushes = trials.filter(({ transport }) => transport === 'push');
    const farthestMs = Math.max(...pushes.map(({ parameters }) => parameters.oneWayMs ?? 0));
    const far = (transport: Trial['transport'], ratePerSecond: number) =>
      trials.filter(
        (trial) =>
          trial.transport === transport &&
          trial.parameters.oneWayMs === farthestMs &&
          trial.parameters.ratePerSecond === ratePerSecond,
      );
    const excess = spread(pushes.map(beyondTheWayMs));
    const push = spread(far('push', fastPerSecond).map(transits));
    const busy = spread(far('long-poll', fastPerSecond).map(transits));
    const calm = spread(far('long-poll', slowPerSecond).map(transits));
    const notified = spread(far('notify', slowPerSecond).map(transits));
    const way = spread(far('push', fastPerSecond).map(({ linkMs }) => linkMs?.mean));
    if (!excess || !push || !busy || !way) throw new NotEnough('There is no usable trial from far away');

    const model = longPollMeanMs(fastPerSecond, way.median) / way.median;
    const ways = (value: number) => threeDigits(value);
    return {
      verdict: excess.high <= allowanceMs ? 'holds' : 'does not hold',
      sentence: [
        `${writeMs(farthestMs)} away (measured ${writeMs(way.median)}), a message took ${withRange(push, ways)} ways with push at ${fastPerSecond} messages a second, and a long poll ${withRange(busy, ways)}: the model says ${ways(model)}.`,
        calm ? `At ${slowPerSecond} messages a second a long poll took ${withRange(calm, ways)},` : '',
        notified ? `and notify-then-fetch ${withRange(notified, ways)}.` : '',
        `At all distances push took at most ${writeMs(Math.max(0, excess.high))} more than the way (n = ${whole(pushes.reduce((sum, { delayMs }) => sum + delayMs.count, 0))}).`,
      ]
        .filter(Boolean)
        .join(' '),
      evidence: trials.map(({ id }) => id),
      model:
        'push d; long poll d + (λr²/2)/(λr + e^(−λr)) with r = 2d; notify, then fetch 3d; short poll T/2 + d',
    };
  },
};

/** How much longer the median push took than the way itself. */
function beyondTheWayMs({ delayMs, linkMs }: Trial): number | undefined {
  if (delayMs.p50 === null || typeof linkMs?.mean !== 'number') return undefined;
  return delayMs.p50 - linkMs.mean;
}

/** The mean delay, in ways between client and server. */
function transits({ delayMs, linkMs }: Trial): number | undefined {
  return delayMs.mean === null || !linkMs?.mean ? undefined : delayMs.mean / linkMs.mean;
}
