import { breakEvenOf, type PollCosts } from '../../../bench/analysis/break-even.ts';
import { compareRatio } from '../../../bench/analysis/interval.ts';
import { significant, writeEstimate } from '../../../bench/analysis/writing.ts';
import type { Trial } from '../../../bench/result.ts';
import { threeDigits, writeMs } from '../../units.ts';
import type { MapCell, MapPanel, Point } from '../figure.ts';
import { distinct } from '../lanes.ts';
import type { Metric } from '../metrics.ts';

export type Framework = 'express' | 'http';

/** Push and a short poll at one rate and one interval: the trials of the same repeat, paired. */
export type Contest = { ratePerSecond: number; intervalMs: number; pairs: { push: Trial; poll: Trial }[] };

/** What may be won, of which less is better; `times` writes how clearly. */
export type Prize = Metric & { times: string };

/** The cells of the grid in which push and a poll on that framework both ran, by rate, then by interval. */
export function contestsOf(trials: readonly Trial[], framework: Framework): Contest[] {
  const contests = new Map<string, Contest>();
  for (const poll of trials) {
    const { ratePerSecond, intervalMs } = poll.parameters;
    if (poll.transport !== 'short-poll' || poll.parameters.framework !== framework || !intervalMs) continue;
    const push = trials.find((trial) => isRivalOf(trial, poll));
    if (!push) continue;
    const key = `${ratePerSecond} ${intervalMs}`;
    const contest = contests.get(key) ?? { ratePerSecond, intervalMs, pairs: [] };
    contest.pairs.push({ push, poll });
    contests.set(key, contest);
  }
  return [...contests.values()].sort(
    (a, b) => a.ratePerSecond - b.ratePerSecond || a.intervalMs - b.intervalMs,
  );
}

function isRivalOf({ transport, parameters, repeat }: Trial, poll: Trial): boolean {
  return (
    transport === 'push' &&
    parameters.schedule === poll.parameters.schedule &&
    parameters.ratePerSecond === poll.parameters.ratePerSecond &&
    parameters.clients === poll.parameters.clients &&
    repeat === poll.repeat
  );
}

/** Who won a cell. With three runs or more, only who won clearly. */
export function winnerCell(contest: Contest | undefined, { read, times }: Prize): MapCell {
  const pairs = (contest?.pairs ?? []).flatMap(({ push, poll }) => {
    const [a, b] = [read(poll) ?? 0, read(push) ?? 0];
    return a > 0 && b > 0 ? [{ a, b }] : [];
  });
  const [only] = pairs;
  if (!only) return { name: nobody, text: 'not measured', strength: 0 };
  const { ratio, verdict } = compareRatio(pairs);
  const pollOverPush = ratio?.mean ?? only.a / only.b;
  if (verdict === 'no clear difference')
    return { name: 'no clear difference', text: `poll ${threeDigits(pollOverPush)} times push`, strength: 0 };
  const winner = pollOverPush < 1 ? 'short-poll' : 'push';
  const by = Math.max(pollOverPush, 1 / pollOverPush);
  return {
    winner,
    name: winner === 'push' ? 'push' : 'poll',
    text: `${threeDigits(by)} ${times}`,
    strength: by < 1.5 ? 1 : by < 5 ? 2 : 3,
  };
}

const nobody = 'no winner';

/** Steps of the line from the bottom of the map to its top. */
const steps = 40;

/** Where there is only one step of a quantity to read a scale from, a cell is taken to be this many times wide. */
const loneCellTimes = 4;

/**
 * The predicted break-even λ* = (c_poll/T)/(c_push − c_batched) over the cells of a map, in cells from its
 * bottom left corner. Between the middles of two cells the scales are logarithmic. `undefined` where there
 * is no break-even, where it is not determined, and where none lies within the map.
 */
