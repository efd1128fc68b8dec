import type { TransportName } from '../../../clients/transports.ts';
import type { Policy } from '../../../servers/fan-out/send-queue.ts';
import { type Figures, figuresOf, lanesBy, NotEnough, type Quantity } from '../../analysis/figures.ts';
import { overwhelmedAgeMs } from '../../analysis/models.ts';
import {
  significant,
  threeDigits,
  withRange,
  writeBytes,
  writeMedian,
  writeMiB,
  writeMs,
  writePercent,
} from '../../analysis/statistics.ts';
import { longestQueueMiB } from '../../analysis/trial-quantities.ts';
import type { Absence, Experiment, GroupPlan, TrialPlan } from '../../experiment.ts';
import type { Cohort, Trial } from '../../result.ts';

const ratePerSecond = 100;
/** A slow client handles ten messages a second of a hundred. */
const handlingMs = 100;
/** Large, or the kernel would swallow the whole overload before the server noticed it. */
const payloadBytes = 96 * 1024;
const fastClients = 20;
/** Pollers are fewer: each of their answers is put together again, and 21 times so much would fill the server’s time. */
const pollers = 4;
/** Taking events apart costs the simulated clients more than WebSocket frames. */
const listeners = 11;
const intervalMs = 200;
/** What may wait in the server for one client, under every policy that has a limit. */
const limitBytes = 1024 * 1024;
const mebibyte = 1024 * 1024;
/** More than this in the server for one slow client is an overload. */
const overloadBytes = mebibyte;
/** A limit is kept when no more waits than this: the socket’s room and one message come on top. */
const roomBytes = limitBytes + 2 * payloadBytes;

const bounded = ['drop-newest', 'drop-oldest', 'conflate', 'disconnect', 'credit'] as const;
const policies = ['unbounded', ...bounded] as const;
const policyNames: Record<(typeof bounded)[number], string> = {
  'drop-newest': 'the policy “drop-newest”',
  'drop-oldest': 'the policy “drop-oldest”',
  conflate: 'the policy “conflate”',
  disconnect: 'the policy “disconnect”',
  credit: 'credit-based flow control',
};
const pulled: readonly TransportName[] = ['short-poll', 'long-poll', 'notify'];

/** The server's options for a policy. Credit needs no limit: what was not asked for waits in the log. */
function pushUnder(policy: Policy, slowClients: number, clients: number): GroupPlan {
  const limit = policy === 'unbounded' || policy === 'credit' ? {} : { limitBytes };
  return {
    transport: 'push',
    clients,
    slowClients,
    handlingMs,
    server: { policy, ...limit },
    ...(policy === 'credit' && { credit: 8 }),
  };
}

function pulling(slowClients: number, clients: number): GroupPlan[] {
  return [
    { transport: 'short-poll', clients, slowClients, handlingMs, intervalMs, server: { framework: 'http' } },
    { transport: 'long-poll', clients, slowClients, handlingMs, server: { framework: 'http' } },
    { transport: 'notify', clients, slowClients, handlingMs, server: { framework: 'http' } },
  ];
}

const oneSlow = fastClients + 1;
const half = fastClients / 2;

const everyPolicy = (slowClients: number, clients: number) =>
  policies.map((policy) => pushUnder(policy, slowClients, clients));

const groups = {
  quick: [
    pushUnder('unbounded', 1, oneSlow),
    pushUnder('drop-oldest', 1, oneSlow),
    ...pulling(1, pollers).slice(0, 1),
  ],
  default: [
    ...everyPolicy(1, oneSlow),
    { ...pushUnder('drop-oldest', 1, listeners), transport: 'sse' },
    ...pulling(1, pollers),
  ],
  full: [
    ...everyPolicy(1, oneSlow),
    ...everyPolicy(half, fastClients),
    { ...pushUnder('drop-oldest', 1, listeners), transport: 'sse' },
    ...pulling(1, pollers),
  ],
} satisfies Record<string, GroupPlan[]>;

