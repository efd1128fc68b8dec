import { figuresOf, lanesOf, named, quotient, total } from '../../analysis/figures.ts';
import { shortPollMeanMs } from '../../analysis/models.ts';
import { threeDigits, whole, withRange, writeMedian, writeMs } from '../../analysis/statistics.ts';
import { emptyShare } from '../../analysis/trial-quantities.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../../experiment.ts';
import type { Trial } from '../../result.ts';

/** Up to a tenth of a second people take an answer for instant (J. Nielsen, Usability Engineering, 1993, ch. 5). */
const instantMs = 100;
/** Push counts as real time when it is so many times fresher than a poll. */
const timesFresher = 10;
const pollIntervalMs = 1000;
const fastIntervalMs = 250;
const clients = 20;
const ratePerSecond = 20;

const everybody: GroupPlan[] = [
  ...(['push', 'sse', 'tcp-push', 'notify', 'long-poll'] as const).map((transport) => ({
    transport,
    clients,
  })),
  { transport: 'short-poll', clients, intervalMs: pollIntervalMs },
  { transport: 'short-poll', clients, intervalMs: fastIntervalMs },
];

/**
 * A few messages from far away, every one of them followed on its way: to be looked at, not to be judged.
 * Answers are not held for long, so that empty ones can be seen as well.
 */
const followed: TrialPlan = {
  groups: [
    { transport: 'push', clients: 1 },
    { transport: 'sse', clients: 1, server: { framework: 'http' } },
    { transport: 'long-poll', clients: 1, server: { framework: 'http', holdMs: 350 } },
    { transport: 'short-poll', clients: 1, intervalMs: 500, server: { framework: 'http' } },
  ],
  schedule: { kind: 'poisson', ratePerSecond: 2.5 },
  link: { oneWayMs: 80 },
  durationMs: 2300,
  repeat: 1,
  trace: true,
};

/** Side by side the window holds whole intervals of both polls. */
const sizes = {
  quick: { repeats: 1, alone: ['push'], togetherMs: 2000, aloneMs: 600 },
  default: { repeats: 3, alone: ['push', 'long-poll'], togetherMs: 2000, aloneMs: 500 },
  full: {
    repeats: 5,
    alone: ['push', 'sse', 'tcp-push', 'notify', 'long-poll'],
    togetherMs: 4000,
    aloneMs: 1000,
  },
} as const;

