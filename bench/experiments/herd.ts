import { NotEnough } from '../analysis/findings.ts';
import { spread, threeDigits, whole, withRange, writeMs } from '../analysis/statistics.ts';
import { type Absence, type Experiment, type GroupPlan, rotate, type TrialPlan } from '../experiment.ts';
import type { Trial } from '../result.ts';

const ratePerSecond = 20;
const intervalMs = 500;
const sampleEveryMs = 50;
/** A herd: this share of the crowd within so many samples in a row. */
const herdShare = 0.5;
const herdSamples = 2;
const herdMs = herdSamples * sampleEveryMs;
const bare = { framework: 'http' } as const;

function groupsOf(clients: number): GroupPlan[] {
  return [
    { transport: 'push', clients, backoff: 'fixed' },
    { transport: 'push', clients, backoff: 'jittered' },
    { transport: 'short-poll', clients, intervalMs, inPhase: true, server: bare },
    { transport: 'push', clients, backoff: 'immediate' },
    { transport: 'short-poll', clients, intervalMs, server: bare },
    { transport: 'long-poll', clients, backoff: 'jittered', server: bare },
  ];
}

const sizes = {
  quick: {
    repeats: 1,
    groups: groupsOf(100).slice(0, 2),
    outage: { atMs: 200, durationMs: 400 },
    afterMs: 800,
  },
  default: {
    repeats: 1,
    groups: groupsOf(150).slice(0, 5),
    outage: { atMs: 200, durationMs: 500 },
    afterMs: 1200,
  },
  full: { repeats: 5, groups: groupsOf(300), outage: { atMs: 300, durationMs: 700 }, afterMs: 1300 },
} satisfies Record<string, { repeats: number; groups: GroupPlan[]; outage: Absence; afterMs: number }>;

export const herd: Experiment = {
  text: {
    id: 'herd',
    title: 'The herd',
    claim: 'Whoever is cut off has to connect again',
    question: 'What happens when everybody comes back at once?',
    prediction: {
      choices: [
        {
          text: 'Nothing special: the clients were all connected before.',
          why: 'They had connected one by one. Connecting costs more than staying connected, and now all of them connect at once.',
        },
        {
          text: 'The sooner the clients retry, the sooner everything is well again.',
          why: 'While the server is down, every retry fails and costs work on both sides. When the server is back, all clients are there at once.',
        },
        {
          text: 'With fixed backoff they all return at once; with jitter, spread out over time.',
          why: 'Clients that were cut off together and wait equally long return together: a thundering herd.',
        },
        {
          text: 'Polling is just as bad: all clients poll the moment the server is back.',
          why: 'A poller keeps its schedule. It only got no response for a time. If all schedules are synchronized, it is as bad.',
        },
      ],
      right: 2,
    },
    howToRead:
      'Connections that the server accepted in each twentieth of a second; where there are none at all it was away. One tall bar is a herd, a low hill is a crowd that comes spread out. Below: how long it took until the last client had news again.',
    why: 'All lose the server in the same instant. Those that wait a fixed time come back in the same instant, too. A random wait below a limit that doubles spreads them. Polls keep to their slots: if these are spread, so is the return.',
    caveat:
      'The crowd lives in one process, which spreads even a herd a little: its connections are made one after the other. A herd from a thousand machines is sharper. The fixed wait is a second.',
  },

  rule: `A herd is half of the crowd or more within ${herdMs} ms. Holds when the crowd comes back as a herd with jittered waits as well, in every run; "depends" when it does with a fixed wait and not with a jittered one; otherwise it does not hold.`,

  plan(profile) {
    const { repeats, groups, outage, afterMs } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const group of rotate(groups, repeat))
        trials.push({
          groups: [group],
          schedule: { kind: 'periodic', ratePerSecond },
          outage,
          durationMs: outage.atMs + outage.durationMs + afterMs,
          sampleEveryMs,
          repeat,
        });
    return { trials };
  },

  judge({ trials }) {
    const pushes = (backoff: 'fixed' | 'jittered' | 'immediate') =>
      trials.filter(({ transport, parameters }) => transport === 'push' && parameters.backoff === backoff);
    const fixed = spread(pushes('fixed').map(peakShare));
    const jittered = spread(pushes('jittered').map(peakShare));
    const polls = trials.filter(({ transport }) => transport === 'short-poll');
    const spreadPolls = spread(polls.filter(({ parameters }) => !parameters.inPhase).map(peakShare));
    const inPhase = spread(polls.filter(({ parameters }) => parameters.inPhase).map(peakShare));
    if (!fixed || !jittered) throw new NotEnough('There is no usable pair of a fixed and a jittered wait');

    const verdict =
      jittered.low >= herdShare ? 'holds' : fixed.low >= herdShare ? 'depends' : 'does not hold';
    const clients = trials[0]?.clients.count ?? 0;
    const recovered = (some: Trial[]) => spread(some.map(({ returned }) => returned?.allHearNewsMs));
    const [fixedAfter, jitteredAfter] = [recovered(pushes('fixed')), recovered(pushes('jittered'))];
    const percent = (share: number) => `${threeDigits(100 * Math.min(1, share))} %`;
    return {
      verdict,
      sentence: [
        `Of ${whole(clients)} push clients that lost the server together, ${withRange(fixed, percent)} came back within ${herdMs} ms with a fixed wait of a second, ${withRange(jittered, percent)} with a jittered one.`,
        fixedAfter && jitteredAfter
          ? `The last had news ${writeMs(fixedAfter.median)} after the server’s return with the fixed wait, ${writeMs(jitteredAfter.median)} with the jittered.`
          : '',
        inPhase ? `Polls in phase: ${withRange(inPhase, percent)}` : '',
        inPhase && spreadPolls
          ? `; spread over their interval ${withRange(spreadPolls, percent)}.`
          : inPhase
            ? '.'
            : '',
      ]
        .filter(Boolean)
        .join(' ')
        .replace(' ;', ';')
        .replace(' .', '.'),
      evidence: trials.map(({ id }) => id),
    };
  },
};

/** The largest share of the crowd that connected within a tenth of a second. */
function peakShare({ series, clients }: Trial): number | undefined {
  if (!series?.connects) return undefined;
  const { connects } = series;
  const together = connects.map((_, index) =>
    connects.slice(index, index + herdSamples).reduce((sum, count) => sum + count, 0),
  );
  return Math.max(...together) / clients.count;
}
