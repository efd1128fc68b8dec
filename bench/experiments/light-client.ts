import { NotEnough } from '../analysis/findings.ts';
import { smallerOf } from '../analysis/interval.ts';
import {
  significant,
  spread,
  threeDigits,
  withRange,
  writeBytes,
  writeMedian,
  writeMs,
} from '../analysis/statistics.ts';
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
    claim: 'Polling is preferable for light clients: it costs them less CPU than push',
    question: 'What does it cost a client to know the latest value?',
    prediction: {
      choices: [
        {
          text: 'Push, always: the client only listens.',
          why: 'A push client has to handle every message, wanted or not. At 100 messages/s that is a hundred wake-ups per second.',
        },
        {
          text: 'A poll, always: the client asks for one value and is done.',
          why: 'While nothing happens, its polls are wasted work. A push client sleeps.',
        },
        {
          text: 'Neither: both clients end up with the same value, so both do the same work.',
          why: 'Both clients know the value. The push client woke up a hundred times for that value, the polling client once.',
        },
        {
          text: 'Push at a low message rate, a poll at a high message rate.',
          why: 'The cost of a poll for the latest value does not depend on the rate. The cost of push grows with every message.',
        },
      ],
      right: 3,
    },
    howToRead:
      'Each client has a separate process with no other work. Each panel shows one cost of the client; the message rate grows to the right. “Latest” clients want only the newest value, “every” clients want each message.',
    why: 'A push client does nothing until a message comes, and then has to handle it. A polling client follows a clock, so its cost does not depend on the message rate. If it polls for the latest value only, its responses do not grow either. A notify-then-fetch client gets a notice of every change, but fetches at most once a second here.',
    caveat:
      'CPU, wake-ups, bytes and connected time are only hints at the energy that a client uses. On a phone the radio decides: it stays on for seconds after each use. On a phone, a rare message costs more than in this lab. The clients are this lab’s simulated clients on Node, with the timers of their HTTP library.',
  },

  rule: `A light client wants the latest value once a second. The client CPU of polling and push is compared at ${rate(slowPerSecond)} and at ${rate(fastPerSecond)}. The claim holds if polling used less CPU at both rates. It does not hold if polling used less CPU at neither rate. Otherwise it "depends". With three runs or more, a difference counts only if the 95% interval of the ratio excludes 1.`,

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
        `No usable pair of a push trial and a poll trial at ${rate(slowPerSecond)} and at ${rate(fastPerSecond)}`,
      );

    const wins = [slow, fast].filter(({ lighter }) => lighter === 'poll').length;
    const firstPoll = compared.find(({ lighter }) => lighter === 'poll');
    const lastPush = compared.findLast(({ lighter }) => lighter === 'push');
    const turns = lastPush && firstPoll && lastPush.ratePerSecond < firstPoll.ratePerSecond;
    return {
      verdict: wins === 2 ? 'holds' : wins === 0 ? 'does not hold' : 'depends',
      sentence: [
        `At ${rate(slow.ratePerSecond)}, push used ${withRange(slow.push, writeMs)} of client CPU per second and polling ${withRange(slow.poll, writeMs)}; at ${rate(fast.ratePerSecond)}, push ${withRange(fast.push, writeMs)} and polling ${withRange(fast.poll, writeMs)}.`,
        'The polling client asked for the latest value once a second.',
        `Push woke its client ${wakeUps(slow.at)} times per second at the low rate and ${wakeUps(fast.at)} times at the high rate.`,
        turns
          ? `The cheaper method changes between ${rate(lastPush.ratePerSecond)} and ${rate(firstPoll.ratePerSecond)}.`
          : '',
        lazySentence(compared[0]?.at ?? []),
      ]
        .filter(Boolean)
        .join(' '),
      evidence: trials.map(({ id }) => id),
      model: 'client CPU per second: push λ·c_message; a poll for the latest value c_poll/T at any λ',
    };
  },
};

/** The client's own CPU, in milliseconds per second; not a number where it was not measured. */
export function cpuPerSecond({ clients, durationMs }: Trial): number {
  return ((clients.cpuMs ?? Number.NaN) * 1000) / durationMs / clients.count;
}

/** The method that used less client CPU, by paired runs. */
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

function wakeUps(trials: readonly Trial[]): string {
  const pushes = trials.filter(({ transport }) => transport === 'push');
  const perSecond = spread(
    pushes.map(({ clients, durationMs }) => ((clients.wakeUps ?? 0) * 1000) / durationMs),
  );
  return perSecond ? writeMedian(perSecond, significant) : '0';
}

/** What a client gains that polls rarely and disconnects. */
function lazySentence(trials: readonly Trial[]): string {
  const lazy = trials.filter(({ parameters }) => parameters.keepAlive === false);
  const connected = spread(lazy.map(({ clients, durationMs }) => (clients.connectedMs ?? 0) / durationMs));
  const bytes = spread(
    lazy.map(({ bytes, durationMs }) => ((bytes.toClients + bytes.toServer) * 1000) / durationMs),
  );
  const [first] = lazy;
  if (!first || !connected || !bytes) return '';
  return `A client that polls every ${threeDigits((first.parameters.intervalMs ?? 0) / 1000)} s and disconnects was connected for ${writeMedian(connected, (share, digits) => significant(100 * share, digits))}% of the time. That client sent and received ${writeMedian(bytes, writeBytes)} per second.`;
}

function rate(perSecond: number): string {
  return perSecond < 1
    ? `1 message per ${threeDigits(1 / perSecond)} s`
    : `${threeDigits(perSecond)} messages/s`;
}
