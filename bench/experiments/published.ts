import { NotEnough } from '../analysis/findings.ts';
import { chatUnderLoad, headerTable, openData } from '../analysis/published.ts';
import { spread, threeDigits, whole, withRange, writeMs, writeTimes } from '../analysis/statistics.ts';
import type { Evidence, Experiment, GroupPlan, Profile, TrialPlan } from '../experiment.ts';
import type { Probe, Trial } from '../result.ts';

const bare = { framework: 'http' } as const;
/** The thesis does not say how often its clients polled; its mean of 606 ms fits about once a second. */
const chatPollMs = 1000;
/** The open-data grid is run faster than published: the same load from so many times fewer clients. */
export const compression = 5;

const chatters: GroupPlan[] = [
  { transport: 'push', clients: chatUnderLoad.clients },
  { transport: 'sse', clients: chatUnderLoad.clients, server: bare },
  { transport: 'long-poll', clients: chatUnderLoad.clients, server: bare },
  { transport: 'short-poll', clients: chatUnderLoad.clients, intervalMs: chatPollMs, server: bare },
];

/** A poll’s overhead over a frame’s: from so many times on the header table still holds. */
const overheadTimesMin = 50;
/** The verdict on open data rests on this crowd, in every profile. */
const judgedCrowd = 100;
/** Shapes that are compared: headers, chat, open data. */
const shapesCompared = 3;

/** The thesis’s 30 messages of each client, or a few of them: the same rate for a shorter time, in whole poll intervals. */
const allMessages = chatUnderLoad.messagesPerClient;
const fewMessages = 4;

/** `messages` of each client, run by run; in all further runs a few. The grid holds three messages and whole poll intervals. */
const sizes: Record<Profile, { repeats: number; messages: number[]; crowds: number[]; gridMs: number }> = {
  quick: { repeats: 1, messages: [2], crowds: [judgedCrowd], gridMs: 3000 },
  default: { repeats: 1, messages: [], crowds: [judgedCrowd, 400], gridMs: 3000 },
  full: { repeats: 5, messages: [allMessages], crowds: [judgedCrowd, 600], gridMs: 3000 },
};

export const published: Experiment = {
  text: {
    id: 'published',
    title: 'What others published',
    claim: 'The published comparisons still hold',
    question: 'Do the published numbers come out here as well?',
    prediction: {
      choices: [
        {
          text: 'Yes, to the millisecond.',
          why: 'The authors’ machines, libraries and browsers are not yours. The order can survive, and roughly the ratio.',
        },
        {
          text: 'The order does, the numbers don’t.',
          why: 'The order follows from the pattern. The size follows from the machine and the library.',
        },
        {
          text: 'No: in ten years polling has become as quick as push.',
          why: 'A faster machine responds to a poll sooner. It does not make the poll come sooner.',
        },
        {
          text: 'No: HTTP/2 compresses headers, so polling has caught up in bytes.',
          why: 'Compression saves much, but a poll still carries far more than the two bytes of a WebSocket frame.',
        },
      ],
      right: 1,
    },
    howToRead:
      'Each chart has three signs for one thing: hollow is what was published, filled is what was measured here, the dashed stroke is what the model says. Only ratios and shapes are compared. The axes are logarithmic.',
    why: 'A poll carries its headers every time; a frame carries two bytes. A message waits for the next poll, whatever the machine. And what a server pays for a client that polls is a request per interval, for one that listens a write per message.',
    caveat:
      'The chat’s clients poll once a second here; the thesis does not say how often its did. The open-data grid is run five times as fast with a fifth of the clients: the same polls and messages a second. The application bytes were counted at a relay, those of IP follow by arithmetic, shown in the table.',
  },

  rule: `Three shapes, by the median run. An empty poll carries at least ${overheadTimesMin} times the overhead of a WebSocket frame. In the chat the mean latencies order as push, long poll, short poll. With open data ${judgedCrowd * compression} polling clients take more server CPU than as many SSE clients. Holds when all three come out, does not hold when none, otherwise "depends".`,

  plan(profile) {
    const { repeats, messages, crowds, gridMs } = sizes[profile];
    const talkers = profile === 'quick' ? chatters.filter(({ transport }) => transport !== 'sse') : chatters;
    const chats = (messagesPerClient: number) =>
      talkers.map(
        (group): Omit<TrialPlan, 'repeat'> => ({
          groups: [group],
          schedule: { kind: 'periodic', ratePerSecond: 0 },
          publish: { perClient: messagesPerClient, everyMs: chatUnderLoad.publishEveryMs },
          durationMs: messagesPerClient * chatUnderLoad.publishEveryMs,
        }),
      );
    const grid = crowds.flatMap((clients) =>
      [
        { transport: 'sse' as const, clients, server: bare },
        {
          transport: 'short-poll' as const,
          clients,
          intervalMs: openData.pollEveryMs / compression,
          server: bare,
        },
      ].map(
        (group): Omit<TrialPlan, 'repeat'> => ({
          groups: [group],
          schedule: {
            kind: 'periodic',
            ratePerSecond: (1000 * compression) / openData.publishEveryMs,
            payloadBytes: openData.payloadBytes,
          },
          durationMs: gridMs,
        }),
      ),
    );
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const plan of [...chats(messages[repeat - 1] ?? fewMessages), ...grid])
        trials.push({ ...plan, repeat });
    return { trials, probes: [{ name: 'wire-bytes', durationMs: 500 }] };
  },

  judge({ trials, probes }) {
    const shapes = [headerShape(probes), chatShape(trials), openDataShape(trials)].filter(
      (shape) => shape !== undefined,
    );
    if (shapes.length < shapesCompared)
      throw new NotEnough(`Only ${shapes.length} of ${shapesCompared} published measurements were repeated`);
    const right = shapes.filter(({ holds }) => holds).length;
    const verdict = right === shapes.length ? 'holds' : right === 0 ? 'does not hold' : 'depends';
    return {
      verdict,
      sentence: `${right} of ${shapes.length} published shapes came out here. ${shapes.map(({ sentence }) => sentence).join(' ')}`,
      evidence: trials.map(({ id }) => id),
      model:
        'short poll T/2 + d; push d + N·s/2; processor per second N·(c_poll/T + λ·c_batched) and N·λ·c_push',
    };
  },
};