export function predictedLine(
  costs: PollCosts,
  rates: readonly number[],
  intervalsMs: readonly number[],
): MapPanel['line'] {
  const points: Point[] = [];
  for (let step = 0; step <= steps; step += 1) {
    const y = (intervalsMs.length * step) / steps;
    const found = breakEvenOf(costs, valueAt(y, intervalsMs));
    if (found.at !== 'rate') return undefined;
    points.push({ x: cellsUpTo(found.rate.value, rates), y });
  }
  const inside = clipped(points, rates.length);
  return inside.length > 1 ? { name: 'predicted break-even λ*', points: inside } : undefined;
}

/** Where a value lies, in cells from the beginning: the middle of the first cell is 0.5. */
export function cellsUpTo(value: number, steps: readonly number[]): number {
  const after = steps.findIndex((step) => step >= value);
  const right = Math.min(Math.max(1, after === -1 ? steps.length - 1 : after), Math.max(1, steps.length - 1));
  const [a, b] = [steps[right - 1] ?? 1, steps[right] ?? (steps[right - 1] ?? 1) * loneCellTimes];
  return right - 0.5 + Math.log(value / a) / Math.log(b / a);
}

/** The value at a place in cells: the other way round. */
function valueAt(cells: number, steps: readonly number[]): number {
  const right = Math.min(Math.max(1, Math.ceil(cells - 0.5)), Math.max(1, steps.length - 1));
  const [a, b] = [steps[right - 1] ?? 1, steps[right] ?? (steps[right - 1] ?? 1) * loneCellTimes];
  return a * (b / a) ** (cells - (right - 0.5));
}

/** The part of a line that lies between 0 and `width`, cut where it crosses. */
function clipped(points: readonly Point[], width: number): Point[] {
  return points.flatMap((point, index) => {
    const next = points[index + 1];
    const own = point.x >= 0 && point.x <= width ? [point] : [];
    if (!next) return own;
    const cuts = [0, width]
      .filter((edge) => point.x < edge !== next.x < edge)
      .map((edge) => {
        const share = (edge - point.x) / (next.x - point.x);
        return { x: edge, y: point.y + (next.y - point.y) * share };
      });
    return [...own, ...cuts];
  });
}

/** What the fitted costs predict for one framework, in words: where it turns, or why it never does. */
export function predictionNotes(
  framework: string,
  costs: PollCosts | undefined,
  contests: readonly Contest[],
): string[] {
  if (!costs) return [`Polls on ${framework}: too few trials to fit costs, so no break-even is predicted.`];
  const intervalsMs = distinct(contests.map(({ intervalMs }) => intervalMs));
  const all = intervalsMs.map((intervalMs) => ({ intervalMs, found: breakEvenOf(costs, intervalMs) }));
  const found = all[0]?.found;
  if (found?.at === 'no rate')
    return [
      `Polls on ${framework}: no break-even. The fitted cost is ${us(costs.push.value)} per pushed message and ${us(costs.batched.value)} per message in a poll response. Push therefore costs less CPU at every rate.`,
    ];
  if (found?.at === 'not determined')
    return [
      `Polls on ${framework}: the break-even is not determined, so no line is drawn. The fitted cost is ${us(costs.push.value)} per pushed message and ${us(costs.batched.value)} per message in a poll response. The difference (95%: ${significant(found.saved.low, 2)} to ${us(found.saved.high)}) may be 0.`,
    ];
  const rates = all.flatMap(({ intervalMs, found }) =>
    found.at === 'rate' ? [{ intervalMs, rate: found.rate }] : [],
  );
  const turns = rates.map(
    ({ intervalMs, rate }) => `${writeEstimate(rate, 'messages/s')} at T = ${writeMs(intervalMs)}`,
  );
  const fastest = Math.max(...contests.map(({ ratePerSecond }) => ratePerSecond));
  const beyond = rates.every(({ rate }) => rate.value > fastest);
  return [
    `Polls on ${framework}: the predicted break-even rate is ${turns.join(' and ')}${beyond ? ', above all measured rates' : ''}. The model is λ* = (c_poll/T)/(c_push − c_batched) for poll interval T. At higher rates and longer intervals, polling should cost less CPU.`,
  ];
}

function us(value: number): string {
  return `${significant(value, 2)} µs`;
}