/**
 * Calm, overload, and some time to recover, in whole poll intervals. The same in every profile: how much waits
 * grows with the time, and in a shorter one the kernel takes it all.
 */
const durationMs = 2400;
const overload: Absence = { atMs: 300, durationMs: 1700 };
const repeatsOf = { quick: 1, default: 1, full: 5 };

/** Long enough to see whether memory stays flat; only in `full`. */
const longMs = 60_000;
const longLogMessages = 500;

export const overwhelmed: Experiment = {
  text: {
    id: 'overwhelmed',
    title: 'The slow consumer',
    claim: 'A client that can’t handle the load makes the server’s memory grow',
    question: 'One client is too slow. Where do its messages pile up, and at what cost?',
    prediction: {
      choices: [
        {
          text: 'In the client: the server deletes each message after sending it.',
          why: 'A client that stops reading fills its own buffers first, then the kernel’s buffers, and then the server’s memory.',
        },
        {
          text: 'With push, messages wait in the server’s memory; with polling, in the server’s log.',
          why: 'A queue limit bounds the memory, but every overflow policy has a cost. Messages that a polling client has not requested stay in the log.',
        },
        {
          text: 'Nowhere: TCP slows the server down to the speed of the client.',
          why: 'TCP slows only the connection. The source keeps sending messages, and the server has to queue or drop these messages.',
        },
        {
          text: 'In the client, with polling: all missed responses arrive at once.',
          why: 'Batches have a limit, and the client requests the next batch after it has handled the previous batch.',
        },
      ],
      right: 1,
    },
    howToRead:
      'In the shaded time one of 21 clients handles only 10 of 100 messages per second. The first chart shows the bytes queued in the server for that client, per overflow policy. The second chart shows the latency of the messages that the client handles. The third chart shows the messages lost with each policy. The thin dotted line is the model without a queue limit.',
    why: 'The client handles μ of λ messages per second, so λ − μ messages per second have to wait somewhere. Without a limit, these messages wait in the server’s send queue for this client. Dropping keeps the queue short and loses messages. Conflating keeps only the newest message. After a disconnect, the client has to reconnect with its cursor. With credit-based flow control, the server sends only as many messages as the client has requested. All other messages stay in the log.',
    caveat:
      'The kernel buffers some megabytes before the server can detect a slow client. Only credit-based flow control and polling keep these buffers empty. The buffers can grow to tens of megabytes, and in some runs they hold the whole backlog. A message in several queues is in memory only once. So compare the queued bytes per client, not the process memory. The slow client here really stops reading. With a handler that only sleeps, the messages would pile up in the client, as “How benchmarks lie” shows.',
  },

  rule: `The verdict uses the bytes that the server queues for the slow client. The claim does not hold if push without a limit queues at most ${writeBytes(overloadBytes)} in the median run: the kernel may buffer the whole backlog. Otherwise the claim "depends" if push with a limit and polling queue at most ${writeBytes(roomBytes)} in every run. Otherwise the claim holds. The ${writeBytes(roomBytes)} are the sum of the limit of ${writeBytes(limitBytes)}, the socket’s buffer and one message.`,

  plan(profile) {
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeatsOf[profile]; repeat += 1)
      for (const group of groups[profile])
        trials.push({
          groups: [group],
          schedule: { kind: 'periodic', ratePerSecond, payloadBytes },
          durationMs,
          overload,
          repeat,
          sampleEveryMs: 50,
        });
    if (profile === 'full') trials.push(...longTrials());
    return { trials };
  },

  figures({ trials }) {
    const short = trials.filter(
      ({ durationMs, parameters }) => durationMs < longMs && parameters.slowClients === 1,
    );
    const pushes = short.filter(({ transport }) => transport === 'push');
    const isOpen = ({ parameters }: Trial) => parameters.policy === 'unbounded';
    const long = trials.filter(({ durationMs }) => durationMs >= longMs);
    return [
      ...lanesBy(short, kindOf).flatMap((lane) =>
        figuresOf(lane, ['longestQueue', 'largest send queue', longestQueueMiB, 'MiB']),
      ),
      ...lanesBy(pushes, ({ parameters }) => parameters.policy ?? 'unknown').flatMap((lane) =>
        figuresOf(lane, ...ofPolicies),
      ),
      ...figuresOf({ runs: long.filter((trial) => !isOpen(trial)).slice(0, 1) }, [
        'memoryGrowth',
        'growth of the server’s memory over a minute, with all limits',
        memoryGrowth,
      ]),
      ...figuresOf({ runs: long.filter(isOpen).slice(0, 1) }, [
        'queueGrowth',
        'growth of the send queue ÷ growth that λ − μ predicts',
        backlogGrowth,
      ]),
    ];
  },

  judge(figures) {
    const bounds = bounded.flatMap((policy) => figures.get(`longestQueue/push/${policy}`) ?? []);
    const pulls = pulled.flatMap((transport) => figures.get(`longestQueue/${transport}`) ?? []);
    const few = 'No usable trial without a queue limit, with a queue limit, or with polling';
    if (bounds.length === 0 || pulls.length === 0) throw new NotEnough(few);
    const [open, latency, overload] = figures.need(
      few,
      'longestQueue/push/unbounded',
      'highestLatency/unbounded',
      'overload/unbounded',
    );
    const [bound, polled] = [bounds, pulls].map((all) => Math.max(...all.map(({ high }) => high))) as [
      number,
      number,
    ];
    const keeps = bound * mebibyte <= roomBytes && polled * mebibyte <= roomBytes;
    const verdict = open.value * mebibyte <= overloadBytes ? 'does not hold' : keeps ? 'depends' : 'holds';
    const seconds = overload.value;
    return {
      verdict,
      sentence: [
        `In ${threeDigits(seconds)} s of overload without a queue limit, the server queued ${withRange(open, writeMiB)} for a slow push client.`,
        `The server queued at most ${writeMiB(bound, 2)} with a queue limit, and at most ${writeMiB(polled, 2)} with polling.`,
        `Without a limit, the latency of the slow client grew to ${withRange(latency, writeMs)}.`,
        prices(figures),
        neighbours(figures),
        longSentence(figures),
      ]
        .filter(Boolean)
        .join(' '),
      model: `latency after ${threeDigits(seconds)} s of overload: (1 − μ/λ)·t = ${writeMs(overwhelmedAgeMs(seconds * 1000, ratePerSecond, 1000 / handlingMs))}; queued bytes: (λ − μ)·m·t minus the kernel’s buffers`,
    };
  },
};

