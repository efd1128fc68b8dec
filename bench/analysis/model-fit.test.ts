import { describe, expect, it } from 'vitest';
import { delay, trial } from '../experiments/made-up.ts';
import { missesInWords, modelFits } from './model-fit.ts';

describe('the model fit', () => {
  const poll = (meanMs: number, empty: number, repeat = 1) =>
    trial({
      transport: 'short-poll',
      repeat,
      delayMs: delay(meanMs),
      linkMs: delay(20),
      model: { meanMs: 100, emptyShare: 0.5 },
      requests: { total: 100, empty, missedSlots: 0 },
      parameters: { intervalMs: 250, oneWayMs: 20 },
    });

  it.each([
    [103, true],
    [103.1, false],
    [97, true],
    [96.9, false],
  ])('of a short poll of %f ms where the model says 100: %s', (meanMs, fits) => {
    expect(modelFits([poll(meanMs, 50)]).find(({ unit }) => unit === 'ms')?.fits).toBe(fits);
  });

  it.each([
    [53, true],
    [54, false],
    [47, true],
  ])('of %i %% empty responses where the model says 50: %s, in points', (empty, fits) => {
    const fit = modelFits([poll(100, empty)]).find(({ unit }) => unit === '%');
    expect(fit).toMatchObject({ fits, deviationUnit: 'points', deviation: empty - 50 });
  });

  it('compares the mean of the runs', () => {
    const [fit] = modelFits([poll(90, 50), poll(110, 50, 2), poll(103, 50, 3)]);
    expect(fit).toMatchObject({ measured: 101, fits: true, runs: 3 });
  });

  it('holds a long poll against its model only where there is a way', () => {
    const at = (oneWayMs: number) =>
      trial({
        transport: 'long-poll',
        delayMs: delay(50),
        linkMs: delay(oneWayMs),
        model: { meanMs: 48, requestsPerSecond: 10 },
        requests: { total: 10, empty: 0, missedSlots: 0 },
        parameters: { oneWayMs },
      });
    expect(modelFits([at(0)]).map(({ unit }) => unit)).toEqual(['/s']);
    expect(modelFits([at(20)]).map(({ unit }) => unit)).toEqual(['ms', '/s']);
  });

  it('has push and notify in it, far away', () => {
    const far = (transport: 'push' | 'notify', meanMs: number) =>
      trial({
        transport,
        delayMs: delay(meanMs),
        linkMs: delay(80),
        model: { meanMs: 100, requestsPerSecond: 5 },
        requests: { total: 5, empty: 0, missedSlots: 0 },
        parameters: { oneWayMs: 80 },
      });
    expect(modelFits([far('push', 105), far('notify', 105.1)])).toMatchObject([
      { what: expect.stringContaining('push (one-way delay 80 ms'), fits: true },
      { what: expect.stringContaining('mean latency of notify-then-fetch'), fits: false },
      { what: expect.stringContaining('requests of notify-then-fetch'), fits: true },
    ]);
  });

  it.each([
    [200, 125, [true]],
    [200, 125.1, [false]],
    [200, 74.9, [false]],
    [199, 500, []],
  ])(
    'holds push to a crowd of %i against its fan-out: %f ms where the model says 100',
    (count, meanMs, fits) => {
      const crowd = trial({
        experiment: 'crowd',
        clients: { count },
        delayMs: delay(meanMs),
        model: { meanMs: 100, requestsPerSecond: 0 },
      });
      expect(modelFits([crowd]).map((fit) => fit.fits)).toEqual(fits);
    },
  );

  it.each([
    [5, true],
    [4, true],
    [3, false],
  ])('lets one request per client fall to either side of the window: %i of 5', (total, fits) => {
    const notify = trial({
      transport: 'notify',
      clients: { count: 1 },
      linkMs: delay(80),
      model: { requestsPerSecond: 5 },
      requests: { total, empty: 0, missedSlots: 0 },
      parameters: { oneWayMs: 80 },
    });
    expect(modelFits([notify]).map((fit) => fit.fits)).toEqual([fits]);
  });

  it('says in words what is outside its limit', () => {
    expect(missesInWords(modelFits([poll(103, 54)]))).toBe(
      '1 of 2 comparisons with a model is outside its limit: empty responses of short poll every 250 ms (one-way delay 20 ms, 20 messages/s): deviation from the model +4.0 points, limit ±3 points.',
    );
    expect(missesInWords(modelFits([poll(103, 53)]))).toBe(
      'All 2 comparisons with a model are within their limits.',
    );
  });

  it('leaves out what is no evidence, and trials without a measured way', () => {
    expect(modelFits([{ ...poll(100, 50), status: 'failed' }])).toEqual([]);
    expect(modelFits([{ ...poll(100, 50), linkMs: undefined }])).toEqual([]);
    const { parameters, ...rest } = poll(100, 50);
    expect(modelFits([{ ...rest, parameters: { ...parameters, traced: true } }])).toEqual([]);
  });
});
