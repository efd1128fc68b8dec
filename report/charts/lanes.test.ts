import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResult, type Trial } from '../../bench/result.ts';
import { freshnessFigures } from './experiments/freshness.ts';
import { lanesOf } from './lanes.ts';

const sample = readFileSync(new URL('../sample/results.json', import.meta.url), 'utf8');

/** A trial like one of the sample's, changed by the test. */
function trial(
  change: Omit<Partial<Trial>, 'parameters'> & { parameters?: Partial<Trial['parameters']> },
): Trial {
  const [like] = parseResult(sample).trials;
  if (!like) throw new Error('the sample has no trial');
  return { ...like, contract: 'every', ...change, parameters: { ...like.parameters, ...change.parameters } };
}

const names = (trials: Trial[]) => lanesOf(trials).map(({ name }) => name);

describe('lanes', () => {
  it('are named by transport and interval alone where nothing else differs', () => {
    const poll = { transport: 'short-poll' as const, contract: 'latest' as const };
    expect(
      names([
        trial({ ...poll, parameters: { intervalMs: 1000, framework: 'http' } }),
        trial({ ...poll, parameters: { intervalMs: 250, framework: 'http' } }),
        trial({ transport: 'push', contract: 'latest' }),
      ]),
    ).toEqual(['push (WebSocket)', 'short poll every 250 ms', 'short poll every 1 s']);
  });

  it.each([
    ['framework', { framework: 'express' }, { framework: 'http' }, ['on Express', 'on bare HTTP']],
    ['coalescing', {}, { coalesce: false }, ['', 'uncoalesced']],
    ['connections', {}, { keepAlive: false }, ['', 'no keep-alive']],
    ['policy', { policy: 'drop oldest' }, { policy: 'conflate' }, ['drop oldest', 'conflate']],
  ] as [string, Partial<Trial['parameters']>, Partial<Trial['parameters']>, [string, string]][])(
    'are told apart by %s',
    (_, usual, other, words) => {
      const lanes = lanesOf([usual, other].map((parameters) => trial({ transport: 'push', parameters })));
      expect(lanes.map(({ name }) => name)).toEqual(
        words.map((word) => ['push (WebSocket)', word].filter(Boolean).join(', ')),
      );
      expect(lanes.map(({ dotted }) => dotted)).toEqual([false, true]);
    },
  );

  it('say who wants the latest message only', () => {
    expect(
      names([
        trial({ transport: 'push' }),
        trial({ transport: 'notify', contract: 'latest' }),
        trial({ transport: 'short-poll', contract: 'latest', parameters: { intervalMs: 1000 } }),
        trial({ transport: 'short-poll', contract: 'every', parameters: { intervalMs: 1000 } }),
      ]),
    ).toEqual([
      'push (WebSocket)',
      'notify-then-fetch, latest only',
      'short poll every 1 s, latest only',
      'short poll every 1 s, every message',
    ]);
  });

  it('take the kind with the most trials for the usual one', () => {
    const lanes = lanesOf([
      trial({ transport: 'push', parameters: { coalesce: false } }),
      trial({ transport: 'push', repeat: 1 }),
      trial({ transport: 'push', repeat: 2 }),
    ]);
    expect(lanes.find(({ dotted }) => !dotted)?.name).toBe('push (WebSocket)');
  });
});

describe('the ages of messages', () => {
  it('are drawn for notify-then-fetch like for any other lane', () => {
    const result = parseResult(sample);
    const push = result.trials.find(
      ({ experiment, transport }) => experiment === 'freshness' && transport === 'push',
    );
    if (!push) throw new Error('the sample has no such trial');
    result.trials.push({ ...push, id: 'notified', transport: 'notify' });
    const [ages, middle] = freshnessFigures(result);
    for (const figure of [ages, middle])
      expect(figure?.panels.some(({ says }) => says.includes('Notify-then-fetch'))).toBe(true);
  });
});
