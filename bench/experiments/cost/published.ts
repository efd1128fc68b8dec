import {
  type Figures,
  figuresOf,
  figureWith,
  lanesBy,
  NotEnough,
  named,
  overRuns,
  quotient,
  timesOf,
  total,
} from '../../analysis/figures.ts';
import { chatUnderLoad, headerTable, openData } from '../../analysis/published.ts';
import {
  significant,
  threeDigits,
  timesSentence,
  whole,
  withRange,
  writeMs,
} from '../../analysis/statistics.ts';
import type { Experiment, GroupPlan, Profile, TrialPlan } from '../../experiment.ts';
import type { Probe, Trial } from '../../result.ts';

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

/** The published comparison of headers holds when a poll has this many times the overhead of a frame, or more. */
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
    claim: 'Published comparisons of push and polling still hold',
    question: 'Can this lab reproduce published results?',
    prediction: {
      choices: [
        {
          text: 'Yes, to the millisecond.',
          why: 'The authors used other machines, libraries and browsers. Only the order and the rough ratios can stay the same.',
        },
        {
          text: 'The order of the methods, but not the numbers.',
          why: 'The order depends on the method. The numbers depend on the machine and the library as well.',
        },
        {
          text: 'No: in ten years polling has become as quick as push.',
          why: 'A faster machine responds sooner, but a message still waits for the next poll.',
        },
        {
          text: 'No: HTTP/2 compresses headers, so polling has caught up in bytes.',
          why: 'Compression saves many bytes, but a poll still has far more overhead than the two bytes of a WebSocket frame.',
        },
      ],
      right: 1,
    },
    howToRead:
      'Each chart has three markers for one quantity. The hollow marker is published, the filled marker is measured here, and the dashed line is the model. Only ratios and orders are compared. The axes are logarithmic.',
    why: 'Every poll carries HTTP headers; a WebSocket frame has two bytes of overhead. A message waits for the next poll, even on a fast machine. A polling client costs the server one request per interval, a push client one write per message.',
    caveat:
      'The clients in the chat poll once a second here; the thesis does not give its poll interval. The open-data trials run five times as fast with a fifth of the clients. Polls and messages per second stay the same. A relay counted the application bytes. The IP bytes are calculated from the application bytes, as the table shows.',
  },

  rule: `The verdict uses three comparisons, in the median run. Headers: an empty poll carries at least ${overheadTimesMin} times the overhead of a WebSocket frame. Chat: the mean latency is lowest with push and highest with short polls. Open data: ${judgedCrowd * compression} polling clients use more server CPU than ${judgedCrowd * compression} SSE clients. The claim holds if all three comparisons are true here. The claim does not hold if no comparison is true. Otherwise the claim "depends".`,

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

  figures({ trials, probes }) {
    return [...headerFigures(probes), ...chatFigures(trials), ...openDataFigures(trials)];
  },

  judge(figures) {
    const shapes = [headerShape(figures), chatShape(figures), openDataShape(figures)].filter(
      (shape) => shape !== undefined,
    );
    if (shapes.length < shapesCompared)
      throw new NotEnough(`Only ${shapes.length} of ${shapesCompared} published measurements were repeated`);
    const right = shapes.filter(({ holds }) => holds);
    const verdict =
      right.length === shapes.length ? 'holds' : right.length === 0 ? 'does not hold' : 'depends';
    const names = right.length > 0 ? `: ${right.map(({ name }) => name).join(', ')}` : '';
    return {
      verdict,
      sentence: `${right.length} of ${shapes.length} published comparisons hold here${names}. ${shapes.map(({ sentence }) => sentence).join(' ')}`,
      model: 'short poll T/2 + d; push d + N·s/2; CPU per second N·(c_poll/T + λ·c_batched) and N·λ·c_push',
    };
  },
};

type Shape = { name: string; holds: boolean; sentence: string };

/** Bytes of an empty poll and of a frame’s overhead, over plain connections. */
function headerFigures(probes: readonly Probe[]) {
  const measured = (name: string) => ({
    runs: probes.filter((probe) => probe.name === `${name}/plain`).slice(0, 1),
  });
  const [poll] = figuresOf(measured('empty-poll'), [
    'emptyPollBytes',
    'bytes of an empty poll',
    pollBytes,
    'bytes',
  ]);
  const [frame] = figuresOf(measured('web-socket'), [
    'frameBytes',
    'overhead of a WebSocket frame',
    overheadBytes,
    'bytes',
  ]);
  return [poll, frame, quotient('headerTimes', 'header bytes, poll ÷ frame', poll, frame)];
}

function pollBytes({ values: { upBytes = 0, downBytes = 0 } }: Probe): number {
  return upBytes + downBytes;
}

function overheadBytes({ values: { downBytes = 0, messageBytes = 0 } }: Probe): number {
  return downBytes - messageBytes;
}

