import { describe, expect, it } from 'vitest';
import type { Finding } from '../../bench/result.ts';
import { byLectureLine, leadOf } from './lecture-lines.ts';

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
    expect(groups.at(-1)?.line).toBe('Beyond the lecture');
  });
});

describe('the lead of a finding', () => {
  it('is its first sentence, without runs and samples', () => {
    expect(leadOf('It took 2 ms (1 ms to 3 ms over 3 runs), no more (n = 8). Then it ended.')).toBe(
      'It took 2 ms, no more.',
    );
  });

  it('ends with its first part where it is long, and is left whole where it has only one', () => {
    const long = 'a word and '.repeat(20).trim();
    expect(leadOf(`Something happened; ${long}.`)).toBe('Something happened.');
    expect(leadOf(`${long}.`)).toBe(`${long}.`);
  });
});
