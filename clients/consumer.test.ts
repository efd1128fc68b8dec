import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Consumer } from './consumer.ts';

const message = (seq: number) => ({ seq, dueMs: 0, body: '' });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function slowConsumer(inboxLimit: number) {
  const log: string[] = [];
  const consumer = new Consumer({
    handlingMs: 10,
    inboxLimit,
    pause: () => log.push('pause'),
    resume: () => log.push('resume'),
    handle: ({ seq }) => log.push(`${seq}`),
  });
  return { consumer, log };
}

it('handles at once when handling takes no time', () => {
  const handle = vi.fn();
  const consumer = new Consumer({ handlingMs: 0, pause: vi.fn(), resume: vi.fn(), handle });
  consumer.take(message(1));
  expect(handle).toHaveBeenCalledOnce();
  expect(consumer.waiting).toBe(0);
});

it('handles nothing of what it has forgotten, and what comes afterwards at its own pace', () => {
  const { consumer, log } = slowConsumer(2);
  for (const seq of [1, 2, 3]) consumer.take(message(seq));
  vi.advanceTimersByTime(5);
  consumer.forget();
  expect(consumer.waiting).toBe(0);
  for (const seq of [7, 8]) consumer.take(message(seq));
  expect(log).toEqual(['1', 'pause', '7']);
  vi.advanceTimersByTime(9);
  expect(log).toEqual(['1', 'pause', '7']);
  vi.advanceTimersByTime(1);
  expect(log).toEqual(['1', 'pause', '7', '8']);
});

it('handles one message after the other, in order', () => {
  const { consumer, log } = slowConsumer(100);
  for (let seq = 1; seq <= 5; seq += 1) consumer.take(message(seq));
  expect(log).toEqual(['1']);
  vi.advanceTimersByTime(20);
  expect(log).toEqual(['1', '2', '3']);
  vi.advanceTimersByTime(100);
  expect(log).toEqual(['1', '2', '3', '4', '5']);
});

it('pauses reading when the inbox is full and reads on when it is half empty', () => {
  const { consumer, log } = slowConsumer(4);
  for (let seq = 1; seq <= 5; seq += 1) consumer.take(message(seq));
  expect(log).toEqual(['1', 'pause']);
  vi.advanceTimersByTime(10);
  expect(log).not.toContain('resume');
  vi.advanceTimersByTime(10);
  expect(log.at(-1)).toBe('resume');
});

it('never pauses without a limit: the load piles up here', () => {
  const { consumer, log } = slowConsumer(Number.POSITIVE_INFINITY);
  for (let seq = 1; seq <= 1000; seq += 1) consumer.take(message(seq));
  expect(log).toEqual(['1']);
  expect(consumer.waiting).toBe(999);
});

it('is never done with a message when its handling time is infinite', () => {
  const handled = vi.fn();
  const consumer = new Consumer({
    handlingMs: Number.POSITIVE_INFINITY,
    pause: vi.fn(),
    resume: vi.fn(),
    handle: vi.fn(),
    handled,
  });
  consumer.take(message(1));
  vi.advanceTimersByTime(1000);
  expect(handled).not.toHaveBeenCalled();
});

it('says when a message has been handled: at the end of its handling time', () => {
  const handled = vi.fn();
  const consumer = new Consumer({
    handlingMs: 10,
    pause: vi.fn(),
    resume: vi.fn(),
    handle: vi.fn(),
    handled,
  });
  for (let seq = 1; seq <= 3; seq += 1) consumer.take(message(seq));
  expect(handled).not.toHaveBeenCalled();
  vi.advanceTimersByTime(20);
  expect(handled.mock.calls).toEqual([[1], [1]]);
});

it('takes its time for a message that comes after a pause, too', () => {
  const handled = vi.fn();
  const consumer = new Consumer({
    handlingMs: 10,
    pause: vi.fn(),
    resume: vi.fn(),
    handle: vi.fn(),
    handled,
  });
  consumer.take(message(1));
  vi.advanceTimersByTime(1000);
  consumer.take(message(2));
  vi.advanceTimersByTime(9);
  expect(handled).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(handled).toHaveBeenCalledTimes(2);
});

it('says the same of what it gave up, for there is room for as much', () => {
  const handled = vi.fn();
  const consumer = new Consumer({
    handlingMs: 10,
    pause: vi.fn(),
    resume: vi.fn(),
    handle: vi.fn(),
    handled,
  });
  for (let seq = 1; seq <= 3; seq += 1) consumer.take(message(seq));
  consumer.giveUp();
  expect(handled.mock.calls).toEqual([[2]]);
  vi.advanceTimersByTime(10);
  expect(handled.mock.calls).toEqual([[2], [1]]);
});

it('gives up what waits, counts it, and reads on', () => {
  const { consumer, log } = slowConsumer(4);
  for (let seq = 1; seq <= 5; seq += 1) consumer.take(message(seq));
  expect(consumer.giveUp()).toBe(4);
  expect(log).toEqual(['1', 'pause', 'resume']);
  consumer.take(message(6));
  expect(log.at(-1)).toBe('6');
});