function headerShape(figures: Figures): Shape | undefined {
  const [poll, frame, times] = ['emptyPollBytes', 'frameBytes', 'headerTimes'].map((name) =>
    figures.get(name),
  );
  if (!poll || !frame || !times) return undefined;
  const publishedTimes = headerTable.pollHeaderBytes / headerTable.frameHeaderBytes;
  return {
    name: 'bytes of an empty poll and a frame',
    holds: times.value >= overheadTimesMin,
    sentence: `An empty poll had ${whole(poll.value)} bytes, a frame ${whole(frame.value)} bytes of overhead. The poll had ${whole(times.value)} times as many bytes (published: ${whole(publishedTimes)} times).`,
  };
}

function chatFigures(trials: readonly Trial[]) {
  const chats = trials.filter(({ parameters }) => parameters.publishEveryMs !== undefined);
  const delivered = chats.reduce((sum, { messages }) => sum + messages.delivered, 0);
  const own = lanesBy(chats, ({ transport }) => transport).flatMap((lane) =>
    figuresOf(lane, ['chatMean', 'mean latency in the chat', ({ delayMs }) => delayMs.mean, 'ms']),
  );
  const [push, longPoll, shortPoll] = ['push', 'long-poll', 'short-poll'].map((name) =>
    named(own, `chatMean/${name}`),
  );
  return [
    ...own,
    quotient('chatTimes/long-poll', 'mean latency in the chat, long poll ÷ push', longPoll, push),
    quotient('chatTimes/short-poll', 'mean latency in the chat, short poll ÷ push', shortPoll, push),
    total('chatDeliveries', 'deliveries in the chat', delivered, chats),
  ];
}

function chatShape(figures: Figures): Shape | undefined {
  const [push, longPoll, shortPoll, longTimes, shortTimes, delivered] = [
    'chatMean/push',
    'chatMean/long-poll',
    'chatMean/short-poll',
    'chatTimes/long-poll',
    'chatTimes/short-poll',
    'chatDeliveries',
  ].map((name) => figures.get(name));
  if (!push || !longPoll || !shortPoll || !longTimes || !shortTimes || !delivered) return undefined;
  const [socketIo] = chatUnderLoad.measured;
  const publishedTimes = (latency: number | undefined) =>
    threeDigits((latency ?? 0) / (socketIo?.push[0] ?? 1));
  return {
    name: 'latencies in a chat',
    holds: push.value < longPoll.value && longPoll.value < shortPoll.value,
    sentence: [
      `In the chat, the mean latency was ${withRange(push, writeMs)} with push (${whole(delivered.value)} deliveries with all transports).`,
      `The mean latency of long polls was ${significant(longTimes.value, 2)} times that of push, of short polls ${significant(shortTimes.value, 2)} times.`,
      `The published ratios with Socket.IO are ${publishedTimes(socketIo?.longPoll?.[0])} and ${publishedTimes(socketIo?.shortPoll?.[0])}.`,
    ].join(' '),
  };
}

function openDataFigures(trials: readonly Trial[]) {
  const grid = trials.filter(
    ({ parameters, clients }) => parameters.publishEveryMs === undefined && clients.count === judgedCrowd,
  );
  const pairs = byRun(grid).flatMap((run) => {
    const [a, b] = (['short-poll', 'sse'] as const).map((transport) =>
      run.find((trial) => trial.transport === transport),
    );
    return a && b ? [{ a, b }] : [];
  });
  const label = 'server CPU with open data, short poll ÷ SSE';
  const ratios = pairs.flatMap(({ a, b }) =>
    b.server.cpuMs > 0 ? [{ run: a, value: a.server.cpuMs / b.server.cpuMs }] : [],
  );
  return [
    timesOf('openDataTimes', label, pairs, ({ server }) => server.cpuMs),
    figureWith({ name: 'openDataTimes/median-run', label: `${label}, median run` }, overRuns(ratios), grid),
  ];
}

function openDataShape(figures: Figures): Shape | undefined {
  const [times, inMedianRun] = [figures.get('openDataTimes'), figures.get('openDataTimes/median-run')];
  if (!times || !inMedianRun) return undefined;
  const publishedTimes = openData.sseClientsMax / openData.pollClientsMax;
  return {
    name: 'server CPU with open data',
    holds: inMedianRun.value > 1,
    sentence: [
      timesSentence(
        `With open data, the server CPU of ${whole(judgedCrowd * compression)} polling clients`,
        `that of ${whole(judgedCrowd * compression)} SSE clients`,
        times,
      ),
      `In the published experiment, a server could serve ${threeDigits(publishedTimes)} times as many SSE clients as polling clients.`,
    ].join(' '),
  };
}

/** What ran under the same conditions, run by run. */
function byRun(trials: readonly Trial[]): Trial[][] {
  const runs = [...new Set(trials.map(({ repeat }) => repeat))];
  return runs.map((run) => trials.filter(({ repeat }) => repeat === run));
}
