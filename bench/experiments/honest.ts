import { figuresOf, NotEnough, type OwnFigure } from '../analysis/figures.ts';
import { significant } from '../analysis/statistics.ts';
import { longestQueueMiB } from '../analysis/trial-quantities.ts';
import type { Evidence, Experiment, TrialPlan } from '../experiment.ts';
import type { Pair, Trial } from '../result.ts';

/** A pair is apart when one number is more than so many times the other. */
const apartTimes = 2;

const sizes = {
  quick: { repeats: 1, slowMs: 600, pollMs: 1000, farMs: 300, cannonMs: 1000 },
  default: { repeats: 1, slowMs: 1200, pollMs: 1500, farMs: 600, cannonMs: 1000 },
  full: { repeats: 5, slowMs: 2000, pollMs: 3000, farMs: 2000, cannonMs: 4000 },
} as const;

const intervalMs = 500;
const fastPerSecond = 50;
const oneWayMs = 40;

export const honest: Experiment = {
  text: {
    id: 'honest',
    title: 'How benchmarks lie',
    claim: 'A naive benchmark gives correct results',
    question: 'How could this benchmark lie to you?',
    prediction: {
      choices: [
        {
          text: 'By a large factor, without a single wrong line of code.',
          why: 'Each pair measures the same server in the same run. Only the method differs.',
        },
        {
          text: 'Hardly: the clock is exact, so the numbers are exact too.',
          why: 'The clock is exact, but the benchmark may measure the wrong interval.',
        },
        {
          text: 'By a little noise, which more runs remove.',
          why: 'More runs make a wrong number more precise. They don’t make it right.',
        },
        {
          text: 'Only on purpose: somebody has to want a wrong result.',
          why: 'Honest beginners and well-known tools use each of these naive methods.',
        },
      ],
      right: 0,
    },
    howToRead:
      'Each row compares two measurements of one quantity, from the same run or the same server. The hollow marker is the naive number, the filled marker the honest number. The axis is logarithmic. The further apart the markers, the bigger the error.',
    why: 'A naive benchmark does not measure the delays of real users. A client with a sleeping handler still reads from its socket. A response time leaves out the wait of a message for the next poll. A client that waits for responses sends no requests while the server is stalled. A mean hides the slowest messages. On one machine, the network delay is close to zero.',
    caveat: 'These errors are deliberate, minimal examples. Other benchmarks may have other errors.',
  },

  rule: `A pair is wrong when one number is more than ${apartTimes} times the other, in the median run. The claim does not hold if more than half of the pairs are wrong. The claim holds if no pair is wrong. Otherwise the claim "depends".`,

  plan(profile) {
    const { repeats, slowMs, pollMs, farMs, cannonMs } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      trials.push(...plans({ slowMs, pollMs, farMs }, repeat));
    return { trials, probes: [{ name: 'autocannon', durationMs: cannonMs }] };
  },

  pairs: (evidence) => readingsOf(evidence).flatMap(pairOf),

  figures(evidence) {
    const slow = (slowBy: 'pause' | 'sleep') => ({
      name: slowBy,
      runs: evidence.trials.filter(({ parameters }) => parameters.slowBy === slowBy),
    });
    const queueWhile = (words: string) =>
      ['longestQueue', `largest send queue while the ${words}`, longestQueueMiB, 'MiB'] as const;
    return [
      ...readingsOf(evidence).flatMap(sidesOf),
      ...figuresOf(slow('sleep'), queueWhile('handler sleeps')),
      ...figuresOf(slow('pause'), queueWhile('client stops reading')),
    ];
  },

  judge(figures) {
    const pairs = figures.under('naive').flatMap((naive) => {
      const honest = figures.get(naive.name.replace('naive', 'honest'));
      return honest ? [{ naive, honest }] : [];
    });
    const [worst] = pairs.toSorted((a, b) => timesApart(b) - timesApart(a));
    if (!worst) throw new NotEnough('No usable pair of a naive number and an honest number');
    const apart = pairs.filter((pair) => timesApart(pair) > apartTimes);
    const verdict =
      apart.length * 2 > pairs.length ? 'does not hold' : apart.length === 0 ? 'holds' : 'depends';
    const write = ({ value, unit }: OwnFigure) => `${significant(value, 2)} ${unit}`;
    return {
      verdict,
      sentence: `In ${apart.length} of ${pairs.length} pairs, the naive number was wrong by more than a factor of ${apartTimes}. The largest error was ${write(worst.naive)} instead of ${write(worst.honest)} (${worst.naive.label}).`,
    };
  },
};

function plans(sizes: { slowMs: number; pollMs: number; farMs: number }, repeat: number): TrialPlan[] {
  const slow = (slowBy: 'pause' | 'sleep'): TrialPlan => ({
    groups: [{ transport: 'push', clients: 3, slowClients: 1, handlingMs: 100, slowBy }],
    schedule: { kind: 'periodic', ratePerSecond: 500, payloadBytes: 32 * 1024 },
    durationMs: sizes.slowMs,
    repeat,
    sampleEveryMs: 100,
    giveUp: true,
  });
  const far = (link: TrialPlan['link']): TrialPlan => ({
    groups: [{ transport: 'long-poll', clients: 1, server: { framework: 'http' } }],
    schedule: { kind: 'poisson', ratePerSecond: fastPerSecond },
    link,
    durationMs: sizes.farMs,
    repeat,
  });
  return [
    slow('pause'),
    slow('sleep'),
    {
      groups: [
        { transport: 'short-poll', clients: 10, intervalMs },
        { transport: 'push', clients: 10 },
      ],
      schedule: { kind: 'poisson', ratePerSecond: fastPerSecond },
      durationMs: sizes.pollMs,
      repeat,
      // Long enough to be noticed, and too short to reach a percent of a closed loop’s requests.
      stall: { atMs: sizes.pollMs / 2, durationMs: sizes.pollMs / 5 },
      besides: { clients: 2, intervalMs: 5 },
    },
    far({ oneWayMs: 0 }),
    far({ oneWayMs }),
  ];
}

