import { NotEnough } from '../analysis/findings.ts';
import { type Spread, spread, threeDigits, whole, withRange, writeMs } from '../analysis/statistics.ts';
import type { Absence, Experiment, GroupPlan, TrialPlan } from '../experiment.ts';
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

/** Windows hold whole poll intervals. */
const sizes = {
  quick: {
    repeats: 1,
    groups: groupsOf(100).slice(0, 2),
    outage: { atMs: 200, durationMs: 400 },
    afterMs: 900,
  },
  default: {
    repeats: 1,
    groups: groupsOf(150).slice(0, 5),
    outage: { atMs: 200, durationMs: 500 },
    afterMs: 1300,
  },
  full: { repeats: 5, groups: groupsOf(300), outage: { atMs: 300, durationMs: 700 }, afterMs: 1500 },
} satisfies Record<string, { repeats: number; groups: GroupPlan[]; outage: Absence; afterMs: number }>;

export const herd: Experiment = {
  text: {
    id: 'herd',
    title: 'The herd',
    claim: 'Clients that lose the server come back all at once',
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

  rule: `A thundering herd is ${100 * herdShare}% of the clients or more within ${herdMs} ms, in the median run. Holds when push clients come back as a herd with a fixed wait and with a jittered one. "Depends" when only with a fixed wait. Does not hold when not even with a fixed wait.`,

  plan(profile) {
    const { repeats, groups, outage, afterMs } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const group of groups)
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

    const isHerd = ({ median }: Spread) => median >= herdShare;
    const verdict = !isHerd(fixed) ? 'does not hold' : isHerd(jittered) ? 'holds' : 'depends';
    const clients = trials[0]?.clients.count ?? 0;
    const recovered = (some: Trial[]) => spread(some.map(({ returned }) => returned?.allHearNewsMs));
    const [fixedAfter, jitteredAfter] = [recovered(pushes('fixed')), recovered(pushes('jittered'))];
    const percent = (share: number) => `${threeDigits(100 * Math.min(1, share))}%`;
    return {
      verdict,
      sentence: [
        `With a fixed wait of 1 s ${withRange(fixed, percent)} of ${whole(clients)} push clients came back within ${herdMs} ms, with a jittered wait ${withRange(jittered, percent)}.`,
        fixedAfter && jitteredAfter
          ? `The last client had news ${writeMs(fixedAfter.median)} after the server’s return with the fixed wait, ${writeMs(jitteredAfter.median)} with the jittered one.`
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
