import { describe, expect, it } from 'vitest';
import { emptyBooks } from '../analysis/books.ts';
import { conclude, judge } from '../analysis/findings.ts';
import type { Probe, Trial } from '../result.ts';
import { chatRoom } from './cost/chat-room.ts';
import { herd } from './failure/herd.ts';
import { offline } from './failure/offline.ts';
import { backlogGrowth, memoryGrowth, overwhelmed } from './failure/overwhelmed.ts';
import { path } from './failure/path.ts';
import { type Change, delay, evidence, trial, verdictOf } from './made-up.ts';

/** The rules of the verdicts on failure, on made-up trials on both sides of every threshold. */
const mebibyte = 1024 * 1024;

function seriesOf(change: Partial<NonNullable<Trial['series']>>): NonNullable<Trial['series']> {
  return { atMs: [1], rssBytes: [1], longestBacklogBytes: [0], slowAgeMs: [5], slowInbox: [1], ...change };
}

describe('overwhelmed', () => {
  const withBacklog = (bytes: number, change: Change = {}) =>
    trial({
      ...change,
      parameters: { slowClients: 1, payloadBytes: 1024, ...change.parameters },
      series: seriesOf({ longestBacklogBytes: [0, bytes, 0] }),
      cohorts: (['fast', 'slow'] as const).map((name) => ({
        name,
        clients: 1,
        handlingMs: 0,
        messages: { ...emptyBooks(), expected: 100, delivered: 60 },
        delayMs: delay(1),
      })),
    });
  const evidenceOf = (open: number, bounded: number, polled: number) => [
    withBacklog(open, { parameters: { policy: 'unbounded' } }),
    withBacklog(bounded, { parameters: { policy: 'drop-oldest' } }),
    withBacklog(polled, { transport: 'short-poll' }),
  ];
  /** The limit, and two messages more: one that is always taken, and the socket’s own room. */
  const room = mebibyte + 2 * 96 * 1024;

  it.each([
    [mebibyte + 1, room, 0, 'depends'],
    [mebibyte + 1, room + 1, 0, 'holds'],
    [mebibyte + 1, room, room + 1, 'holds'],
    [mebibyte, 0, 0, 'does not hold'],
  ])('%i bytes without a bound, %i with one, %i with polling: %s', (open, bounded, polled, verdict) => {
    expect(verdictOf(overwhelmed, evidenceOf(open, bounded, polled))).toBe(verdict);
  });

  it('goes by the median run, since the kernel may swallow a whole overload', () => {
    const runs = [0, 2 * mebibyte, 2 * mebibyte].map((bytes) =>
      withBacklog(bytes, { parameters: { policy: 'unbounded' } }),
    );
    const others = evidenceOf(0, 0, 0).slice(1);
    expect(verdictOf(overwhelmed, [...runs, ...others])).toBe('depends');
    expect(verdictOf(overwhelmed, [...runs.slice(0, 2), ...runs.slice(0, 1), ...others])).toBe(
      'does not hold',
    );
  });

  it('names the price of a policy as it was measured', () => {
    const credit = withBacklog(0, { parameters: { policy: 'credit' } });
    const { sentence } = judge(overwhelmed, evidence([...evidenceOf(2 * mebibyte, 0, 0), credit]));
    expect(sentence).toContain(
      'The slow client lost these shares of its messages: 40% with the policy “drop-oldest”, 40% with credit-based flow control.',
    );
  });

  it('reads flatness and growth off a long series', () => {
    const rssBytes = [500, 900, 100, 100, 100, 105, 105, 105, 105];
    expect(
      memoryGrowth(
        trial({ series: seriesOf({ rssBytes: [...rssBytes.slice(0, 3), ...rssBytes.slice(3)] }) }),
      ),
    ).toBeCloseTo((105 * 3) / (100 + 100 + 105) - 1, 9);
    const growing = trial({
      parameters: { ratePerSecond: 50, handlingMs: 100, payloadBytes: 50_000 },
      series: seriesOf({
        atMs: [0, 1000, 2000, 3000],
        longestBacklogBytes: [0, 2_000_000, 4_000_000, 6_000_000],
      }),
    });
    expect(backlogGrowth(growing)).toBeCloseTo(1, 9);
  });
});

describe('offline', () => {
  const away = (transport: Trial['transport'], missed: number, change: Trial['parameters'] | object = {}) =>
    trial({
      transport,
      messages: { ...emptyBooks(), expected: 100, delivered: 100 - missed, missed },
      clients: { count: 1 },
      parameters: { awayMs: 1000, ...change },
    });

  it.each([
    [20, 0, 'depends'],
    [18, 0, 'depends'],
    [17, 0, 'does not hold'],
    [20, 1, 'holds'],
    [0, 0, 'does not hold'],
  ])('%i lost without a log and %i with one: %s', (without, withLog, verdict) => {
    const trials = [away('push', without, { replay: false }), away('push', withLog), away('short-poll', 0)];
    expect(verdictOf(offline, trials)).toBe(verdict);
  });

  it('does not blame push for what the log no longer had', () => {
    const trials = [
      away('push', 20, { replay: false }),
      away('push', 0),
      away('short-poll', 0),
      away('push', 10, { retentionMs: 500 }),
    ];
    expect(verdictOf(offline, trials)).toBe('depends');
    expect(judge(offline, evidence(trials)).sentence).toContain(
      'With a retention of only 500 ms, a push client lost 10 messages',
    );
  });
});

