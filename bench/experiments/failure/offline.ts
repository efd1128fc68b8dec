import { figuresOf, lanesBy, total } from '../../analysis/figures.ts';
import { offlineLost } from '../../analysis/models.ts';
import { threeDigits, withRange, writeMedian, writeMs } from '../../analysis/statistics.ts';
import { missedPerClient } from '../../analysis/trial-quantities.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../../experiment.ts';
import type { Trial } from '../../result.ts';

const clients = 5;
const ratePerSecond = 20;
const intervalMs = 200;
const bare = { framework: 'http' } as const;
/** A log that keeps half a second of messages, and one that keeps all of them. */
const shortMessages = 10;
const shortMs = (shortMessages * 1000) / ratePerSecond;

const groups: GroupPlan[] = [
  { transport: 'push', clients, replay: false },
  { transport: 'push', clients },
  { transport: 'sse', clients, server: bare },
  { transport: 'long-poll', clients, server: bare },
  { transport: 'short-poll', clients, intervalMs, server: bare },
];

/** Without a log push loses this share of the messages of the absence, or more. */
const lostShareMin = 0.9;

/** With any time away the window holds whole poll intervals. */
const beforeMs = 200;
const afterMs = 600;

const sizes = {
  quick: { repeats: 1, awayMs: [600] },
  default: { repeats: 1, awayMs: [1000, 2000] },
  full: { repeats: 5, awayMs: [0, 1000, 2000, 8000] },
} as const;

