import { figuresOf, lanesBy, named, type OwnFigure, quotient } from '../../analysis/figures.ts';
import {
  type Digits,
  whole,
  withRange,
  writeMedian,
  writeMs,
  writePercent,
} from '../../analysis/statistics.ts';
import type { Absence, Experiment, GroupPlan, TrialPlan } from '../../experiment.ts';
import type { Trial } from '../../result.ts';

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
    title: 'The thundering herd',
    claim: 'After a server outage, push clients reconnect in a thundering herd',
    question: 'What happens when all clients reconnect after an outage?',
    prediction: {
      choices: [
        {
          text: 'Nothing special: the clients were all connected before.',
          why: 'The clients had connected one by one. A new connection costs more than an open connection, and now all clients connect at once.',
        },
        {
          text: 'The sooner the clients retry, the sooner everything works again.',
          why: 'While the server is down, every retry fails and costs work on both sides. When the server is back, all clients come at once.',
        },
        {
          text: 'With fixed backoff, all clients return at once; with full jitter, over time.',
          why: 'Clients that disconnect at the same moment and wait the same time return together: a thundering herd.',
        },
        {
          text: 'Polling is just as bad: all clients poll at the moment when the server is back.',
          why: 'Polling clients keep their schedules and only miss some responses. The clients return at once only if their schedules are synchronized.',
        },
      ],
      right: 2,
    },
    howToRead: `Each bar shows the connections that the server accepted in ${sampleEveryMs} ms. During the outage, the server accepts no connection. One tall bar is a thundering herd. Many low bars are reconnections spread over time. The lower chart shows when the last client got its next message.`,
    why: 'All clients lose the server at the same instant. Clients with fixed backoff also return at the same instant. Full jitter spreads the reconnections: each client waits a random time below a limit that doubles with every attempt. Polling clients keep their schedule: if their polls are staggered, they return staggered.',
    caveat:
      'All clients run in one process, which opens their connections one after another. This order spreads even a thundering herd a little. With clients on a thousand machines, the peak would be higher. The fixed backoff is one second.',
  },

  rule: `Clients return as a thundering herd if at least ${100 * herdShare}% of them reconnect within ${herdMs} ms, in the median run. The claim holds if push clients return as a thundering herd with fixed backoff and with full jitter. The claim "depends" if only fixed backoff causes a thundering herd. Otherwise the claim does not hold.`,

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

  figures({ trials }) {
    const own = lanesBy(trials, kindOf).flatMap((lane) =>
      figuresOf(
        lane,
        ['clients', 'clients', ({ clients }) => clients.count],
        ['peakShare', `share of the clients that reconnected within ${herdMs} ms`, peakShare],
        ['peakConnects', 'peak connections per sample', mostConnects],
        [
          'recovered',
          'time until the last client recovered',
          ({ returned }) => returned?.allHearNewsMs,
          'ms',
        ],
      ),
    );
    const [fixed, jittered] = [
      named(own, 'peakConnects/push/fixed'),
      named(own, 'peakConnects/push/jittered'),
    ];
    return [
      ...own,
      quotient('peakTimes', 'peak connections per sample, fixed backoff ÷ jitter', fixed, jittered),
    ];
  },

  judge(figures) {
    const [fixed, jittered, clients] = figures.need(
      'No usable pair of fixed backoff and full jitter',
      'peakShare/push/fixed',
      'peakShare/push/jittered',
      'clients/push/fixed',
    );
    const [synchronized, staggered] = [
      figures.get('peakShare/short-poll/synchronized'),
      figures.get('peakShare/short-poll/staggered'),
    ];
    const isHerd = ({ value }: OwnFigure) => value >= herdShare;
    const verdict = !isHerd(fixed) ? 'does not hold' : isHerd(jittered) ? 'holds' : 'depends';
    const [fixedAfter, jitteredAfter] = [
      figures.get('recovered/push/fixed'),
      figures.get('recovered/push/jittered'),
    ];
    const percent = (share: number, digits?: Digits) => writePercent(Math.min(1, share), digits);
    return {
      verdict,
      sentence: [
        `With fixed backoff, ${withRange(fixed, percent)} of ${whole(clients.value)} push clients reconnected within ${herdMs} ms, with full jitter ${withRange(jittered, percent)}.`,
        fixedAfter && jitteredAfter
          ? `The last client recovered ${writeMedian(fixedAfter, writeMs)} after the server’s return with fixed backoff, ${writeMedian(jitteredAfter, writeMs)} with full jitter.`
          : '',
        synchronized
          ? `With synchronized polls, ${withRange(synchronized, percent)} of the polling clients reconnected within ${herdMs} ms.`
          : '',
        staggered
          ? `With staggered polls, ${withRange(staggered, percent)} of the polling clients reconnected within ${herdMs} ms.`
          : '',
      ]
        .filter(Boolean)
        .join(' '),
    };
  },
};

/** "push/fixed", "short-poll/synchronized". */
function kindOf({ transport, parameters: { backoff, inPhase } }: Trial): string {
  const kind = transport === 'short-poll' ? (inPhase ? 'synchronized' : 'staggered') : backoff;
  return `${transport}/${kind}`;
}

/** The largest share of the crowd that connected within a tenth of a second. */
function peakShare({ series, clients }: Trial): number | undefined {
  if (!series?.connects) return undefined;
  const { connects } = series;
  const together = connects.map((_, index) =>
    connects.slice(index, index + herdSamples).reduce((sum, count) => sum + count, 0),
  );
  return Math.max(...together) / clients.count;
}

function mostConnects({ series }: Trial): number | undefined {
  return series?.connects && Math.max(...series.connects);
}
