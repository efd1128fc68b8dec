import { NotEnough } from '../analysis/findings.ts';
import { smallerOf } from '../analysis/interval.ts';
import { spread, threeDigits, withRange, writeBytes } from '../analysis/statistics.ts';
import { type Experiment, type GroupPlan, rotate, type TrialPlan } from '../experiment.ts';
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

/** The window at the slowest rate is long enough for its one message. */
const sizes = {
  quick: {
    repeats: 1,
    rates: [
      { ratePerSecond: 0.4, durationMs: 2300, groups: whenSlow(1250) },
      { ratePerSecond: 100, durationMs: 450, groups: whenFast },
    ],
  },
  default: {
    repeats: 1,
    rates: [
      { ratePerSecond: 0.1, durationMs: 10_000, groups: whenSlow(5000) },
      { ratePerSecond: 5, durationMs: 1500, groups: whenFast },
      { ratePerSecond: 100, durationMs: 1500, groups: whenFast },
    ],
  },
  full: {
    repeats: 5,
    rates: [
      { ratePerSecond: 1 / 60, durationMs: 60_000, groups: whenSlow(10_000) },
      { ratePerSecond: 1, durationMs: 3000, groups: whenFast },
      { ratePerSecond: 100, durationMs: 2000, groups: whenFast },
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

  rule: `A light client wants the latest value once a second. Holds when a poll for the latest value took less of the client’s processor than push at every rate of messages; does not hold when at none; otherwise "depends", with the rates between which it turns. With three runs or more an advantage counts where its interval leaves out 1.`,

  plan(profile) {
    const { repeats, rates } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const { ratePerSecond, durationMs, groups } of rotate(rates, repeat))
        trials.push({
          groups: rotate(groups, repeat),
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
    if (compared.length < 2)
      throw new NotEnough('There are not two rates at which push and poll were both measured');

    const wins = compared.filter(({ lighter }) => lighter === 'poll');
    const verdict =
      wins.length === compared.length ? 'holds' : wins.length === 0 ? 'does not hold' : 'depends';
    const slowest = compared[0] as (typeof compared)[number];
    const fastest = compared.at(-1) as (typeof compared)[number];
    const lastPush = compared.findLast(({ lighter }) => lighter === 'push');
    return {
      verdict,
      sentence: [
        `At ${rate(slowest.ratePerSecond)} a pushed client took ${withRange(slowest.push, cpu)} and was woken ${threeDigits(wakeUpsOf(slowest.at, 'push') ?? 0)} times a second; one that polls for the latest value every second took ${withRange(slowest.poll, cpu)}.`,
        `At ${rate(fastest.ratePerSecond)} push took ${withRange(fastest.push, cpu)} with ${threeDigits(wakeUpsOf(fastest.at, 'push') ?? 0)} wake-ups a second, the poll ${withRange(fastest.poll, cpu)}.`,
        lastPush && wins[0]
          ? `It turns between ${rate(lastPush.ratePerSecond)} and ${rate(wins[0].ratePerSecond)}.`
          : '',
        lazySentence(slowest.at),
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
  return `One that asks every ${threeDigits((first.parameters.intervalMs ?? 0) / 1000)} s and hangs up was connected for ${threeDigits(connected.median * 100)} % of the time and moved ${writeBytes((bytes.median * 1000) / first.durationMs)} a second.`;
}

function rate(perSecond: number): string {
  if (perSecond < 1) return `one message per ${threeDigits(1 / perSecond)} s`;
  return perSecond === 1 ? 'one message a second' : `${threeDigits(perSecond)} messages a second`;
}

function cpu(value: number): string {
  return `${threeDigits(value)} ms of processor a second`;
}
