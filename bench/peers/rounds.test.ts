import { expect, it } from 'vitest';
import type { Contest } from './contest.ts';
import { Rounds } from './rounds.ts';

function contestOf(log: string[], names: string[], failing?: { name: string; round: number }): Contest {
  return {
    name: 'c',
    practises: false,
    enter: names.map((name) => async () => {
      let round = 0;
      return {
        name,
        async end() {
          log.push(`end ${name}`);
        },
        turns: [
          async () => {
            round += 1;
            log.push(`${name}${round}`);
            if (failing?.name === name && failing.round === round) throw new Error(`${name} lost a message`);
            return [{ case: 'x', quantity: 'server CPU per delivery' as const, value: round }];
          },
        ],
      };
    }),
  };
}

/** What was done between two marks, whatever the order. */
const unordered = (log: readonly string[]) =>
  log
    .join(' ')
    .split(' | ')
    .map((part) => part.split(' ').sort().join(' '));

it('has everybody work in every round, and ends all of them', async () => {
  const log: string[] = [];
  const rounds = new Rounds([contestOf(log, ['a', 'b'])], () => {});
  await rounds.hold(3, () => log.push('|'));
  expect(unordered(log)).toEqual(['a1 b1', 'a2 b2', 'a3 b3', 'a b end end']);
  expect(rounds.soFar).toMatchObject({ rounds: 3, failures: [] });
  expect(rounds.soFar.measures.map(({ contender, values }) => [contender, values])).toEqual([
    ['a', [1, 2, 3]],
    ['b', [1, 2, 3]],
  ]);
});

it('has everybody do a piece of work before anybody does the next', async () => {
  const log: string[] = [];
  const turn = (name: string) => async () => {
    log.push(name);
    return [];
  };
  const worked = () =>
    log
      .join('')
      .split('|')
      .map((done) => (done.match(/\w\d/g) ?? []).map(([, work]) => work));
  const enter = (name: string, works: number) => async () => ({
    name,
    turns: Array.from({ length: works }, (_, index) => turn(`${name}${index}`)),
    end: async () => {},
  });
  const contest = { name: 'c', practises: false, enter: [enter('a', 2), enter('b', 1), enter('c', 2)] };
  await new Rounds([contest], () => {}).hold(2, () => log.push('|'));
  expect(worked()).toEqual([['0', '0', '0', '1', '1'], ['0', '0', '0', '1', '1'], []]);
});

it('draws who comes after whom anew each time, from a seed', async () => {
  const orderOf = async (seed: number) => {
    const log: string[] = [];
    await new Rounds([contestOf(log, ['a', 'b', 'c'])], () => {}, seed).hold(40, () => {});
    return log.filter((entry) => !entry.startsWith('end')).map(([name]) => name);
  };
  const order = await orderOf(0.3);
  expect(await orderOf(0.3)).toEqual(order);
  expect(await orderOf(0.6)).not.toEqual(order);
  const rounds = Array.from({ length: 40 }, (_, round) => order.slice(3 * round, 3 * round + 3).join(''));
  expect(new Set(rounds)).toEqual(new Set(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']));
});

it('holds a short contest several times in a round', async () => {
  const log: string[] = [];
  const rounds = new Rounds([{ ...contestOf(log, ['a', 'b']), timesPerRound: 2 }], () => {});
  await rounds.hold(2, () => log.push('|'));
  expect(unordered(log)).toEqual(['a1 a2 b1 b2', 'a3 a4 b3 b4', 'a b end end']);
  expect(rounds.soFar).toMatchObject({ rounds: 2 });
  expect(rounds.soFar.measures.map(({ values }) => values)).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
});

it('begins with a practice that does not count, where a contest wants it', async () => {
  const log: string[] = [];
  const rounds = new Rounds([{ ...contestOf(log, ['a', 'b']), practises: true }], () => {});
  await rounds.hold(1, () => log.push('|'));
  expect(unordered(log)).toEqual(['a1 a2 b1 b2', 'a b end end']);
  expect(rounds.soFar.rounds).toBe(1);
  expect(rounds.soFar.measures.map(({ values }) => values)).toEqual([[2], [2]]);
});

it('leaves a hole for a round that failed, names it, and goes on', async () => {
  const rounds = new Rounds([contestOf([], ['a', 'b'], { name: 'a', round: 2 })], () => {});
  await rounds.hold(3, () => {});
  expect(rounds.soFar.measures).toContainEqual(
    expect.objectContaining({ contender: 'a', values: [1, null, 3] }),
  );
  expect(rounds.soFar.failures).toEqual(['c, round 2 of 3: a lost a message']);
});

it('goes on without a contender that does not start', async () => {
  const broken = async () => {
    throw new Error('no such program');
  };
  const contest = contestOf([], ['a']);
  const rounds = new Rounds([{ ...contest, enter: [broken, ...contest.enter] }], () => {});
  await rounds.hold(1, () => {});
  expect(rounds.soFar.failures).toEqual(['c: no such program']);
  expect(rounds.soFar.measures).toHaveLength(1);
});

it('holds no further round once it is stopped', async () => {
  const log: string[] = [];
  const rounds = new Rounds([contestOf(log, ['a', 'b'])], () => {});
  await rounds.hold(5, () => rounds.stop());
  expect(log.filter((entry) => !entry.startsWith('end')).sort()).toEqual(['a1', 'b1']);
});
