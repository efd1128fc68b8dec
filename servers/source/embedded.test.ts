import { expect, it, vi } from 'vitest';
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

it('gives a publication the next seq and its scheduled send time', async () => {
  const source = new EmbeddedSource();
  await expect(source.publish({ body: 'hi', dueMs: 12 })).resolves.toEqual({ seq: 1 });
  expect(source.log.after({ logId: source.log.id, seq: 0 }).messages).toEqual([
    { seq: 1, dueMs: 12, body: 'hi' },
  ]);
});

it('publishes the same id once, and again after a failure or when many others have come', async () => {
  const source = new EmbeddedSource();
  const first = await source.publish({ body: 'hi', id: 'a', dueMs: 0 });
  expect(await source.publish({ body: 'hi', id: 'a', dueMs: 5 })).toBe(first);
  const append = vi.spyOn(source.log, 'append').mockImplementationOnce(() => {
    throw new Error('no memory');
  });
  await expect(source.publish({ body: 'x', id: 'b' })).rejects.toThrow('no memory');
  append.mockRestore();
  expect((await source.publish({ body: 'x', id: 'b' })).seq).toBe(2);
  for (let index = 0; index < 9999; index += 1) await source.publish({ body: '', id: `${index}` });
  expect(source.log.head).toBe(10_001);
  expect((await source.publish({ body: 'x', id: 'b' })).seq).toBe(2);
  expect((await source.publish({ body: 'hi', id: 'a' })).seq).toBe(10_002);
});
