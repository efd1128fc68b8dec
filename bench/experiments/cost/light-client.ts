import {
  type Figures,
  figuresOf,
  type Lane,
  lanesBy,
  named,
  quotient,
  timesOf,
} from '../../analysis/figures.ts';
import { smallerOf } from '../../analysis/interval.ts';
import {
  significant,
  threeDigits,
  withRange,
  writeBytes,
  writeMedian,
  writeMs,
  writePercent,
} from '../../analysis/statistics.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../../experiment.ts';
import type { Trial } from '../../result.ts';

/** How often the light client wants to know the latest value, and how often a lazier one does. */
const intervalMs = 1000;
const bare = { framework: 'http' } as const;

const clients = 1;
const always: GroupPlan[] = [
  { transport: 'push', clients },
  { transport: 'long-poll', clients, server: bare },
  { transport: 'notify', clients, intervalMs, contract: 'latest', server: bare },
  { transport: 'short-poll', clients, intervalMs, contract: 'latest', server: bare },
];

/** While little happens: a poller that is in no hurry, and closes its connection in between. */
const whenSlow = (lazyIntervalMs: number): GroupPlan[] => [
  ...always,
  {
    transport: 'short-poll',
    clients,
    intervalMs: lazyIntervalMs,
    contract: 'latest',
    keepAlive: false,
    server: bare,
  },
];

/** While much happens: a poller that wants every message all the same. */
const whenFast: GroupPlan[] = [
  ...always,
  { transport: 'short-poll', clients, intervalMs, contract: 'every', server: bare },
];

/** The rates that the verdict rests on, in every profile. Windows hold whole message periods and whole poll intervals. */
const slowPerSecond = 0.5;
const fastPerSecond = 100;
const judged = [
  { ratePerSecond: slowPerSecond, durationMs: 6000, groups: whenSlow(2000) },
  { ratePerSecond: fastPerSecond, durationMs: 2000, groups: whenFast },
];

const sizes = {
  quick: { repeats: 1, rates: judged },
  default: {
    repeats: 1,
    rates: [...judged, { ratePerSecond: 5, durationMs: 3000, groups: whenFast }],
  },
  full: {
    repeats: 5,
    rates: [
      ...judged,
      { ratePerSecond: 0.05, durationMs: 60_000, groups: whenSlow(10_000) },
      { ratePerSecond: 5, durationMs: 3000, groups: whenFast },
    ],
  },
};

export const lightClient: Experiment = {
  text: {
    id: 'light-client',
    title: 'The light client',
    claim: 'Polling is preferable for light clients: it costs them less CPU than push',
    question: 'What does it cost a client to get the latest value?',
    prediction: {
      choices: [
        {
          text: 'Push, always: the client only receives.',
          why: 'A push client handles every message, even messages that it does not need. At 100 messages/s, the client wakes up 100 times per second.',
        },
        {
          text: 'Polling, always: the client requests only one value.',
          why: 'If there are no messages, the polls are wasted work. A push client sleeps until a message arrives.',
        },
        {
          text: 'Neither: both clients get the same latest value, so both do the same work.',
          why: 'Both clients get the value. At 100 messages/s, the push client wakes up 100 times per second, the polling client once.',
        },
        {
          text: 'Push at a low message rate, polling at a high message rate.',
          why: 'The cost of a poll for the latest value does not depend on the rate. The cost of push grows with every message.',
        },
      ],
      right: 3,
    },
    howToRead:
      'Each client has a separate process with no other work. Each panel shows one cost of the client; the message rate grows to the right. “Latest” clients get only the newest value, “every” clients get each message.',
    why: 'A push client does nothing until a message arrives, and then handles the message. A polling client polls at a fixed interval, so the number of polls does not depend on the message rate. If the client requests only the latest value, its responses do not grow either. A notify-then-fetch client gets a notice of every change. In this experiment, the client fetches at most once a second.',
    caveat:
      'CPU, wake-ups, bytes and connected time only indicate the energy use of a client. On a phone, the radio stays on for seconds after each message. A rare message therefore costs more energy on a phone than in this lab. The clients are this lab’s simulated clients on Node, with the timers of their HTTP library.',
  },

  rule: `The verdict compares the client CPU of push with that of one poll per second for the latest value. The message rates are ${rate(slowPerSecond)} and ${rate(fastPerSecond)}. The claim holds if polling used less CPU at both rates. The claim does not hold if polling used less CPU at neither rate. Otherwise the claim "depends". With three runs or more, a difference counts only if the 95% interval of the ratio excludes 1.`,

  plan(profile) {
    const { repeats, rates } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const { ratePerSecond, durationMs, groups } of rates)
        trials.push({
          groups: groups,
          schedule: { kind: 'periodic', ratePerSecond },
          durationMs,
          repeat,
          ownLoadGenerators: true,
        });
    return { trials };
  },

  figures({ trials }) {
    const rates = lanesBy(
      trials.toSorted((a, b) => a.parameters.ratePerSecond - b.parameters.ratePerSecond),
      ({ parameters }) => String(parameters.ratePerSecond),
      ({ parameters }) => rate(parameters.ratePerSecond),
    );
    const own = rates.flatMap(figuresAt);
    const [push, poll] = ['push', 'poll'].map((name) => named(own, `clientCpu/${name}/${fastPerSecond}`));
    return [...own, quotient('cpuOfPushTimes', 'client CPU, push ÷ poll', push, poll)];
  },

  judge(figures) {
    const at = (ratePerSecond: number) =>
      [`clientCpu/push/${ratePerSecond}`, `clientCpu/poll/${ratePerSecond}`] as const;
    const [slowPush, slowPoll, fastPush, fastPoll, slow, fast] = figures.need(
      `No usable pair of a push trial and a poll trial at ${rate(slowPerSecond)} and at ${rate(fastPerSecond)}`,
      ...at(slowPerSecond),
      ...at(fastPerSecond),
      `cpuTimes/${slowPerSecond}`,
      `cpuTimes/${fastPerSecond}`,
    );
    const wins = [slow, fast].filter((ratio) => smallerOf(ratio) === 'a').length;
    const wakeUps = (ratePerSecond: number) => {
      const found = figures.get(`wakeUps/push/${ratePerSecond}`);
      return found ? writeMedian(found, significant) : '0';
    };
    return {
      verdict: wins === 2 ? 'holds' : wins === 0 ? 'does not hold' : 'depends',
      sentence: [
        `At ${rate(slowPerSecond)}, a push client used ${withRange(slowPush, writeMs)} of CPU per second, a polling client ${withRange(slowPoll, writeMs)}.`,
        `At ${rate(fastPerSecond)}, a push client used ${withRange(fastPush, writeMs)} of CPU per second, a polling client ${withRange(fastPoll, writeMs)}.`,
        'The polling client requested the latest value once a second.',
        `At the low rate, push woke its client ${wakeUps(slowPerSecond)} times per second, at the high rate ${wakeUps(fastPerSecond)} times.`,
        turnSentence(figures),
        lazySentence(figures),
      ]
        .filter(Boolean)
        .join(' '),
      model: 'client CPU per second: push λ·c_message; a poll for the latest value c_poll/T at any λ',
    };
  },
};

