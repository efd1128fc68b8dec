import { expect, it } from 'vitest';
import { nowMs } from '../meter/clock.ts';
import { EmbeddedSource } from './embedded.ts';
import { dueTimesMs } from './schedule.ts';

it('appends every message of its schedule, under its planned instant and never before it', async () => {
  const source = new EmbeddedSource();
  const schedule = { kind: 'poisson', ratePerSecond: 500, durationMs: 200, seed: 3 } as const;
  const early: number[] = [];
  source.log.subscribe((messages) =>
    early.push(...messages.filter(({ dueMs }) => dueMs > nowMs()).map(({ seq }) => seq)),
  );
  const startMs = nowMs() + 20;
  await source.play(schedule, startMs);
  const { messages } = source.log.after({ logId: source.log.id, seq: 0 });
  expect(messages.map(({ dueMs }) => dueMs - startMs)).toEqual(
    dueTimesMs(schedule).map((at) => expect.closeTo(at, 2)),
  );
  expect(early).toEqual([]);
});

it('stops a schedule that is playing', async () => {
  const source = new EmbeddedSource();
  const playing = source.play({ kind: 'periodic', ratePerSecond: 10, durationMs: 3_600_000 }, nowMs());
  source.stop();
  await playing;
});

it('gives what clients publish the next seq and the instant that they had planned', async () => {
  const source = new EmbeddedSource();
  await expect(source.publish({ body: 'hi', dueMs: 12 })).resolves.toEqual({ seq: 1, dueMs: 12, body: 'hi' });
});
