import { describe, expect, it } from 'vitest';
import { outcomes, type Peers, parsePeers, ratiosOf, regressions, type Target, targets } from './peers.ts';

const quantity = 'server CPU per delivery';
const target: Target = { contest: 'fan-out', case: 'one', quantity, a: 'ours', b: 'theirs', atMost: 1.05 };

function peersWith(ours: (number | null)[], theirs: (number | null)[]): Peers {
  const measure = (contender: string, values: (number | null)[]) => ({
    contest: 'fan-out',
    case: 'one',
    quantity: quantity as typeof quantity,
    contender,
    values,
  });
  return {
    kind: 'push-versus-polling peers',
    schemaVersion: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
    environment: { node: 'v20', os: 'x', cpu: 'x', cores: 2, memoryBytes: 1, commit: 'x', warnings: [] },
    rounds: ours.length,
    measures: [measure('ours', ours), measure('theirs', theirs)],
    failures: [],
  };
}

describe('a ratio', () => {
  it('is taken within a round, so that a slow round cancels', () => {
    const [outcome] = outcomes(peersWith([10, 20, 40], [10, 20, 40]), [target]);
    expect(outcome).toMatchObject({ median: 1, met: true, interval: { n: 3 } });
    expect(outcome?.interval?.low).toBeCloseTo(1);
  });

  it('leaves out a round in which one of the two failed', () => {
    expect(ratiosOf(peersWith([10, null, 30], [20, 20, null]), target)).toEqual([{ a: 10, b: 20 }]);
  });

  it('is not met when its median is above what was promised', () => {
    expect(outcomes(peersWith([11, 11, 1], [10, 10, 10]), [target])[0]).toMatchObject({
      median: 1.1,
      met: false,
    });
  });

  it('is the value itself where nobody stands beside it', () => {
    const alone = { ...target, b: undefined, atMost: 10 };
    expect(outcomes(peersWith([9, 9.5, 12], []), [alone])[0]).toMatchObject({ median: 9.5, met: true });
  });

  it('is not said of contenders that were not there', () => {
    expect(outcomes(peersWith([1], [1]), [{ ...target, b: 'nobody' }])).toEqual([]);
  });
});

describe('against an earlier file', () => {
  const before = peersWith([10, 10.1, 9.9], [10, 10, 10]);

  it('names a ratio whose interval lies above the one before', () => {
    const now = peersWith([15, 15.1, 14.9], [10, 10, 10]);
    expect(regressions(now, before, [target])).toEqual([
      expect.stringMatching(/^fan-out, one: server CPU per delivery, ours \/ theirs: 1\.50 .*was 1\.00/),
    ]);
  });

  it('says nothing where the intervals overlap, nor where it has become better', () => {
    expect(regressions(peersWith([9, 12, 11], [10, 10, 10]), before, [target])).toEqual([]);
    expect(regressions(peersWith([5, 5.1, 4.9], [10, 10, 10]), before, [target])).toEqual([]);
  });
});

it('refuses a file that is none, and names the field', () => {
  expect(() => parsePeers('{"kind": "else"}')).toThrow(/^kind: /);
  const { rounds: _, ...without } = peersWith([1], [1]);
  expect(() => parsePeers(JSON.stringify(without))).toThrow(/^rounds: /);
  expect(parsePeers(JSON.stringify(peersWith([1, null], [1, 2])))).toEqual(peersWith([1, null], [1, 2]));
});

it('promises each ratio once', () => {
  const keys = targets.map(({ atMost: _, ...rest }) => JSON.stringify(rest));
  expect(new Set(keys).size).toBe(keys.length);
});
