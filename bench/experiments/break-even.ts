import {
  breakEvenOf,
  type Cell,
  frameworkOverhead,
  predictWinners,
  score,
  splitCells,
} from '../analysis/break-even.ts';
import type { Cost } from '../analysis/costs.ts';
import { cellsOf, fitCpuCosts } from '../analysis/cpu-costs.ts';
import { NotEnough } from '../analysis/findings.ts';
import { smallerOf } from '../analysis/interval.ts';
import { threeDigits, whole, writeTimes } from '../analysis/statistics.ts';
import { writeEstimate } from '../analysis/writing.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../experiment.ts';
import type { Trial } from '../result.ts';

const clients = 100;
const frameworks = ['express', 'http'] as const;

/** The verdict is about these rates and intervals: every profile has their ends, and some more in between. */
const corners = { rates: [4, 150], intervals: [100, 500] } as const;

/** Messages that share a write, and messages that don’t. */
const bursts = [true, false];

/** Windows hold whole message periods and whole poll intervals. */
const sizes = {
  quick: { repeats: 1, durationMs: 1000, ...corners, sides: [], bursts: [] },
  default: { repeats: 1, durationMs: 1000, ...corners, rates: [4, 40, 150], sides: corners.rates, bursts },
  full: {
    repeats: 5,
    durationMs: 1000,
    rates: [4, 10, 50, 150],
    intervals: [100, 250, 500],
    sides: corners.rates,
    bursts,
  },
} as const;

/** A burst at which coalescing shows: so many messages due at one instant. */
const burstPerSecond = 100;

export const breakEven: Experiment = {
  text: {
    id: 'break-even',
    title: 'Break-even',
    claim: 'Request-response is always an ideal pattern: it costs less server CPU than push',
    question: 'When does polling cost the server less than push?',
    prediction: {
      choices: [
        {
          text: 'Never: push sends nothing except the messages themselves.',
          why: 'Push pays once per message and client. One response to a poll carries all messages that came since the last poll.',
        },
        {
          text: 'Always: push writes to every client.',
          why: 'A pushed frame is built once and written many times. An empty poll costs a whole request and response.',
        },
        {
          text: 'When each poll returns a batch of messages.',
          why: 'The poll costs the same for one message as for fifty; push pays fifty times.',
        },
        {
          text: 'When messages are rare, because polling then has little to do.',
          why: 'Most polls are empty then, and push does nothing at all.',
        },
      ],
      right: 2,
    },
    howToRead:
      'Each cell is one message rate and one poll interval. The symbol shows the method that used less server CPU. The number is the ratio. Above the dashed line, fitted to the measured costs, polling should win. In the left map polls run on Express, in the right map on bare HTTP.',
    why: 'Push costs c_push per message and client. A poll costs c_poll every T, plus c_batched for each message in its response. Both cost the same at the message rate λ* = (c_poll/T)/(c_push − c_batched). A framework makes polls more expensive and moves the line. npm run bench:peers measures what two common tricks save on Express. With coalesced push, messages with the same scheduled send time share one write. Coalescing moves the line in the other direction.',
    caveat:
      'CPU of one server process with 100 clients and no other work. A delivery costs more when deliveries are rare, because the process has to wake up. The costs are valid for similar loads only. The method with less CPU may have the higher latency: polling every T adds T/2 on average.',
  },

  rule: `Paired runs compare the server CPU of push and of polls on Express. Each combination has a message rate (${corners.rates[0]} to ${corners.rates[1]} messages/s) and a poll interval (${corners.intervals[0]} to ${corners.intervals[1]} ms). The claim holds if polling used less in every combination. It does not hold if polling used less in no combination. Otherwise it "depends". With three runs or more, a combination counts only if the 95% interval of its ratio excludes 1.`,

  plan(profile) {
    const { repeats, durationMs, rates, intervals, sides, bursts } = sizes[profile];
    const polls = frameworks.flatMap((framework) =>
      intervals.map(
        (intervalMs): GroupPlan => ({ transport: 'short-poll', clients, intervalMs, server: { framework } }),
      ),
    );
    const others: GroupPlan[] = [
      { transport: 'sse', clients, server: { framework: 'http' } },
      { transport: 'long-poll', clients, server: { framework: 'http' } },
    ];
    const push: GroupPlan = { transport: 'push', clients };
    const periodic = (groups: readonly GroupPlan[], ratePerSecond: number) =>
      groups.map((group) => ({ group, kind: 'periodic' as const, ratePerSecond }));
    const runs = [
      ...rates.flatMap((ratePerSecond) => periodic([push, ...polls], ratePerSecond)),
      ...sides.flatMap((ratePerSecond) => periodic(others, ratePerSecond)),
      ...bursts.map((coalesce) => ({
        group: { ...push, server: { coalesce } },
        kind: 'burst' as const,
        ratePerSecond: burstPerSecond,
      })),
    ];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const { group, kind, ratePerSecond } of runs)
        trials.push({ groups: [group], schedule: { kind, ratePerSecond }, durationMs, repeat });
    return { trials };
  },

  fits: ({ trials }) => frameworks.flatMap((framework) => fitsOf(framework, trials)),

  judge({ trials }) {
    const express = winners(trials, 'express');
    const bare = winners(trials, 'http');
    if (express.length === 0) throw new NotEnough('No usable pair of a push trial and a poll trial');
    const pollWins = express.filter(({ winner }) => winner === 'short-poll').length;
    const bareWins = bare.filter(({ winner }) => winner === 'short-poll').length;
    const verdict = pollWins === express.length ? 'holds' : pollWins === 0 ? 'does not hold' : 'depends';
    return {
      verdict,
      sentence: [
        `Polling on Express used less server CPU than push in ${pollWins} of ${express.length} combinations of message rate and poll interval.`,
        `On bare HTTP, polling used less server CPU in ${bareWins} of ${bare.length} combinations. Each combination had ${clients} clients.`,
        turningPoint(trials, 'express', 'on Express'),
        turningPoint(trials, 'http', 'on bare HTTP'),
        overheadSentence(trials),
        coalescing(trials),
      ]
        .filter(Boolean)
        .join(' '),
      evidence: trials.map(({ id }) => id),
      model: `λ* = (c_poll/T)/(c_push − c_batched); ${forecast(trials)}`,
    };
  },
};