type Shape = { holds: boolean; sentence: string };

/** Bytes of an empty poll and of a frame’s overhead, over plain connections. */
export function overheadBytes(probes: readonly Probe[], over: string): { poll?: number; frame?: number } {
  const valuesOf = (name: string) => probes.find((probe) => probe.name === `${name}/${over}`)?.values;
  const poll = valuesOf('empty-poll');
  const frame = valuesOf('web-socket');
  return {
    ...(poll && { poll: (poll.upBytes ?? 0) + (poll.downBytes ?? 0) }),
    ...(frame && { frame: (frame.downBytes ?? 0) - (frame.messageBytes ?? 0) }),
  };
}

function headerShape(probes: Evidence['probes']): Shape | undefined {
  const { poll, frame } = overheadBytes(probes, 'plain');
  if (!poll || !frame) return undefined;
  const publishedTimes = headerTable.pollHeaderBytes / headerTable.frameHeaderBytes;
  return {
    holds: poll / frame >= overheadTimesMin,
    sentence: `A poll that finds nothing took ${whole(poll)} bytes, a frame ${whole(frame)} beside its message: ${whole(poll / frame)} times, published ${whole(publishedTimes)}.`,
  };
}

function chatShape(trials: readonly Trial[]): Shape | undefined {
  const chats = trials.filter(({ parameters }) => parameters.publishEveryMs !== undefined);
  const means = (transport: Trial['transport']) =>
    spread(chats.filter((trial) => trial.transport === transport).map(({ delayMs }) => delayMs.mean));
  const [push, longPoll, shortPoll] = [means('push'), means('long-poll'), means('short-poll')];
  if (!push || !longPoll || !shortPoll) return undefined;
  const [socketIo] = chatUnderLoad.measured;
  const delivered = chats.reduce((sum, { messages }) => sum + messages.delivered, 0);
  const ratio = (delay: number | undefined) => threeDigits((delay ?? 0) / (socketIo?.push[0] ?? 1));
  return {
    holds: push.median < longPoll.median && longPoll.median < shortPoll.median,
    sentence: `In the chat, long polls took ${threeDigits(longPoll.median / push.median)} times as long as push and short polls ${threeDigits(shortPoll.median / push.median)} times (push ${withRange(push, writeMs)}, ${whole(delivered)} deliveries, none lost or doubled), published with Socket.IO ${ratio(socketIo?.longPoll?.[0])} and ${ratio(socketIo?.shortPoll?.[0])}.`,
  };
}

function openDataShape(trials: readonly Trial[]): Shape | undefined {
  const grid = trials.filter(({ parameters }) => parameters.publishEveryMs === undefined);
  const pairs = byRun(grid.filter(({ clients }) => clients.count === judgedCrowd)).flatMap((run) => {
    const [poll, sse] = (['short-poll', 'sse'] as const).map(
      (transport) => run.find((trial) => trial.transport === transport)?.server.cpuMs,
    );
    return poll !== undefined && sse !== undefined ? [{ a: poll, b: sse }] : [];
  });
  if (pairs.length === 0) return undefined;
  const publishedTimes = openData.sseClientsMax / openData.pollClientsMax;
  return {
    holds: (spread(pairs.map(({ a, b }) => a / b))?.median ?? 0) > 1,
    sentence: `With open data ${whole(judgedCrowd * compression)} polling clients took ${writeTimes(pairs)} the server CPU of as many SSE clients; published: SSE served ${threeDigits(publishedTimes)} times as many clients.`,
  };
}

/** What ran under the same conditions, run by run. */
function byRun(trials: readonly Trial[]): Trial[][] {
  const runs = [...new Set(trials.map(({ repeat }) => repeat))];
  return runs.map((run) => trials.filter(({ repeat }) => repeat === run));
}
