import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResult, type Result } from '../result.ts';
import { type Measured, type SizingCosts, sizingCosts, sizingsOf, wanted, writeSizing } from './advice.ts';

const sample = () => parseResult(readFileSync('report/sample/results.json', 'utf8'));

const cost = (value: number): Measured => ({ name: 'a cost', value, unit: 'µs', source: 'made up' });
const fitted = (value: number, low: number, high: number) => ({ ...cost(value), low, high });

const costs: SizingCosts = {
  push: fitted(20, 10, 40),
  poll: fitted(300, 200, 400),
  batched: fitted(100, 100, 100),
  pushMemory: cost(5000),
  pollMemory: cost(3000),
  pushBytes: cost(100),
  pollBytes: cost(400),
  pushClient: cost(2),
  pollClient: cost(250),
};

describe('the size of a crowd', () => {
  it('is calculated from what each thing costs', () => {
    expect(wanted).toMatchObject({ ratePerSecond: 0.5, intervalMs: 1000, withinMs: 1000, busyShare: 0.5 });
    expect(sizingsOf(costs, 1_000_000)).toEqual([
      {
        clients: 1_000_000,
        transport: 'push',
        servers: { count: 20, low: 10, high: 40, arithmetic: '1,000,000 × 20 µs ÷ 1 s' },
        // Ports bind an agent here, and its processor below.
        agents: { count: 36, arithmetic: '1,000,000 ÷ 28,232 ports' },
        memoryBytes: 5e9,
        bitsPerSecond: 4e8,
      },
      {
        clients: 1_000_000,
        transport: 'short-poll',
        servers: {
          count: 700,
          low: 500,
          high: 900,
          arithmetic: '1,000,000 × (1/s × 300 µs + 0.5/s × 100 µs) ÷ 0.5',
        },
        agents: { count: 500, arithmetic: '1,000,000 × 1/s × 250 µs ÷ 0.5' },
        memoryBytes: 3e9,
        bitsPerSecond: 3.2e9,
      },
    ]);
  });

  it('is never less than one server and one agent', () => {
    for (const { servers, agents } of sizingsOf(costs, 1))
      expect([servers.count, servers.low, agents.count]).toEqual([1, 1, 1]);
  });

  it('takes the costs from the result that it is given', () => {
    const result = sample();
    const found = sizingCosts(result);
    const push = result.fits.find(({ name }) => name === 'push');
    expect(found.push).toMatchObject({ value: push?.value, high: push?.high });
    const trials = result.trials.filter(
      ({ experiment, transport }) => experiment === 'idle-cost' && transport === 'push',
    );
    for (const { server } of trials) server.memoryPerClientBytes = 1234;
    for (const fit of result.fits) fit.value *= 2;
    expect(sizingCosts(result)).toMatchObject({
      push: { value: 2 * (found.push.value as number) },
      pushMemory: { value: 1234 },
    });
  });

  it.each<[string, (result: Result) => unknown]>([
    ['run the experiment break-even', (result) => result.fits.splice(0)],
    ['run the experiment idle-cost', (result) => result.trials.splice(0)],
  ])('can’t be had without its measurement: %s', (remedy, take) => {
    const result = sample();
    take(result);
    expect(() => writeSizing(result, [1000])).toThrow(remedy);
  });

  it('keeps the ends of intervals as they were fitted, also below 0', () => {
    const result = sample();
    for (const fit of result.fits) fit.low = -7;
    expect(sizingCosts(result).push.low).toBe(-7);
    expect(writeSizing(result, [1000])).toContain('| -7 to ');
    for (const { servers } of sizingsOf(sizingCosts(result), 1_000_000)) expect(servers.low).toBe(1);
  });

  it('says what kind of memory it is, wherever memory is named', () => {
    const memory = writeSizing(sample(), [1000])
      .split('\n')
      .filter((line) => /memory/i.test(line));
    expect(memory.length).toBeGreaterThan(2);
    for (const line of memory) expect(line).toMatch(/heap and buffers/);
  });
});
