import { randomLcg } from 'd3-random';
import { expect, it } from 'vitest';
import { CreditWindow } from './credit.ts';

function windowOf(limit: number) {
  const granted: number[] = [];
  const window = new CreditWindow(limit, (text) => granted.push(JSON.parse(text).credit));
  return { window, granted };
}

it('grants its whole window when the connection is acknowledged, and once', () => {
  const { window, granted } = windowOf(10);
  window.open();
  window.open();
  expect(granted).toEqual([10]);
});

it('grants again in halves what was handled', () => {
  const { window, granted } = windowOf(10);
  window.open();
  for (let count = 0; count < 10; count += 1) window.take();
  for (let count = 0; count < 10; count += 1) window.release(1);
  expect(granted).toEqual([10, 5, 5]);
});

it('grants one by one when its window is one', () => {
  const { window, granted } = windowOf(1);
  window.open();
  for (let count = 0; count < 3; count += 1) {
    window.take();
    window.release(1);
  }
  expect(granted).toEqual([1, 1, 1, 1]);
});

it('grants nothing without a connection, and on the next one all but the unhandled messages', () => {
  const { window, granted } = windowOf(10);
  window.open();
  for (let count = 0; count < 8; count += 1) window.take();
  window.close();
  window.release(6);
  expect(granted).toEqual([10]);
  window.open();
  expect(granted).toEqual([10, 8]);
});

it.each([0, -1, 1.5, 2 ** 31])('refuses a window of %d', (limit) => {
  expect(() => windowOf(limit)).toThrow(/^invalid credit .+: expected a whole number of messages/);
});

it('never has more on the wire and unhandled than its window, nor runs dry, on any schedule', () => {
  const random = randomLcg(45);
  for (let run = 0; run < 200; run += 1) {
    const limit = 1 + Math.floor(random() * 20);
    let onTheWire = 0;
    let unhandled = 0;
    const window = new CreditWindow(limit, (text) => {
      onTheWire += JSON.parse(text).credit;
    });
    window.open();
    for (let step = 0; step < 100; step += 1) {
      const dice = random();
      if (dice < 0.5 && onTheWire > 0) {
        onTheWire -= 1;
        unhandled += 1;
        window.take();
      } else if (dice < 0.95 && unhandled > 0) {
        unhandled -= 1;
        window.release(1);
      } else if (dice >= 0.95) {
        onTheWire = 0;
        window.close();
        window.open();
      }
      expect(onTheWire + unhandled).toBeLessThanOrEqual(limit);
      if (unhandled === 0) expect(onTheWire).toBeGreaterThan(0);
    }
  }
});
