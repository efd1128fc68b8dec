import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { calibrate, disturbed, isWithin } from './calibration/calibrate.ts';
import { cpuMsOf, memoryOf } from './meter.ts';

it('sees from outside what a process says of itself', async () => {
  const work =
    'let x = 0; for (let i = 0; i < 3e8; i += 1) x += i % 7; const { user, system } = process.cpuUsage(); console.log((user + system) / 1000, process.memoryUsage.rss()); process.stdin.resume();';
  const child = spawn(process.execPath, ['-e', work], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const seen = cpuMsOf(child.pid as number);
  const [said, rssBytes] = String(line).split(' ').map(Number) as [number, number];
  // It has gone on a little since; elsewhere than on Linux, ps counts in hundredths of a second.
  expect(seen).toBeGreaterThanOrEqual(said * 0.9 - 20);
  expect(seen).toBeLessThan(said + 500);
  // Pages that it shares with other processes count in part.
  expect(memoryOf(child.pid as number).bytes).toBeGreaterThan(0.02 * rssBytes);
  expect(memoryOf(child.pid as number).bytes).toBeLessThan(1.1 * rssBytes);
  child.stdin.end();
  await once(child, 'exit');
});

it('reads the CPU, the memory, the files and the bytes of a process that uses a known amount', async () => {
  const readings = (await calibrate(3)).filter(({ quantity }) => !disturbed.includes(quantity));
  expect(readings).toHaveLength(7);
  expect(readings.filter((reading) => !isWithin(reading))).toEqual([]);
});