/** One quantity read in two ways. `values`: one per run. */
type Readings = {
  name: string;
  title: string;
  unit: string;
  naive: Reading;
  honest: Reading;
  lesson: string;
};
type Reading = { how: string; runs: readonly { id?: string; value: number | null | undefined }[] };

function readingsOf({ trials, probes }: Evidence): Readings[] {
  const stalled = trials.filter(({ parameters }) => parameters.stallMs !== undefined);
  const polls = stalled.filter(({ transport }) => transport === 'short-poll');
  const pushes = stalled.filter(({ transport }) => transport === 'push');
  const slow = (slowBy: 'pause' | 'sleep') => trials.filter(({ parameters }) => parameters.slowBy === slowBy);
  const away = (atMs: number) =>
    trials.filter(({ parameters, transport }) => transport === 'long-poll' && parameters.oneWayMs === atMs);
  const [cannon] = probes.filter(({ name }) => name === 'autocannon');
  return [
    {
      name: 'send-queue',
      title: 'the server’s send queue for a slow client',
      unit: 'MiB',
      naive: reading('the handler sleeps, but the client keeps reading', slow('sleep'), queueAtEndMiB),
      honest: reading('the client really stops reading', slow('pause'), queueAtEndMiB),
      lesson:
        'A client with a sleeping handler still reads from its socket. Its messages pile up in the client’s memory, not in the server’s send queue.',
    },
    {
      name: 'poll-latency',
      title: 'the latency of a short poll',
      unit: 'ms',
      naive: reading('from request to response, median', polls, ({ responseMs }) => responseMs?.p50),
      honest: reading('from scheduled send to handler, median', polls, ({ delayMs }) => delayMs.p50),
      lesson:
        'The response comes at once, but its message has waited for the poll. Response time is not latency.',
    },
    {
      name: 'stalled-responses',
      title: 'the 99th percentile of the response time while the server is stalled',
      unit: 'ms',
      naive: reading(
        'closed loop: only requests that were sent',
        polls,
        ({ besides }) => besides?.closedLoopMs.p99,
      ),
      honest: reading(
        'from the scheduled time of each request',
        polls,
        ({ besides }) => besides?.plannedMs.p99,
      ),
      lesson:
        'A client that waits for a response sends no further requests. The statistics omit these requests: this error is called coordinated omission.',
    },
    {
      name: 'stalled-push',
      title: 'the latency of pushed messages while the server is stalled',
      unit: 'ms',
      naive: reading('the mean', pushes, ({ delayMs }) => delayMs.mean),
      honest: reading('the 99th percentile', pushes, ({ delayMs }) => delayMs.p99),
      lesson:
        'Most messages are faster than the mean. The delayed messages take many times as long as the mean.',
    },
    {
      name: 'long-poll',
      title: `the latency of a long poll at ${fastPerSecond} messages/s`,
      unit: 'ms',
      naive: reading('on one machine', away(0), ({ delayMs }) => delayMs.mean),
      honest: reading(`${oneWayMs} ms away`, away(oneWayMs), ({ delayMs }) => delayMs.mean),
      lesson:
        'On one machine, a round trip takes almost no time. A short round trip flatters long polling most.',
    },
    {
      name: 'autocannon',
      title: 'the response time of a server that always takes 100 ms, at 5 requests/s',
      unit: 'ms',
      naive: {
        how: 'autocannon, with its correction',
        runs: [{ value: cannon?.values.correctedP50Ms }],
      },
      honest: {
        how: 'autocannon, ignoring coordinated omission',
        runs: [{ value: cannon?.values.ignoringP50Ms }],
      },
      lesson:
        'autocannon 9 corrects its numbers as if one request per millisecond were scheduled. If no request was omitted, the correction adds fast responses that never happened.',
    },
  ];
}

function reading(
  how: string,
  trials: readonly Trial[],
  read: (trial: Trial) => number | null | undefined,
): Reading {
  return { how, runs: trials.map((trial) => ({ id: trial.id, value: read(trial) })) };
}

function sidesOf({ name, title, unit, naive, honest }: Readings) {
  return Object.entries({ naive, honest }).flatMap(([side, { how: words, runs }]) =>
    figuresOf({ name, words, runs }, [side, title, ({ value }) => value, unit]),
  );
}

/** A pair from the median run of each reading; none where a reading is missing. */
function pairOf(readings: Readings): Omit<Pair, 'experiment'>[] {
  const { title, unit, lesson } = readings;
  const [naive, honest] = sidesOf(readings);
  if (!naive || !honest) return [];
  return [
    {
      title,
      unit,
      naive: { how: readings.naive.how, value: naive.value },
      honest: { how: readings.honest.how, value: honest.value },
      lesson,
    },
  ];
}

/** How many times one number is the other. Zero is infinitely far from any other number. */
function timesApart({ naive, honest }: { naive: OwnFigure; honest: OwnFigure }): number {
  const [low = 0, high = 0] = [naive.value, honest.value].sort((a, b) => a - b);
  if (high === 0) return 1;
  return low === 0 ? Number.POSITIVE_INFINITY : high / low;
}

function queueAtEndMiB({ series }: Trial): number | undefined {
  const bytes = series?.longestBacklogBytes.at(-1);
  return bytes === undefined ? undefined : bytes / 1024 / 1024;
}
