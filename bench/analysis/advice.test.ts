import { describe, expect, it } from 'vitest';
import type { Fit, Probe } from '../result.ts';
import {
  adviceFor,
  doubtAbout,
  needFields,
  type Prices,
  pricesFrom,
  readNeed,
  workedExamples,
} from './advice.ts';

const cost = (value: number, spread = 0.1) => ({
  value,
  low: value * (1 - spread),
  high: value * (1 + spread),
});

/** A poll as dear as sixteen pushed messages, and a batched message for almost nothing. */
const prices: Prices = {
  http: { push: cost(10), poll: cost(160), batched: cost(1) },
  express: { push: cost(10), poll: cost(320), batched: cost(1) },
  bytes: { emptyPoll: { up: 96, down: 249 }, pollWithMessage: { up: 96, down: 342 }, webSocketDown: 94 },
};

const optionsOf = (need: Parameters<typeof adviceFor>[0], of = prices) => {
  const { options } = adviceFor(need, of);
  const [push, longPoll, express, http] = options;
  if (!push || !longPoll || !express || !http) throw new Error('an option is missing');
  return { push, longPoll, express, http };
};

describe('what an option takes', () => {
  const need = { ratePerSecond: 2, ageMaxMs: 500, clients: 1000 };

  it('is N·λ·c_push of a core with push, and nothing is asked', () => {
    const { push } = optionsOf(need);
    expect(push.share.value).toBeCloseTo(1000 * 2 * 10e-6, 9);
    expect(push.share.high).toBeCloseTo(1000 * 2 * 11e-6, 9);
    expect(push.requestsPerSecond).toBe(0);
    expect(push.bytesPerSecond).toBe(1000 * 2 * (94 + 2 * 52));
  });

  it('is N·(c_poll/T + λ·c_batched) with a short poll as rare as the age allows', () => {
    const { http, express } = optionsOf(need);
    expect(http.share.value).toBeCloseTo(1000 * (2 * 160e-6 + 2 * 1e-6), 9);
    expect(express.share.value).toBeCloseTo(1000 * (2 * 320e-6 + 2 * 1e-6), 9);
    expect(http).toMatchObject({ requestsPerSecond: 2000, meanAgeMs: 250, worstAgeMs: 500 });
  });

  it('is at most a poll for every message with a long poll', () => {
    const { longPoll } = optionsOf(need);
    expect(longPoll.requestsPerSecond).toBe(2000);
    expect(longPoll.share.value).toBeCloseTo(2000 * 161e-6, 9);
  });

  it('counts a fan-out as serial: the last client waits for all deliveries', () => {
    expect(optionsOf(need).push).toMatchObject({ meanAgeMs: 5, worstAgeMs: 10 });
  });

  it('counts the bytes of empty polls and of batches', () => {
    const empty = optionsOf({ ...need, ratePerSecond: 0.001 }).http.bytesPerSecond ?? 0;
    expect(empty / 2000).toBeCloseTo(96 + 249 + 3 * 52, 0);
    const busy = optionsOf({ ...need, ratePerSecond: 20 }).http.bytesPerSecond ?? 0;
    expect(busy / 2000).toBeGreaterThan(96 + 249 + 10 * 93);
  });

  it('goes without bytes that nobody counted', () => {
    expect(optionsOf(need, { ...prices, bytes: undefined }).push.bytesPerSecond).toBeUndefined();
  });
});

describe('the advice', () => {
  it('is push while messages are rare', () => {
    const { choice, headline, sentence } = adviceFor(
      { ratePerSecond: 1, ageMaxMs: 500, clients: 500 },
      prices,
    );
    expect(choice).toBe('push');
    expect(headline).toBe('Push: a short poll uses 32.1 times the CPU');
    expect(sentence).toContain('Push uses 0.5% of a core (0.45 to 0.55)');
    // 0.1605 ± 0.016 over 0.005 ± 0.0005: (32.1 ± √(32.1² − 0.99² · 32.1²)) / 0.99.
    expect(sentence).toContain('The ratio is 32.1 (95%: 27.9 to 37)');
  });

  it('does not say how many times cheaper what may cost nothing is', () => {
    const vague: Prices = {
      http: { push: { value: 1, low: -1, high: 3 }, poll: cost(160), batched: cost(1) },
    };
    const { headline, sentence } = adviceFor({ ratePerSecond: 1, ageMaxMs: 500, clients: 500 }, vague);
    expect(headline).toBe('Push: clearly less CPU');
    expect(sentence).toContain('Push uses 0.05% of a core (below 0 to 0.15)');
    expect(sentence).toContain('not determined');
  });

  it('is a short poll when one answer brings many messages', () => {
    expect(adviceFor({ ratePerSecond: 200, ageMaxMs: 2000, clients: 100 }, prices).choice).toBe('short-poll');
  });

  it('is either where the intervals overlap', () => {
    const wide: Prices = { http: { push: cost(10, 1), poll: cost(160), batched: cost(1) } };
    const { choice, sentence } = adviceFor({ ratePerSecond: 10, ageMaxMs: 2000, clients: 100 }, wide);
    expect(choice).toBe('either');
    expect(sentence).toContain('intervals overlap');
  });

  it('is push where polls take more than a core', () => {
    const { choice, headline } = adviceFor({ ratePerSecond: 1, ageMaxMs: 100, clients: 5000 }, prices);
    expect({ choice, headline }).toEqual({
      choice: 'push',
      headline: 'Push: polling needs more than one core',
    });
  });

  it('is a short poll where the last client of a fan-out would wait too long', () => {
    const { choice, sentence } = adviceFor(
      { ratePerSecond: 0.01, ageMaxMs: 4000, clients: 500_000 },
      {
        http: { push: cost(10), poll: cost(5), batched: cost(1) },
      },
    );
    expect(choice).toBe('short-poll');
    expect(sentence).toContain('the last client would wait 5 s');
  });

  it('is neither where both take more than a core, and says how many clients one holds', () => {
    const { choice, sentence } = adviceFor({ ratePerSecond: 100, ageMaxMs: 100, clients: 10_000 }, prices);
    expect(choice).toBe('neither');
    expect(sentence).toContain(
      'One core serves about 1,000 clients (909 to 1,111) with push and 588 clients (534 to 653) with a short poll',
    );
  });

  it.each(workedExamples)('has an answer for $title', ({ need }) => {
    expect(adviceFor(need, prices).sentence).toMatch(/\d/);
  });
});