/** The cheaper method in a cell, by paired runs. */
type Winner = {
  ratePerSecond: number;
  intervalMs: number;
  winner: 'push' | 'short-poll' | 'no clear difference';
};

function winners(trials: readonly Trial[], framework: 'express' | 'http'): Winner[] {
  const cells = cellsOf(trials, framework);
  const places = new Set(cells.map(({ ratePerSecond, intervalMs }) => `${ratePerSecond} ${intervalMs}`));
  return [...places].map((place) => {
    const [ratePerSecond = 0, intervalMs = 0] = place.split(' ').map(Number);
    const runs = cells.filter(
      (cell) => cell.ratePerSecond === ratePerSecond && cell.intervalMs === intervalMs,
    );
    return { ratePerSecond, intervalMs, winner: winnerOf(runs) };
  });
}

function winnerOf(runs: readonly Cell[]): Winner['winner'] {
  const smaller = smallerOf(runs.map(({ pollCpu, pushCpu }) => ({ a: pollCpu, b: pushCpu })));
  return smaller === 'a' ? 'short-poll' : smaller === 'b' ? 'push' : 'no clear difference';
}

function turningPoint(trials: readonly Trial[], framework: 'express' | 'http', where: string): string {
  const costs = fitCpuCosts(trials, framework);
  if (!costs) return '';
  const per = `Fitted costs ${where}: ${microseconds(costs.poll.value)} per poll, ${microseconds(costs.batched.value)} per message in its response, ${microseconds(costs.push.value)} per pushed message.`;
  const [, intervalMs] = corners.intervals;
  const found = breakEvenOf(costs, intervalMs);
  if (found.at === 'rate')
    return `${per} Polling every ${intervalMs} ms is cheaper above ${writeEstimate(found.rate, 'messages/s')}.`;
  return found.at === 'no rate'
    ? `${per} A pushed message costs less than a message in a response, so push is cheaper at any rate.`
    : `${per} The break-even is not determined. A pushed message costs ${writeDifference(found.saved)} more than a message in a response. The difference may be zero.`;
}

