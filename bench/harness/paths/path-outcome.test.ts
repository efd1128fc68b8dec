import { describe, expect, it } from 'vitest';
import { judgePath, type PathObservation } from './path-outcome.ts';

const allArrived: PathObservation = {
  connected: true,
  expected: 3,
  delivered: 3,
  agesMs: [2, 3, 4],
  requests: 1,
  failures: 0,
  lastFailure: undefined,
  durationMs: 1000,
};
const nothing = { delivered: 0, agesMs: [] };

describe('a path', () => {
  it.each<[string, Partial<PathObservation>, string, RegExp]>([
    ['all arrived, as fresh as without it', {}, 'works', /^all arrived$/],
    ['one message of three was late', { agesMs: [2, 3, 900] }, 'works', /^all arrived$/],
    ['half were just within the limit', { agesMs: [253, 253, 2] }, 'works', /^all arrived$/],
    ['half were just beyond the limit', { agesMs: [254, 254, 2] }, 'degraded', /^all arrived; 251 ms older/],
    ['the median was late', { agesMs: [2, 400, 900] }, 'degraded', /^all arrived; 397 ms older than/],
    [
      'it was cut and came back',
      { requests: 3, failures: 2, lastFailure: 'reset' },
      'degraded',
      /^all arrived; 2 of 3 connections or polls failed \(reset\)$/,
    ],
    [
      'it was cut, came back, and was late',
      { agesMs: [500, 500, 500], requests: 2, failures: 1, lastFailure: 'reset' },
      'degraded',
      /497 ms older than on the direct path; 1 of 2 connections/,
    ],
    ['one message is missing', { delivered: 2 }, 'fails', /^2 of 3 messages arrived: nothing was refused/],
    ['none came', nothing, 'fails', /^0 of 3 messages arrived: nothing was refused, nothing more came$/],
    [
      'it was refused',
      { ...nothing, connected: false, requests: 4, failures: 4, lastFailure: 'answered 426' },
      'fails',
      /never acknowledged: 4 of 4 connections or polls failed \(answered 426\)$/,
    ],
    ['it hangs', { ...nothing, connected: false }, 'fails', /never acknowledged: nothing was refused/],
  ])('where %s', (_name, change, outcome, reason) => {
    const judged = judgePath({ ...allArrived, ...change }, allArrived);
    expect(judged.outcome).toBe(outcome);
    expect(judged.reason).toMatch(reason);
  });

  it('is compared with the direct path of the same transport', () => {
    const old = { ...allArrived, agesMs: [500, 600, 700] };
    expect(judgePath(old, old)).toMatchObject({ outcome: 'works', olderMs: 0 });
    expect(judgePath(old, allArrived)).toMatchObject({ outcome: 'degraded', olderMs: 597 });
    expect(judgePath(old)).toMatchObject({ outcome: 'degraded', olderMs: 600 });
  });

  it('makes nothing older when nothing arrived', () => {
    expect(judgePath({ ...allArrived, ...nothing }, allArrived).olderMs).toBeNull();
  });

  it("makes one short line of a proxy's error page", () => {
    const page =
      'the server responded with 504: <html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n<center><h1>504 Gateway Time-out</h1></center></body>\r\n</html>';
    const judged = judgePath({ ...allArrived, failures: 1, lastFailure: page });
    expect(judged.reason).toContain('(the server responded with 504: 504 Gateway Time-out)');
    const long = judgePath({ ...allArrived, failures: 1, lastFailure: 'x'.repeat(500) });
    expect(long.reason.length).toBeLessThan(160);
  });
});