export const freshness: Experiment = {
  text: {
    id: 'freshness',
    title: 'Latency',
    claim: 'Push is real time',
    question: 'How long does a message take to reach you?',
    prediction: {
      choices: [
        {
          text: 'Push and long poll: milliseconds. Short poll: half its interval.',
          why: 'Push and a pending long poll respond the moment a message exists. With short polling, the message waits for the next poll, half an interval on average.',
        },
        {
          text: 'All about the same: one poll per second is quick enough to be real time.',
          why: 'With one poll per second, a message waits half a second on average, and up to a second.',
        },
        {
          text: 'Only push is quick: a long poll is still polling, so its messages wait too.',
          why: 'The request of a long poll is already pending in the server. The server responds as soon as there is a message.',
        },
        {
          text: 'The short poll: its responses come back within a millisecond.',
          why: 'The response is quick, but its message has waited for the poll. Response time is not latency.',
        },
      ],
      right: 0,
    },
    howToRead:
      'Each line shows the share of the messages that arrived within the latency on the axis. Lines further left are faster. The axis is logarithmic: each step to the right is ten times the latency. The thin dotted lines are the model of a short poll: latencies spread evenly from 0 to the interval.',
    why: 'A push server writes each message at once, so its latency is only the one-way delay. A long poll is pending in the server. The server responds at once, and then the client sends the next request. With short polling, a message waits up to one interval T, and T/2 on average.',
    caveat:
      'Client and server share one machine, so the one-way delay is close to zero. A delay of zero flatters long polling most. In the side-by-side trials all transports share one server and one load generator, and slow each other down. The separate trials show each transport alone.',
  },

  rule: `The claim holds if two conditions are met in the median run. Without other transports on the server, push delivers 99% of its messages within ${instantMs} ms. The median latency of push is at most 1/${timesFresher} of the median latency of a ${writeMs(pollIntervalMs)} poll. Otherwise the claim does not hold.`,

  plan(profile) {
    const { repeats, alone, togetherMs, aloneMs } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const kind = repeat % 2 === 1 ? 'poisson' : 'periodic';
      trials.push({ groups: everybody, schedule: { kind, ratePerSecond }, durationMs: togetherMs, repeat });
      for (const transport of alone)
        trials.push({
          groups: [{ transport, clients }],
          schedule: { kind, ratePerSecond },
          durationMs: aloneMs,
          repeat,
        });
    }
    return { trials: [...trials, followed] };
  },

  figures({ trials }) {
    const alone = trials.filter((trial) => isAlone(trial, trials));
    const together = trials.filter((trial) => !isAlone(trial, trials));
    const pushes = alone.filter(({ transport }) => transport === 'push');
    const own = [
      ...lanesOf(alone).flatMap((lane) =>
        figuresOf(
          lane,
          ['medianAlone', 'median latency alone on a server', medianMs, 'ms'],
          ['p99Alone', '99th percentile latency alone on a server', ({ delayMs }) => delayMs.p99, 'ms'],
        ),
      ),
      ...lanesOf(together).flatMap((lane) =>
        figuresOf(
          lane,
          ['medianTogether', 'median latency with all transports on one server', medianMs, 'ms'],
          ['emptyShare', 'share of empty responses', emptyShare],
        ),
      ),
      // A poll has the same latency alone and with others.
      ...lanesOf(trials.filter(({ parameters }) => parameters.intervalMs)).flatMap((lane) =>
        figuresOf(
          lane,
          ['median', 'median latency', medianMs, 'ms'],
          ['mean', 'mean latency', ({ delayMs }) => delayMs.mean, 'ms'],
          ['meanPerInterval', 'mean latency ÷ interval', meanPerInterval],
          ['p99PerMean', '99th percentile ÷ mean', ({ delayMs: { p99, mean } }) => p99 && mean && p99 / mean],
        ),
      ),
    ];
    const of = (name: string) => named(own, name);
    const [push, fastPoll] = [of('medianTogether/push'), of(`medianTogether/${fast}`)];
    return [
      ...own,
      total('messagesAlone/push', 'messages pushed alone on a server', messagesIn(pushes), pushes),
      quotient('pollTimes', 'median latency, poll ÷ push', of(`median/${polls}`), of('medianAlone/push')),
      quotient('fastPollTimes', 'median latency, 250 ms poll ÷ push', fastPoll, push),
      quotient(
        'longPollTimes',
        'median latency, long poll ÷ 250 ms poll',
        of('medianTogether/long-poll'),
        fastPoll,
      ),
      quotient('meanTimes', 'mean latency, 1 s poll ÷ 250 ms poll', of(`mean/${polls}`), of(`mean/${fast}`)),
    ];
  },

  judge(figures) {
    const [push, pushLate, messages, poll, pollMedian] = figures.need(
      'No usable pair of a push trial and a poll trial',
      'medianAlone/push',
      'p99Alone/push',
      'messagesAlone/push',
      `mean/${polls}`,
      `median/${polls}`,
    );
    const holds = pushLate.value <= instantMs && push.value * timesFresher <= pollMedian.value;
    const pushTogether = figures.get('medianTogether/push');
    const longPoll = figures.get('medianAlone/long-poll');
    const modelMs = shortPollMeanMs(pollIntervalMs, 0);
    return {
      verdict: holds ? 'holds' : 'does not hold',
      sentence: [
        `Alone on a server, the median latency was ${withRange(push, writeMs)} with push, ${withRange(pollMedian, writeMs)} with a ${writeMs(pollIntervalMs)} poll.`,
        `Push delivered 99% of its messages within ${withRange(pushLate, writeMs)}.`,
        `The server pushed ${whole(messages.value)} messages to ${clients} clients, at ${ratePerSecond} messages/s.`,
        `The mean latency of the poll was ${withRange(poll, writeMs)}; the model predicts ${writeMs(modelMs)}.`,
        pushTogether
          ? `With all transports on one server, the median latency of push was ${writeMedian(pushTogether, writeMs)}.`
          : '',
        longPoll
          ? `Without a network delay, the median latency of a long poll was ${withRange(longPoll, writeMs)}.`
          : '',
      ]
        .filter(Boolean)
        .join(' '),
      model: `short poll: mean T/2 + d = ${threeDigits(modelMs)} ms`,
    };
  },
};

/** The lanes of the polls. */
const polls = `short-poll/${pollIntervalMs}`;
const fast = `short-poll/${fastIntervalMs}`;

function medianMs({ delayMs }: Trial): number | null {
  return delayMs.p50;
}

function meanPerInterval({ delayMs, parameters: { intervalMs } }: Trial): number | undefined {
  return delayMs.mean === null || !intervalMs ? undefined : delayMs.mean / intervalMs;
}

function isAlone(trial: Trial, trials: readonly Trial[]): boolean {
  return !trials.some((other) => other !== trial && other.together === trial.together);
}

function messagesIn(trials: readonly Trial[]): number {
  return trials.reduce((sum, { appended }) => sum + appended, 0);
}
