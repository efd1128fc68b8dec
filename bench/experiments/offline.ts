import { NotEnough } from '../analysis/findings.ts';
import { offlineLost } from '../analysis/models.ts';
import { spread, threeDigits, withRange, writeMs } from '../analysis/statistics.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../experiment.ts';
import type { Trial } from '../result.ts';

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

/** Without a log push loses this share of what was sent meanwhile, or more. */
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
    claim: 'The client must be online to receive',
    question: 'What do you miss while you are away?',
    prediction: {
      choices: [
        {
          text: 'With push everything, with polling nothing: a poller asks again later.',
          why: 'A poller can ask later because the server keeps a log. With the same log and a cursor, push replays it as well.',
        },
        {
          text: 'Nothing, with either: TCP delivers everything.',
          why: 'TCP delivers what was written to a connection. Without a connection, the server writes nothing.',
        },
        {
          text: 'Everything, with either: messages sent while you were away are gone.',
          why: 'That is true of push without a log. A log costs memory and prevents the loss.',
        },
        {
          text: 'Messages that the server no longer keeps, with either.',
          why: 'A client that returns names its cursor and gets all that is still in the log. It counts the messages that are not.',
        },
      ],
      right: 3,
    },
    howToRead:
      'One line per client, time from left to right; the gap is the time away. Filled: delivered as it came. Hollow: replayed after the return. Crosses: missed for good. All had the same messages from one source.',
    why: 'A server that only pushes has nobody to push to while the client is away. With a log, a client that comes back says where it was, and the server starts from there: by push, by Last-Event-ID, or as the answer to a poll. What decides is how long the log remembers.',
    caveat:
      'The client leaves in good order here: its connection is closed. When a cable is cut, a server without heartbeats believes for minutes that the client is there; with a cursor that costs time and no message.',
  },

  rule: `Holds when push with a cursor lost a message that the log still had, in any run. "Depends" when it lost none, while push without a log lost at least ${100 * lostShareMin}% of the messages sent during the longest absence, in every run: then the log decides. Does not hold when neither is so.`,

  plan(profile) {
    const { repeats, awayMs } = sizes[profile];
    const long = awayMs.map((durationMs) => ({ durationMs, logLimitMessages: undefined }));
    // What a short log loses is told by two seconds as well as by eight.
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

  judge({ trials }) {
    const longest = Math.max(...trials.map(({ parameters }) => parameters.awayMs ?? 0));
    const at = trials.filter(({ parameters }) => parameters.awayMs === longest);
    const kept = at.filter(({ parameters }) => parameters.retentionMs === undefined);
    const without = spread(kept.filter(isWithoutLog).map(missedPerClient));
    const withLog = spread(kept.filter(replays).map(missedPerClient));
    const shortened = trials.filter(({ parameters }) => parameters.retentionMs !== undefined);
    const longestShortMs = Math.max(0, ...shortened.map(({ parameters }) => parameters.awayMs ?? 0));
    const short = spread(
      shortened
        .filter((trial) => replays(trial) && trial.parameters.awayMs === longestShortMs)
        .map(missedPerClient),
    );
    const others = kept.filter((trial) => trial.transport !== 'push');
    const lostShare = spread(kept.filter(isWithoutLog).map(missedShare));
    if (!without || !withLog || !lostShare || others.length === 0)
      throw new NotEnough('There is no usable pair of push with a log and without');

    const owed = trials.filter((trial) => replays(trial) && trial.parameters.retentionMs === undefined);
    const lost = owed.reduce((sum, { messages }) => sum + messages.missed, 0);
    const verdict = lost > 0 ? 'holds' : lostShare.low >= lostShareMin ? 'depends' : 'does not hold';
    const caughtUp = spread(kept.filter(replays).map(({ returned }) => returned?.caughtUpMs));
    const polled = spread(
      kept.filter(({ transport }) => transport === 'short-poll').map(({ returned }) => returned?.caughtUpMs),
    );
    const missedElsewhere = others.reduce((sum, { messages }) => sum + messages.missed, 0);
    return {
      verdict,
      sentence: [
        `Away for ${writeMs(longest)} at ${ratePerSecond} messages/s, a push client lost ${withRange(without, threeDigits)} messages without a log and ${threeDigits(withLog.high)} with a log and a cursor; SSE, long and short poll lost ${threeDigits(missedElsewhere)}.`,
        short
          ? `With a log of only ${writeMs(shortMs)} it lost ${withRange(short, threeDigits)} in ${writeMs(longestShortMs)}, whichever way it came back (model ${threeDigits(offlineLost(longestShortMs, ratePerSecond, shortMs))}), and every one was counted.`
          : '',
        caughtUp && polled
          ? `It had caught up ${writeMs(caughtUp.median)} after its return, a short poll ${writeMs(polled.median)}.`
          : '',
      ]
        .filter(Boolean)
        .join(' '),
      evidence: trials.map(({ id }) => id),
      model: 'without a log λt is lost; with one that keeps R seconds λ·max(0, t − R)',
    };
  },
};

function isWithoutLog({ transport, parameters }: Trial): boolean {
  return transport === 'push' && parameters.replay === false;
}

function replays({ transport, parameters }: Trial): boolean {
  return transport === 'push' && parameters.replay !== false;
}

function missedShare({ messages, clients, parameters }: Trial): number {
  const sent = ((parameters.awayMs ?? 0) * parameters.ratePerSecond * clients.count) / 1000;
  return messages.missed / sent;
}

function missedPerClient({ messages, clients }: Trial): number {
  return messages.missed / clients.count;
}