/** All bounds side by side on one server, whose memory must not grow; and no bound, in a server of its own. */
function longTrials(): TrialPlan[] {
  const clients = 5;
  const plan = {
    schedule: { kind: 'periodic' as const, ratePerSecond, payloadBytes: payloadBytes / 3 },
    durationMs: longMs,
    overload: { atMs: 5000, durationMs: longMs - 5000 },
    repeat: 1,
    ownProcesses: true,
    sampleEveryMs: 500,
  };
  return [
    // A log that is full from the start: its growth would hide whether the outboxes grow.
    {
      ...plan,
      groups: bounded.map((policy) => pushUnder(policy, 1, clients)),
      logLimitMessages: longLogMessages,
    },
    { ...plan, groups: [pushUnder('unbounded', 1, clients)], giveUp: true },
  ];
}

/** "push/unbounded", "short-poll". */
function kindOf({ transport, parameters: { policy } }: Trial): string {
  return policy ? `${transport}/${policy}` : transport;
}

/** What a policy of push cost the slow client, and the fast clients. */
const ofPolicies: Quantity<Trial>[] = [
  ['highestLatency', 'maximum latency of the slow client', oldestAgeMs, 'ms'],
  ['overload', 'overload', ({ parameters }) => (parameters.overloadMs ?? 0) / 1000, 's'],
  ['lostShare', 'share of messages that the slow client lost', lostShare],
  ['evictions', 'connections that the server closed', ({ server }) => server.evictions?.count ?? 0],
  [
    'fastP99Before',
    '99th percentile latency of fast clients before the overload',
    (trial) => phasesOf(trial)?.before.p99,
    'ms',
  ],
  [
    'fastP99During',
    '99th percentile latency of fast clients during the overload',
    (trial) => phasesOf(trial)?.during.p99,
    'ms',
  ],
];

