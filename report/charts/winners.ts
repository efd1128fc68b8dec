import { compareRatio } from '../../bench/analysis/interval.ts';
import type { Trial } from '../../bench/result.ts';
import { threeDigits } from '../units.ts';
import type { MapCell } from './figure.ts';

export type Framework = 'express' | 'http';

/** Push and a short poll at one rate and one interval: the trials of the same repeat, paired. */
export type Contest = { ratePerSecond: number; intervalMs: number; pairs: { push: Trial; poll: Trial }[] };

/** What may be won, of which less is better; `times` writes how clearly. */
export type Price = {
  title: string;
  times: string;
  unit: string;
  of: (trial: Trial) => number | undefined;
};

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
export function winnerCell(contest: Contest | undefined, { of, times }: Price): MapCell {
  const pairs = (contest?.pairs ?? []).flatMap(({ push, poll }) => {
    const [a, b] = [of(poll), of(push)];
    return a !== undefined && b !== undefined && a > 0 && b > 0 ? [{ a, b }] : [];
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
