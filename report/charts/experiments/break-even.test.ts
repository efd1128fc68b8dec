import { describe, expect, it } from 'vitest';
import type { Trial } from '../../../bench/result.ts';
import { type Contest, cellsUpTo, predictedLine, predictionNotes, winnerCell } from './break-even-grid.ts';

/** A contest in which the prize is the trial itself. */
const contest = (pairs: [push: number, poll: number][]): Contest => ({
  ratePerSecond: 10,
  intervalMs: 100,
  pairs: pairs.map(([push, poll]) => ({ push: push as unknown as Trial, poll: poll as unknown as Trial })),
});
const prize = {
  name: 'prize',
  times: 'times less',
  read: (trial: Trial) => trial as unknown as number,
};

describe('a cell of the map', () => {
  it('goes to whoever took less, and says how many times', () => {
    expect(winnerCell(contest([[1, 3]]), prize)).toMatchObject({ winner: 'push', text: '3 times less' });
    expect(winnerCell(contest([[6, 1]]), prize)).toMatchObject({
      winner: 'short-poll',
      name: 'poll',
      text: '6 times less',
      strength: 3,
    });
  });

  it('goes to nobody when three runs leave no clear difference', () => {
    const cell = winnerCell(
      contest([
        [1, 1.3],
        [1, 0.8],
        [1, 1],
      ]),
      prize,
    );
    expect(cell).toMatchObject({ name: 'no clear difference', strength: 0 });
    expect(cell.winner).toBeUndefined();
  });

  it('goes to the clear winner of three runs', () => {
    const runs: [number, number][] = [
      [1, 2],
      [1, 2.1],
      [1, 1.9],
    ];
    expect(winnerCell(contest(runs), prize).winner).toBe('push');
  });

  it('says that it was not measured', () => {
    expect(winnerCell(undefined, prize)).toMatchObject({ text: 'not measured', strength: 0 });
  });
});

const exactly = (value: number) => ({ value, low: value, high: value });
const costs = { poll: exactly(100), batched: exactly(2), push: exactly(12) };

describe('the predicted line', () => {
  it('has the middle of a cell at its value, and is logarithmic between two', () => {
    expect(cellsUpTo(10, [10, 1000])).toBeCloseTo(0.5);
    expect(cellsUpTo(1000, [10, 1000])).toBeCloseTo(1.5);
    expect(cellsUpTo(100, [10, 1000])).toBeCloseTo(1);
    expect(cellsUpTo(4000, [1000])).toBeCloseTo(1.5);
  });

  it('runs through λ* = (c_poll/T)/(c_push − c_batched): 100 a second at T = 100 ms', () => {
    const line = predictedLine(costs, [10, 100, 1000], [10, 100, 1000]);
    const middle = line?.points.find(({ y }) => y === 1.5);
    expect(middle?.x).toBeCloseTo(1.5);
  });

  it('is cut where it leaves the map, and missing where it never enters', () => {
    for (const { x } of predictedLine(costs, [50, 150], [100, 400])?.points ?? []) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(2);
    }
    expect(predictedLine(costs, [0.01, 0.1], [100, 400])).toBeUndefined();
  });

  it('is missing, with a reason, where push never costs more than a batch', () => {
    const never = { ...costs, push: exactly(1) };
    expect(predictedLine(never, [10, 100], [100, 400])).toBeUndefined();
    expect(predictionNotes('Express', never, [contest([[1, 1]])])[0]).toContain('no break-even');
    expect(predictionNotes('Express', costs, [contest([[1, 1]])])[0]).toContain(
      'the predicted break-even rate is 100 messages/s (95%: 100 to 100) at T = 100 ms',
    );
    const vague = { ...costs, push: { value: 12, low: 1, high: 23 } };
    expect(predictedLine(vague, [10, 100], [100, 400])).toBeUndefined();
    expect(predictionNotes('Express', vague, [contest([[1, 1]])])[0]).toContain(
      'not determined, so no line is drawn',
    );
    expect(predictionNotes('Express', undefined, [])[0]).toContain('too few trials');
  });
});
