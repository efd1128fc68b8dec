import { describe, expect, it } from 'vitest';
import { leadOf } from '../../bench/analysis/writing.ts';
import type { Finding } from '../../bench/result.ts';
import { byLectureLine } from './lecture-lines.ts';

const finding = (experiment: string): Finding => ({
  experiment,
  claim: 'a claim',
  verdict: 'holds',
  sentence: 'It was so.',
  rule: 'a rule',
  provisional: true,
  evidence: [],
});

describe('the lines of the lecture', () => {
  it('hold each finding once, also one that is about none of them', () => {
    const ids = ['unheard-of', 'path', 'freshness', 'offline', 'herd'];
    const groups = byLectureLine(ids.map(finding));
    expect(groups.flatMap(({ findings }) => findings.map(({ experiment }) => experiment))).toEqual([
      'freshness',
      'offline',
      'herd',
      'path',
      'unheard-of',
    ]);
    expect(groups.at(-1)?.line).toBe('Other experiments');
  });
});

describe('the lead of a finding', () => {
  it('is its first sentence, without runs and samples', () => {
    expect(leadOf('It took 2 ms (1 ms to 3 ms over 3 runs), no more (n = 8). Then it ended.')).toBe(
      'It took 2 ms, no more.',
    );
  });

  it('keeps both sides of a comparison, however long it is', () => {
    const long =
      'Push used 23 ms of server CPU per second; a poll every second used 121 ms, which is five times as much for the same five hundred clients that wait for next to nothing: both over loopback.';
    expect(leadOf(`${long} And more.`)).toBe(long);
  });
});