export const offline: Experiment = {
  text: {
    id: 'offline',
    title: 'Offline',
    claim: 'A push client must be online: it loses the messages sent while it is away',
    question: 'Which messages does a client miss while it is offline?',
    prediction: {
      choices: [
        {
          text: 'With push all messages, with polling none: a client polls again later.',
          why: 'A polling client can request messages later because the server keeps a log. With the same log and a cursor, push replays the messages as well.',
        },
        {
          text: 'No messages, with either method: TCP delivers every message.',
          why: 'TCP delivers what was written to a connection. Without a connection, the server writes nothing.',
        },
        {
          text: 'All messages, with either method: messages sent during the absence are lost.',
          why: 'This is true for push without a log. A log costs memory, but prevents the loss.',
        },
        {
          text: 'The messages that the server no longer keeps, with either method.',
          why: 'A returning client sends its cursor and gets all messages that are still in the log. The client counts the missing messages.',
        },
      ],
      right: 3,
    },
    howToRead:
      'Each line is one client, with time from left to right; the gap is the absence. Filled markers are messages delivered at once. Hollow markers are messages replayed after the return. Crosses are lost messages. One source sent the same messages to all clients.',
    why: 'A server that only pushes can’t reach a client that is offline. With a log, a returning client sends its cursor, and the server continues from there. The cursor works for push, for SSE with Last-Event-ID, and for polls. Messages that are older than the retention of the log are lost.',
    caveat:
      'The clients here close their connections properly. When a cable is cut, a server without heartbeats keeps the dead connection for minutes. With a cursor, the client then loses time, but no messages.',
  },

  rule: `The claim holds if push with a cursor lost a message that was still in the log, in any run. Otherwise the longest absence counts. The claim "depends" if push without a log lost at least ${100 * lostShareMin}% of its messages, in every run. Otherwise the claim does not hold.`,

  plan(profile) {
    const { repeats, awayMs } = sizes[profile];
    const long = awayMs.map((durationMs) => ({ durationMs, logLimitMessages: undefined }));
    // Two seconds show the loss of a short log as well as eight.
    const short = awayMs
      .filter((durationMs) => durationMs <= 2000)
      .map((durationMs) => ({ durationMs, logLimitMessages: shortMessages }));
    const cells = [...long, ...short];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const { durationMs, logLimitMessages } of cells)
        trials.push({
          groups,
          schedule: { kind: 'periodic', ratePerSecond },
          away: { atMs: beforeMs, durationMs },
          logLimitMessages,
          durationMs: beforeMs + durationMs + afterMs,
          repeat,
        });
    return { trials };
  },

  figures({ trials }) {
    const isKept = ({ parameters }: Trial) => parameters.retentionMs === undefined;
    const kept = trials.filter(isKept);
    const away = kept.filter(({ parameters }) => parameters.awayMs);
    const [longest, longestShort] = [ofLongest(kept), ofLongest(trials.filter((trial) => !isKept(trial)))];
    const others = longest.filter(({ transport }) => transport !== 'push');
    const owed = kept.filter(replays);
    return [
      ...figuresOf({ runs: longest }, [
        'away',
        'longest absence',
        ({ parameters }) => parameters.awayMs,
        'ms',
      ]),
      ...lanesBy(longest, laneOf).flatMap((lane) =>
        figuresOf(
          lane,
          ['missed', 'messages missed per client', missedPerClient],
          ['missedShareOfLongest', 'messages missed ÷ messages sent during the longest absence', missedShare],
          ['caughtUp', 'time to catch up', ({ returned }) => returned?.caughtUpMs, 'ms'],
        ),
      ),
      ...lanesBy(longestShort, laneOf).flatMap((lane) =>
        figuresOf(
          lane,
          [
            'shortLog/away',
            'longest absence with a short retention',
            ({ parameters }) => parameters.awayMs,
            'ms',
          ],
          ['shortLog/missed', 'messages missed per client with a short retention', missedPerClient],
        ),
      ),
      ...lanesBy(away, laneOf).flatMap((lane) =>
        figuresOf(lane, ['missedShare', 'messages missed ÷ messages sent during the absence', missedShare]),
      ),
      total(
        'missedByOthers',
        'messages missed with SSE, long poll and short poll',
        messagesMissed(others),
        others,
      ),
      total(
        'missedWithCursor',
        'messages missed by push although they were in the log',
        messagesMissed(owed),
        owed,
      ),
    ];
  },

  judge(figures) {
    const [away, withoutLog, withLog, missedShare, missedWithCursor, missedByOthers] = figures.need(
      'No usable pair of push with a log and push without a log',
      'away',
      'missed/no-log/push',
      'missed/cursor/push',
      'missedShareOfLongest/no-log/push',
      'missedWithCursor',
      'missedByOthers',
    );
    const short = figures.get('shortLog/missed/cursor/push');
    const shortAway = figures.get('shortLog/away/cursor/push');
    const caughtUp = figures.get('caughtUp/cursor/push');
    const polled = figures.get('caughtUp/cursor/short-poll');
    return {
      verdict:
        missedWithCursor.value > 0 ? 'holds' : missedShare.low >= lostShareMin ? 'depends' : 'does not hold',
      sentence: [
        `Offline for ${writeMs(away.value)} at ${ratePerSecond} messages/s, a push client lost ${withRange(withoutLog, threeDigits)} messages without a log, ${threeDigits(withLog.high)} with a log and a cursor.`,
        `Clients with SSE, long poll and short poll lost ${threeDigits(missedByOthers.value)} messages.`,
        short && shortAway
          ? `With a retention of only ${writeMs(shortMs)}, a push client lost ${withRange(short, threeDigits)} messages in an absence of ${writeMs(shortAway.value)}. The model predicts ${threeDigits(offlineLost(shortAway.value, ratePerSecond, shortMs))}.`
          : '',
        caughtUp && polled
          ? `After its return, a push client caught up in ${writeMedian(caughtUp, writeMs)}, a polling client in ${writeMedian(polled, writeMs)}.`
          : '',
      ]
        .filter(Boolean)
        .join(' '),
      model: 'messages lost in an absence of t: λ·t without a log, λ·max(0, t − R) with a retention of R',
    };
  },
};

/** "no-log/push", "cursor/short-poll". */
function laneOf({ transport, parameters }: Trial): string {
  return `${parameters.replay === false ? 'no-log' : 'cursor'}/${transport}`;
}

function replays({ transport, parameters }: Trial): boolean {
  return transport === 'push' && parameters.replay !== false;
}

/** The trials with the longest absence. */
function ofLongest(trials: readonly Trial[]): Trial[] {
  const longestMs = Math.max(...trials.map(({ parameters }) => parameters.awayMs ?? 0));
  return trials.filter(({ parameters }) => parameters.awayMs === longestMs);
}

function missedShare({ messages, clients, parameters }: Trial): number {
  const sent = ((parameters.awayMs ?? 0) * parameters.ratePerSecond * clients.count) / 1000;
  return messages.missed / sent;
}

function messagesMissed(trials: readonly Trial[]): number {
  return trials.reduce((sum, { messages }) => sum + messages.missed, 0);
}