function lostShare(trial: Trial): number | undefined {
  const slow = cohortOf(trial, 'slow')?.messages;
  return slow && (slow.expected - slow.delivered) / slow.expected;
}

function phasesOf(trial: Trial): Cohort['phases'] {
  return cohortOf(trial, 'fast')?.phases;
}

function oldestAgeMs({ series }: Trial): number | undefined {
  return series && Math.max(...series.slowAgeMs.map((ageMs) => ageMs ?? 0));
}

function cohortOf(trial: Trial, name: Cohort['name']): Cohort | undefined {
  return trial.cohorts?.find((cohort) => cohort.name === name);
}

/** What each policy cost the slow client. */
function prices(figures: Figures): string {
  const words = bounded.flatMap((policy) => {
    const share = figures.get(`lostShare/${policy}`);
    return share ? [`${writeMedian(share, writePercent)} with ${policyNames[policy]}`] : [];
  });
  const closed = figures.get('evictions/disconnect');
  return [
    words.length > 0 ? `The slow client lost these shares of its messages: ${words.join(', ')}.` : '',
    closed
      ? `With the policy “disconnect”, the server closed the slow client’s connection ${times(closed.value)}.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${threeDigits(count)} times`;
}

/** The latency of the fast clients during the overload, compared with the time before. */
function neighbours(figures: Figures): string {
  const words = (['unbounded', 'conflate', 'credit'] as const).flatMap((policy) => {
    const before = figures.get(`fastP99Before/${policy}`);
    const during = figures.get(`fastP99During/${policy}`);
    return before && during
      ? [
          `${writeMedian(during, writeMs)} ${policy === 'unbounded' ? 'without a queue limit' : `with ${policyNames[policy]}`} (before: ${writeMedian(before, writeMs)})`,
        ]
      : [];
  });
  return words.length > 0
    ? `During the overload, the 99th percentile latency of the fast clients was ${words.join(', ')}.`
    : '';
}

/** How flat the memory stayed, and how the queue grew, over a minute. */
function longSentence(figures: Figures): string {
  const [flat, growth] = [figures.get('memoryGrowth'), figures.get('queueGrowth')];
  return [
    flat
      ? `Over a minute, the memory of a server with all limits changed by ${writePercent(flat.value, 2)}.`
      : '',
    growth
      ? `Without a limit, the send queue grew ${significant(growth.value, 2)} times as fast as λ − μ predicts.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** Mean memory in the last third of the window over that in the middle third, less one. The first third is warm-up. */
export function memoryGrowth({ series }: Trial): number | undefined {
  if (!series) return undefined;
  const third = Math.floor(series.rssBytes.length / 3);
  const middle = mean(series.rssBytes.slice(third, 2 * third));
  return mean(series.rssBytes.slice(2 * third)) / middle - 1;
}

/** How fast the queue grew once the kernel’s buffers were full, over what λ − μ predicts. */
export function backlogGrowth({ series, parameters }: Trial): number | undefined {
  if (!series || !parameters.handlingMs) return undefined;
  const first = series.longestBacklogBytes.findIndex((bytes) => bytes > mebibyte);
  const last = series.longestBacklogBytes.length - 1;
  if (first < 0 || last - first < 2) return undefined;
  const bytes = (series.longestBacklogBytes[last] ?? 0) - (series.longestBacklogBytes[first] ?? 0);
  const seconds = ((series.atMs[last] ?? 0) - (series.atMs[first] ?? 0)) / 1000;
  const surplus = parameters.ratePerSecond - 1000 / parameters.handlingMs;
  return bytes / seconds / (surplus * parameters.payloadBytes);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