describe('herd', () => {
  const back = (backoff: 'fixed' | 'jittered', peak: number) =>
    trial({
      clients: { count: 100 },
      parameters: { backoff },
      series: seriesOf({ connects: [3, 0, peak - 10, 10, 0, 3] }),
    });

  it.each([
    [50, 50, 'holds'],
    [50, 49, 'depends'],
    [49, 10, 'does not hold'],
    [49, 50, 'does not hold'],
  ])('%i of 100 at once with a fixed wait, %i with a jittered one: %s', (fixed, jittered, verdict) => {
    expect(verdictOf(herd, [back('fixed', fixed), back('jittered', jittered)])).toBe(verdict);
  });

  it('rests on the median run', () => {
    const runs = (peaks: number[]) => [back('fixed', 90), ...peaks.map((peak) => back('jittered', peak))];
    expect(verdictOf(herd, runs([10, 10, 60]))).toBe('depends');
    expect(verdictOf(herd, runs([10, 60, 60]))).toBe('holds');
  });
});

describe('path', () => {
  const cell = (transport: Trial['transport'], name: string, outcome: 'works' | 'degraded' | 'fails') =>
    trial({ transport, parameters: { path: name }, path: { outcome, olderMs: null, reason: 'made up' } });

  it.each([
    ['works', 'fails', 'does not hold'],
    ['fails', 'fails', 'holds'],
    ['degraded', 'fails', 'holds'],
    ['fails', 'works', 'depends'],
  ] as const)('SSE %s and WebSocket %s without Upgrade: %s', (sse, push, verdict) => {
    expect(verdictOf(path, [cell('sse', 'no-upgrade', sse), cell('push', 'no-upgrade', push)])).toBe(verdict);
  });

  it('says what was found, whatever it is', () => {
    const cells = [cell('sse', 'no-upgrade', 'fails'), cell('push', 'no-upgrade', 'fails')];
    expect(judge(path, evidence(cells)).sentence).toMatch(
      /^Through a proxy that strips Upgrade, one-way push \(SSE\) fails and bidirectional push \(WebSocket\) fails\. Through a buffering proxy, SSE was not tried, /,
    );
  });

  it('rests on every run', () => {
    const cells = [cell('sse', 'no-upgrade', 'works'), cell('push', 'no-upgrade', 'fails')];
    expect(verdictOf(path, [...cells, cell('sse', 'no-upgrade', 'fails')])).toBe('depends');
  });
});

describe('the proxies that a transport passes', () => {
  const cell = (path: string, outcome: 'works' | 'fails', repeat = 1) =>
    trial({
      transport: 'sse',
      repeat,
      parameters: { path, proxy: 'embedded' },
      path: { outcome, olderMs: 0, reason: '' },
    });
  const passed = (...trials: Trial[]) => {
    const { figures } = conclude(path, evidence([cell('direct', 'works'), ...trials]));
    return ['proxiesPassed/sse', 'proxySettings/sse'].map(
      (name) => figures.find((figure) => figure.name === name)?.value,
    );
  };

  it('count a setting once, however often it ran, and as passed only if every run passed', () => {
    expect(passed(cell('buffering', 'works'), cell('no-upgrade', 'works'))).toEqual([2, 2]);
    expect(passed(cell('buffering', 'works'), cell('buffering', 'works', 2))).toEqual([1, 1]);
    expect(passed(cell('buffering', 'works'), cell('buffering', 'fails', 2))).toEqual([0, 1]);
  });
});

describe('chat-room', () => {
  const probe = (name: string, values: Probe['values']): Probe => ({
    experiment: 'chat-room',
    name,
    title: '',
    values,
  });
  const party = (missing: number, doubled = 0) =>
    probe('party/fixed', {
      visitors: 10,
      announcementsHeard: 55,
      saidHeard: 100 - missing + doubled,
      missing,
      doubled,
      tellMaxMs: 3,
    });
  const leak = (kind: 'fixed' | 'naive', rememberedAfterwards: number) =>
    probe(`leak/${kind}`, { cycles: 1000, rememberedAfterwards, memoryGrewBytes: 1 });

  it.each([
    ['all is well', [party(0), leak('fixed', 0), leak('naive', 0)], 'holds'],
    ['the lecture’s room forgets nobody', [party(0), leak('fixed', 0), leak('naive', 1000)], 'depends'],
    ['somebody missed a word', [party(1), leak('fixed', 0), leak('naive', 1000)], 'does not hold'],
    ['somebody heard a word twice', [party(0, 1), leak('fixed', 0), leak('naive', 1000)], 'does not hold'],
    ['the room done right remembers', [party(0), leak('fixed', 1), leak('naive', 1000)], 'does not hold'],
  ])('when %s', (_name, probes, verdict) => {
    expect(verdictOf(chatRoom, [], { probes })).toBe(verdict);
  });

  it('compares the lists of both servers first', () => {
    const probes = [party(0), leak('fixed', 0), leak('naive', 1000)];
    expect(judge(chatRoom, evidence([], { probes })).sentence).toMatch(
      /^After 1,000 people left, the lecture’s server kept 1,000 closed connections in its list, the fixed server 0\. /,
    );
  });
});
