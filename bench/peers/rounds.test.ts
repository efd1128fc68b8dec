import { expect, it } from 'vitest';
import type { Contest } from './contest.ts';
import { Rounds } from './rounds.ts';

function contestOf(log: string[], names: string[], failing?: { name: string; time: number }): Contest {
  return {
    name: 'c',
    enter: names.map((name) => {
      let time = 0;
      return async () => {
        log.push(`start-${name}`);
        return {
          name,
          async end() {
            log.push(`end-${name}`);
          },
          turns: [
            async () => {
              time += 1;
              log.push(`${name}${time}`);
              if (failing?.name === name && failing.time === time) throw new Error(`${name} lost a message`);
              return [{ case: 'x', quantity: 'server CPU per delivery' as const, value: time }];
            },
          ],
        };
      };
    }),
  };
}

/** What was done between two marks, whatever the order. */
const worked = (log: readonly string[]) =>
  log
    .join(' ')
    .split('|')
    .map((part) =>
      part
        .split(' ')
        .filter((entry) => /^\w\d/.test(entry))
        .sort()
        .join(' '),
    )
    .filter(Boolean);

it('starts everybody anew in every round, has all of them work, and ends them', async () => {
  const log: string[] = [];
  const rounds = new Rounds([contestOf(log, ['a', 'b'])], () => {});
  await rounds.hold(3, () => log.push('|'));
  const heldOnce = (time: number) =>
    new RegExp(`^start-a start-b (a${time} b${time}|b${time} a${time}) (end-a end-b|end-b end-a)$`);
  const held = log.join(' ').split(/ ?\| ?/);
  expect(held).toEqual(
    [heldOnce(1), heldOnce(2), heldOnce(3), /^$/].map((one) => expect.stringMatching(one)),
  );
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
  const worksDone = () =>
    log
      .join('')
      .split('|')
      .map((done) => (done.match(/\w\d/g) ?? []).map(([, work]) => work));
  const enter = (name: string, works: number) => async () => ({
    name,
    turns: Array.from({ length: works }, (_, index) => turn(`${name}${index}`)),
    end: async () => {},
  });
  const contest = { name: 'c', enter: [enter('a', 2), enter('b', 1), enter('c', 2)] };
  await new Rounds([contest], () => {}).hold(2, () => log.push('|'));
  expect(worksDone()).toEqual([['0', '0', '0', '1', '1'], ['0', '0', '0', '1', '1'], []]);
});

it('draws who comes after whom anew each time, from a seed', async () => {
  const orderOf = async (seed: number) => {
    const log: string[] = [];
    await new Rounds([contestOf(log, ['a', 'b', 'c'])], () => {}, seed).hold(40, () => {});
    return log.filter((entry) => /^\w\d/.test(entry)).map(([name]) => name);
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
  expect(worked(log)).toEqual(['a1 a2 b1 b2', 'a3 a4 b3 b4']);
  expect(rounds.soFar).toMatchObject({ rounds: 2 });
  expect(rounds.soFar.measures.map(({ values }) => values)).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
});

it('begins each time with a practice that does not count, where a contest wants it', async () => {
  const log: string[] = [];
  const rounds = new Rounds([{ ...contestOf(log, ['a', 'b']), practisedTurns: 1 }], () => {});
  await rounds.hold(2, () => log.push('|'));
  expect(worked(log)).toEqual(['a1 a2 b1 b2', 'a3 a4 b3 b4']);
  expect(rounds.soFar.rounds).toBe(2);
  expect(rounds.soFar.measures.map(({ values }) => values)).toEqual([
    [2, 4],
    [2, 4],
  ]);
});

it('leaves a hole for a round that failed, names it, and goes on', async () => {
  const rounds = new Rounds([contestOf([], ['a', 'b'], { name: 'a', time: 2 })], () => {});
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
  expect(rounds.soFar.failures).toEqual(['c, round 1 of 1: no such program']);
  expect(rounds.soFar.measures).toHaveLength(1);
});

it('holds no further round once it is stopped', async () => {
  const log: string[] = [];
  const rounds = new Rounds([contestOf(log, ['a', 'b'])], () => {});
  await rounds.hold(5, () => rounds.stop());
  expect(worked(log)).toEqual(['a1 b1']);
  expect(log.filter((entry) => entry.startsWith('end')).sort()).toEqual(['end-a', 'end-b']);
});
