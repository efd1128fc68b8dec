import { expect, it } from 'vitest';
import { saidSchema } from './protocol.ts';
import { SightQueue, waitingMax } from './sight-queue.ts';

const sights = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ kind: 'handled', seq: index + 1, atMs: index }) as const);

it('says what was seen, in order, as the protocol takes it', () => {
  const queue = new SightQueue();
  queue.add('push', sights(3));
  queue.add('sse', sights(1));
  const said = queue.take(2);
  expect(said).toEqual([
    { say: 'saw', transport: 'push', uncertaintyMs: 2, sights: sights(3) },
    { say: 'saw', transport: 'sse', uncertaintyMs: 2, sights: sights(1) },
  ]);
  expect(queue.take(2)).toEqual([]);
});

it('says no more at once than may be said, and the rest later', () => {
  const queue = new SightQueue();
  queue.add('push', sights(3700));
  const first = queue.take(0);
  for (const one of [...first]) expect(saidSchema.parse(one)).toEqual(one);
  const told = [...first, ...queue.take(0)].flatMap((one) => (one.say === 'saw' ? one.sights : []));
  expect(first).toHaveLength(4);
  expect(told).toEqual(sights(3700));
});

it('gives up the oldest when nobody listens for long, and counts them', () => {
  const queue = new SightQueue();
  for (let round = 0; round < 110; round += 1) queue.add('push', sights(1000));
  expect(queue.lost).toBe(110_000 - waitingMax);
});