/** How well costs from one half of the cells predict the other half. */
function forecast(trials: readonly Trial[]): string {
  const parts = frameworks.flatMap((framework) => {
    const { right, of, tooClose } = forecastScore(trials, framework) ?? { right: 0, of: 0, tooClose: 0 };
    return of + tooClose > 0
      ? [
          `${framework === 'http' ? 'bare HTTP' : 'Express'}: ${right} of ${of} right, ${tooClose} too close to call`,
        ]
      : [];
  });
  if (parts.length === 0) return 'too few cells to fit one half and test the fit on the other half';
  return `costs fitted to half of the cells predicted the winner in the other half (${parts.join('; ')})`;
}

/** How well costs that were fitted to one half of the cells predict the other half; `undefined` with too few. */
export function forecastScore(trials: readonly Trial[], framework: 'express' | 'http') {
  const cells = cellsOf(trials, framework);
  const [known, unknown] = splitCells(cells);
  const isKnown = ({ parameters }: Trial) =>
    parameters.intervalMs === undefined ||
    known.some(
      (cell) => cell.ratePerSecond === parameters.ratePerSecond && cell.intervalMs === parameters.intervalMs,
    );
  const costs = fitCpuCosts(trials.filter(isKnown), framework);
  if (!costs || unknown.length === 0) return undefined;
  return score(predictWinners(unknown, costs));
}

function overheadSentence(trials: readonly Trial[]): string {
  const [express, bare] = frameworks.map((framework) => fitCpuCosts(trials, framework));
  if (!express || !bare) return '';
  return `A poll on Express costs ${writeDifference(frameworkOverhead(express.poll, bare.poll))} more than a poll on bare HTTP.`;
}

function coalescing(trials: readonly Trial[]): string {
  const bursts = trials.filter(({ parameters }) => parameters.schedule === 'burst');
  const pairs = bursts
    .filter(({ parameters }) => parameters.coalesce === false)
    .flatMap((single) => {
      const together = bursts.find(
        ({ parameters, repeat }) => parameters.coalesce !== false && repeat === single.repeat,
      );
      return together ? [{ a: single.server.cpuMs, b: together.server.cpuMs }] : [];
    });
  if (pairs.length === 0) return '';
  return `Server CPU in bursts of ten messages, push without coalescing compared with coalesced push: ${writeTimes(pairs)}.`;
}

function fitsOf(framework: 'express' | 'http', trials: readonly Trial[]) {
  const costs = fitCpuCosts(trials, framework);
  if (!costs) return [];
  const on = framework === 'http' ? 'bare HTTP' : 'Express';
  const named: ['poll' | 'batched' | 'push', string][] = [
    ['poll', `server CPU per poll on ${on}`],
    ['batched', `server CPU per message in a poll response on ${on}`],
  ];
  if (framework === 'express') named.push(['push', 'server CPU per pushed message, per client']);
  return named.map(([name, title]) => ({
    name: name === 'push' ? 'push' : `${name}/${framework}`,
    title,
    unit: 'µs of server CPU',
    ...costs[name],
    n: costs.n,
  }));
}

function microseconds(value: number): string {
  return `${Math.abs(value) < 10 ? threeDigits(Math.round(value * 10) / 10) : whole(value)} µs`;
}

/** A difference may well be negative, and its interval is written as it is. */
function writeDifference({ value, low, high }: Cost): string {
  return `${threeDigits(value)} µs (95%: ${threeDigits(low)} to ${threeDigits(high)})`;
}
