import { figuresOf, lanesBy, total } from '../analysis/figures.ts';
import { whole, withRange, writeBytes, writeMs } from '../analysis/statistics.ts';
import type { Experiment, TrialPlan } from '../experiment.ts';

/**
 * A worked answer to the exercise in experiment.exercise.ts. Don't read on before you have tried.
 */
const payloads = [58, 64 * 1024];
const clients = 20;
const ratePerSecond = 20;
/** What counts as later: the frame that a screen needs to be drawn once. */
const frameMs = 17;

const sizes = {
  quick: { repeats: 1, durationMs: 1000 },
  default: { repeats: 3, durationMs: 1000 },
  full: { repeats: 5, durationMs: 2000 },
} as const;

export const myQuestion: Experiment = {
  text: {
    id: 'message-size',
    title: 'Large messages',
    claim: 'A message is a message',
    question: 'Does a message that is a thousand times longer arrive later?',
    prediction: {
      choices: [
        {
          text: 'No: a message is one write, however long.',
          why: 'It is one write for the program. The kernel copies every byte of it, for every client.',
        },
        {
          text: 'A thousand times later.',
          why: 'Most of the time goes into waking up and writing at all; the bytes themselves are quick here.',
        },
        {
          text: 'Somewhat later: copying takes time, but not much beside everything else.',
          why: 'On one machine memory copies some gigabytes a second: 64 KiB to 20 clients is a millisecond.',
        },
        {
          text: 'Sooner: large messages are sent first.',
          why: 'TCP keeps the order of what is written. Nothing overtakes on a connection.',
        },
      ],
      right: 2,
    },
    howToRead: 'The table has a row for each size of a message. Compare the medians.',
    why: 'A longer message is copied more often and read in more pieces. On a real network its length is divided by the bandwidth as well.',
    caveat:
      'Loopback has no bandwidth to speak of. On a mobile network 64 KiB take a noticeable time by themselves.',
  },

  rule: `The claim holds if the median latency of the long messages is at most ${frameMs} ms above that of the short ones in every run; otherwise it does not hold.`,

  plan(profile) {
    const { repeats, durationMs } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const payloadBytes of payloads)
        trials.push({
          groups: [{ transport: 'push', clients }],
          schedule: { kind: 'poisson', ratePerSecond, payloadBytes },
          durationMs,
          repeat,
        });
    return { trials };
  },

  figures({ trials }) {
    const messages = trials.reduce((sum, { delayMs }) => sum + delayMs.count, 0);
    return [
      ...lanesBy(trials, ({ parameters }) => String(parameters.payloadBytes)).flatMap((lane) =>
        figuresOf(lane, ['median', 'median latency', ({ delayMs }) => delayMs.p50, 'ms']),
      ),
      total('messages', 'messages delivered', messages, trials),
    ];
  },

  judge(figures) {
    const [short, long, messages] = figures.need(
      'No usable trial of each size',
      `median/${payloads[0]}`,
      `median/${payloads[1]}`,
      'messages',
    );
    return {
      verdict: long.high - short.low <= frameMs ? 'holds' : 'does not hold',
      sentence: `The median latency of ${writeBytes(payloads[0] as number)} was ${withRange(short, writeMs)}, of ${writeBytes(payloads[1] as number)} ${withRange(long, writeMs)} (n = ${whole(messages.value)}).`,
    };
  },
};
