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

it('lets another one begin in every round, and ends all of them', async () => {
  const log: string[] = [];
  const rounds = new Rounds([contestOf(log, ['a', 'b'])], () => {});
  await rounds.hold(3, () => log.push('|'));
  expect(log.join(' ')).toBe('a1 b1 | b2 a2 | a3 b3 | end a end b');
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
  const enter = (name: string, works: number) => async () => ({
    name,
    turns: Array.from({ length: works }, (_, index) => turn(`${name}${index}`)),
    end: async () => {},
  });
  const contest = { name: 'c', practises: false, enter: [enter('a', 2), enter('b', 1), enter('c', 2)] };
  await new Rounds([contest], () => {}).hold(2, () => log.push('|'));
  expect(log.join(' ')).toBe('a0 b0 c0 a1 c1 | b0 c0 a0 c1 a1 |');
});

it('holds a short contest several times in a round', async () => {
  const log: string[] = [];
  const rounds = new Rounds([{ ...contestOf(log, ['a', 'b']), timesPerRound: 2 }], () => {});
  await rounds.hold(2, () => log.push('|'));
  expect(log.join(' ')).toBe('a1 b1 b2 a2 | a3 b3 b4 a4 | end a end b');
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
  expect(log.join(' ')).toBe('a1 b1 a2 b2 | end a end b');
  expect(rounds.soFar.rounds).toBe(1);
  expect(rounds.soFar.measures.map(({ values }) => values)).toEqual([[2], [2]]);
});

it('leaves a hole for a round that failed, names it, and goes on', async () => {
  const rounds = new Rounds([contestOf([], ['a', 'b'], { name: 'a', round: 2 })], () => {});
  await rounds.hold(3, () => {});
  expect(rounds.soFar.measures[0]).toMatchObject({ contender: 'a', values: [1, null, 3] });
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
  expect(log.filter((entry) => !entry.startsWith('end'))).toEqual(['a1', 'b1']);
});
