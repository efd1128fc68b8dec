import { NotEnough } from '../analysis/findings.ts';
import { smallerOf } from '../analysis/interval.ts';
import { spread, threeDigits, withRange, writeBytes, writeMs } from '../analysis/statistics.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../experiment.ts';
import type { Trial } from '../result.ts';

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
    claim: 'Polling is only preferred for light clients',
    question: 'What does a client itself pay to know the latest value?',
    prediction: {
      choices: [
        {
          text: 'Push, always: the client only listens.',
          why: 'It has to handle every message, wanted or not. At 100 messages/s that is a hundred wake-ups per second.',
        },
        {
          text: 'A poll, always: the client asks for one value and is done.',
          why: 'While nothing happens, its polls are empty work. A push client sleeps.',
        },
        {
          text: 'Neither: both clients end up with the same value, so both do the same work.',
          why: 'Both know the value. The push client woke up a hundred times for it, the polling client once.',
        },
        {
          text: 'Push while little happens, a poll while much happens.',
          why: 'The cost of a poll for the latest value does not depend on the rate. The cost of push grows with every message.',
        },
      ],
      right: 3,
    },
    howToRead:
      'One client of each kind, in a process of its own that nothing else wakes. Each panel is one price that the client pays; the rate of the messages grows to the right. “Latest” clients want the newest value only, “every” clients each message.',
    why: 'A pushed client does nothing until a message comes, and then has to take it. A poller works by the clock: its price does not depend on how much happens, and if it asks for the latest value alone, neither does its answer. Notify-then-fetch is told of every change but fetches in its own time, here once a second at most.',
    caveat:
      'Processor time, wake-ups, bytes and connected time stand for energy; none of them is energy. On a phone the radio decides, and it stays awake for seconds after each use, so a message now and then costs more there than here. The clients are simulated ones of this lab on Node, with the timers of their HTTP library.',
  },

  rule: `A light client wants the latest value once a second. By client CPU, at ${rate(slowPerSecond)} and at ${rate(fastPerSecond)}: holds when polling for the latest value took less than push at both, does not hold when at neither, otherwise "depends". With three runs or more an advantage counts only where the 95% interval of the ratio leaves out 1.`,

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
          ownFleets: true,
        });
    return { trials };
  },

  judge({ trials }) {
    const rates = [...new Set(trials.map(({ parameters }) => parameters.ratePerSecond))].sort(
      (a, b) => a - b,
    );
    const compared = rates.flatMap((ratePerSecond) => {
      const at = trials.filter(({ parameters }) => parameters.ratePerSecond === ratePerSecond);
      const pushes = at.filter(({ transport }) => transport === 'push');
      const polls = at.filter(isLatestPoll);
      const [push, poll] = [spread(pushes.map(cpuPerSecond)), spread(polls.map(cpuPerSecond))];
      return push && poll ? [{ ratePerSecond, at, push, poll, lighter: lighterOf(pushes, polls) }] : [];
    });
    const [slow, fast] = [slowPerSecond, fastPerSecond].map((wanted) =>
      compared.find(({ ratePerSecond }) => ratePerSecond === wanted),
    );
    if (!slow || !fast)
      throw new NotEnough(
        `There is no usable pair of push and poll at ${rate(slowPerSecond)} and at ${rate(fastPerSecond)}`,
      );

    const wins = [slow, fast].filter(({ lighter }) => lighter === 'poll').length;
    const firstPoll = compared.find(({ lighter }) => lighter === 'poll');
    const lastPush = compared.findLast(({ lighter }) => lighter === 'push');
    const turns = lastPush && firstPoll && lastPush.ratePerSecond < firstPoll.ratePerSecond;
    return {
      verdict: wins === 2 ? 'holds' : wins === 0 ? 'does not hold' : 'depends',
      sentence: [
        `At ${rate(slow.ratePerSecond)} a push client used ${withRange(slow.push, cpu)}, one that polls for the latest value every second ${withRange(slow.poll, writeMs)}.`,
        `At ${rate(fast.ratePerSecond)} push used ${withRange(fast.push, cpu)}, polling ${withRange(fast.poll, writeMs)}.`,
        `Push woke its client ${threeDigits(wakeUpsOf(slow.at, 'push') ?? 0)} and ${threeDigits(wakeUpsOf(fast.at, 'push') ?? 0)} times a second.`,
        turns ? `It turns between ${rate(lastPush.ratePerSecond)} and ${rate(firstPoll.ratePerSecond)}.` : '',
        lazySentence(compared[0]?.at ?? []),
      ]
        .filter(Boolean)
        .join(' '),
      evidence: trials.map(({ id }) => id),
      model: 'per second: push λ·c_message; a poll for the latest value c_poll/T, whatever λ',
    };
  },
};

/** The client's own processor time, in milliseconds per second; not a number where nobody measured it. */
export function cpuPerSecond({ clients, durationMs }: Trial): number {
  return ((clients.cpuMs ?? Number.NaN) * 1000) / durationMs / clients.count;
}

/** Who took less of the client’s processor, by paired runs. */
function lighterOf(
  pushes: readonly Trial[],
  polls: readonly Trial[],
): 'push' | 'poll' | 'no clear difference' {
  const pairs = polls.flatMap((poll) => {
    const push = pushes.find(({ repeat }) => repeat === poll.repeat);
    return push ? [{ a: cpuPerSecond(poll), b: cpuPerSecond(push) }] : [];
  });
  const smaller = smallerOf(pairs);
  return smaller === 'a' ? 'poll' : smaller === 'b' ? 'push' : 'no clear difference';
}

function isLatestPoll({ transport, contract, parameters }: Trial): boolean {
  return transport === 'short-poll' && contract === 'latest' && parameters.intervalMs === intervalMs;
}

function wakeUpsOf(trials: readonly Trial[], transport: Trial['transport']): number | undefined {
  const own = trials.filter((trial) => trial.transport === transport);
  return spread(own.map(({ clients, durationMs }) => ((clients.wakeUps ?? 0) * 1000) / durationMs))?.median;
}

/** What a client gains that is in no hurry at all. */
function lazySentence(trials: readonly Trial[]): string {
  const lazy = trials.filter(({ parameters }) => parameters.keepAlive === false);
  const connected = spread(lazy.map(({ clients, durationMs }) => (clients.connectedMs ?? 0) / durationMs));
  const bytes = spread(lazy.map(({ bytes }) => bytes.toClients + bytes.toServer));
  const [first] = lazy;
  if (!first || !connected || !bytes) return '';
  return `A client that polls every ${threeDigits((first.parameters.intervalMs ?? 0) / 1000)} s and closes its connection was connected ${threeDigits(connected.median * 100)}% of the time and moved ${writeBytes((bytes.median * 1000) / first.durationMs)} a second.`;
}

function rate(perSecond: number): string {
  return perSecond < 1
    ? `1 message per ${threeDigits(1 / perSecond)} s`
    : `${threeDigits(perSecond)} messages/s`;
}

function cpu(value: number): string {
  return `${threeDigits(value)} ms of CPU per second`;
}
