import { NotEnough } from '../analysis/findings.ts';
import { longPollMeanMs } from '../analysis/models.ts';
import { spread, threeDigits, whole, withRange, writeMs } from '../analysis/statistics.ts';
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

  rule: `Holds when, ${farMs} ms away and at ${fastPerSecond} messages/s, push’s median latency is at most ${allowanceMs} ms above the measured one-way delay, in the median run. Otherwise it does not hold.`,

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

  judge({ trials }) {
    const pushes = trials.filter(({ transport }) => transport === 'push');
    const far = (transport: Trial['transport'], ratePerSecond: number) =>
      trials.filter(
        (trial) =>
          trial.transport === transport &&
          trial.parameters.oneWayMs === farMs &&
          trial.parameters.ratePerSecond === ratePerSecond,
      );
    const excess = spread(pushes.map(beyondTheWayMs));
    const excessFar = spread(far('push', fastPerSecond).map(beyondTheWayMs));
    const push = spread(far('push', fastPerSecond).map(transits));
    const busy = spread(far('long-poll', fastPerSecond).map(transits));
    const calm = spread(far('long-poll', slowPerSecond).map(transits));
    const notified = spread(far('notify', slowPerSecond).map(transits));
    const way = spread(far('push', fastPerSecond).map(({ linkMs }) => linkMs?.mean));
    if (!excess || !excessFar || !push || !busy || !way)
      throw new NotEnough(`There is no usable trial ${farMs} ms away`);

    const model = longPollMeanMs(fastPerSecond, way.median) / way.median;
    return {
      verdict: excessFar.median <= allowanceMs ? 'holds' : 'does not hold',
      sentence: [
        `${writeMs(farMs)} away, at ${fastPerSecond} messages/s, push took ${withRange(push, threeDigits)} one-way delays and a long poll ${withRange(busy, threeDigits)}.`,
        `The model of the long poll says ${threeDigits(model)}; the measured one-way delay was ${writeMs(way.median)}.`,
        calm && notified
          ? `At ${slowPerSecond} messages/s a long poll took ${withRange(calm, threeDigits)} and notify-then-fetch ${withRange(notified, threeDigits)}.`
          : '',
        `At all distances push’s median latency was ${threeDigits(excess.low)} to ${threeDigits(excess.high)} ms above the one-way delay (${whole(pushes.reduce((sum, { appended }) => sum + appended, 0))} messages).`,
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
