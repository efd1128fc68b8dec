import { expect, it } from 'vitest';
import { nowMs } from '../../servers/meter/clock.ts';
import { until } from './process-meter.ts';

it('never ends a wait before its instant', async () => {
  const startMs = nowMs();
  const early: number[] = [];
  const waits = Array.from({ length: 100 }, async (_, index) => {
    const instantMs = startMs + 1 + index * 0.37;
    await until(instantMs);
    if (nowMs() < instantMs) early.push(instantMs - nowMs());
  });
  await Promise.all(waits);
  expect(early).toEqual([]);
});