function figuresAt({ name, words, runs }: Lane & { name: string }) {
  const pushes = runs.filter(({ transport }) => transport === 'push');
  const polls = runs.filter(isLatestPoll);
  const lazy = runs.filter(({ parameters }) => parameters.keepAlive === false);
  const pairs = polls.flatMap((a) => {
    const b = pushes.find(({ repeat }) => repeat === a.repeat);
    return b ? [{ a, b }] : [];
  });
  return [
    ...figuresOf(
      { name, words, runs: pushes },
      ['clientCpu/push', 'client CPU of push', cpuPerSecond, 'ms/s'],
      ['wakeUps/push', 'wake-ups of a push client per second', wakeUpsPerSecond],
    ),
    ...figuresOf({ name, words, runs: polls }, [
      'clientCpu/poll',
      'client CPU of a 1 s poll for the latest value',
      cpuPerSecond,
      'ms/s',
    ]),
    timesOf(`cpuTimes/${name}`, `client CPU at ${words}, poll ÷ push`, pairs, cpuPerSecond),
    ...figuresOf(
      { name, words, runs: lazy },
      [
        'lazyInterval',
        'interval of the poll that disconnects',
        ({ parameters }) => parameters.intervalMs,
        'ms',
      ],
      ['connectedShare', 'share of the time connected', connectedShare],
      ['lazyBytes', 'bytes sent and received with the poll that disconnects', bytesPerSecond, 'bytes/s'],
    ),
  ];
}

function wakeUpsPerSecond({ clients, durationMs }: Trial): number {
  return ((clients.wakeUps ?? 0) * 1000) / durationMs;
}

function connectedShare({ clients: { connectedMs }, durationMs }: Trial): number | undefined {
  return connectedMs === undefined ? undefined : connectedMs / durationMs;
}

function bytesPerSecond({ bytes, durationMs }: Trial): number {
  return ((bytes.toClients + bytes.toServer) * 1000) / durationMs;
}

/** The client's own CPU, in milliseconds per second; not a number where it was not measured. */
function cpuPerSecond({ clients, durationMs }: Trial): number {
  return ((clients.cpuMs ?? Number.NaN) * 1000) / durationMs / clients.count;
}

function isLatestPoll({ transport, contract, parameters }: Trial): boolean {
  return transport === 'short-poll' && contract === 'latest' && parameters.intervalMs === intervalMs;
}

/** Where push uses less CPU at low rates and the poll at high rates: the rates between which that changes. */
function turnSentence(figures: Figures): string {
  const compared = figures.under('cpuTimes').map((ratio) => ({
    ratePerSecond: Number(ratio.name.split('/').at(-1)),
    lighter: smallerOf(ratio),
  }));
  const firstPoll = compared.find(({ lighter }) => lighter === 'a');
  const lastPush = compared.findLast(({ lighter }) => lighter === 'b');
  return lastPush && firstPoll && lastPush.ratePerSecond < firstPoll.ratePerSecond
    ? `The cheaper method changes between ${rate(lastPush.ratePerSecond)} and ${rate(firstPoll.ratePerSecond)}.`
    : '';
}

/** What a client gains that polls rarely and disconnects. */
function lazySentence(figures: Figures): string {
  const [interval, connected, bytes] = ['lazyInterval', 'connectedShare', 'lazyBytes'].map(
    (name) => figures.under(name)[0],
  );
  if (!interval || !connected || !bytes) return '';
  return `A client that polls every ${threeDigits(interval.value / 1000)} s and disconnects was connected for ${writeMedian(connected, writePercent)} of the time. That client sent and received ${writeMedian(bytes, writeBytes)} per second.`;
}

function rate(perSecond: number): string {
  return perSecond < 1
    ? `1 message per ${threeDigits(1 / perSecond)} s`
    : `${threeDigits(perSecond)} messages/s`;
}