describe('the doubt', () => {
  const fittedAt = { clients: 100, ratePerSecond: { min: 4, max: 150 }, intervalMs: { min: 100, max: 400 } };

  it('names the loads that a need lies outside of', () => {
    const far = { ratePerSecond: 1, ageMaxMs: 5000, clients: 100 };
    expect(doubtAbout(far, { ...prices, fittedAt })).toBe(
      'These results are extrapolated: the costs were fitted at 4 to 150 messages per second and polls every 100 ms to 400 ms.',
    );
  });

  it('is none within them, and where nobody knows them', () => {
    const near = { ratePerSecond: 10, ageMaxMs: 200, clients: 100 };
    expect(doubtAbout(near, { ...prices, fittedAt })).toBeUndefined();
    expect(doubtAbout(near, prices)).toBeUndefined();
  });
});

describe('prices', () => {
  const fitted = (name: string, value: number, low = value, high = value): Fit => ({
    experiment: 'break-even',
    name,
    title: name,
    unit: 'µs of server CPU',
    value,
    low,
    high,
    n: 9,
  });

  it('are taken from the fits, with intervals that may reach below 0', () => {
    const fits = [fitted('push', 9, -5, 23), fitted('poll/http', 160), fitted('batched/http', 7)];
    expect(pricesFrom(fits, [])).toEqual({
      http: {
        push: { value: 9, low: -5, high: 23 },
        poll: { value: 160, low: 160, high: 160 },
        batched: { value: 7, low: 7, high: 7 },
      },
    });
  });

  it('are missing without push, without a poll, and where a whole interval fell below nothing', () => {
    expect(pricesFrom([], [])).toBeUndefined();
    expect(pricesFrom([fitted('push', 9)], [])).toBeUndefined();
    expect(
      pricesFrom([fitted('push', 9), fitted('poll/http', 160), fitted('batched/http', -1)], []),
    ).toBeUndefined();
  });

  it('count a cost that scattered below nothing as nothing, and say so', () => {
    const fits = [fitted('push', 9), fitted('poll/http', 160), fitted('batched/http', -1, -5, 3)];
    const found = pricesFrom(fits, []) as Prices;
    expect(found.http?.batched).toEqual({ value: 0, low: -5, high: 3 });
    expect(doubtAbout({ ratePerSecond: 1, ageMaxMs: 100, clients: 1 }, found)).toBe(
      'The fitted cost “batched/http” is below 0 and counts as 0.',
    );
  });

  it('have bytes only where all three kinds were counted', () => {
    const probe = (name: string, upBytes: number, downBytes: number): Probe => ({
      experiment: 'published',
      name,
      title: name,
      values: { upBytes, downBytes },
    });
    const fits = [fitted('push', 9), fitted('poll/http', 160), fitted('batched/http', 7)];
    const some = [probe('empty-poll/plain', 96, 249), probe('web-socket/plain', 0, 94)];
    expect(pricesFrom(fits, some)?.bytes).toBeUndefined();
    expect(pricesFrom(fits, [...some, probe('poll-with-message/plain', 96, 342)])?.bytes).toEqual(
      prices.bytes,
    );
  });
});

describe('what somebody typed', () => {
  const texts = { ratePerSecond: '0.5', ageMaxMs: ' 250 ', clients: '1000' };

  it('becomes a need', () => {
    expect(readNeed(texts)).toEqual({ need: { ratePerSecond: 0.5, ageMaxMs: 250, clients: 1000 } });
  });

  it.each([
    ['', 'No number of clients: expected a whole number from 1 to 1,000,000.'],
    ['many', 'Invalid number of clients “many”: expected'],
    ['0', '“0”: expected'],
    ['1.5', '“1.5”: expected a whole number'],
    ['1e9', '“1e9”: expected'],
  ])('is refused beside its field: %j', (clients, says) => {
    const { problems } = readNeed({ ...texts, clients });
    expect(Object.keys(problems ?? {})).toEqual(['clients']);
    expect(problems?.clients).toContain(says);
  });

  it('has usual values that every field takes', () => {
    for (const { min, max, usual } of needFields) expect(usual >= min && usual <= max).toBe(true);
  });
});
