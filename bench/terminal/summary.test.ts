import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Finding, Result } from '../result.ts';
import { parseResult } from '../result.ts';
import { writeSummary } from './summary.ts';

const sample: Result = parseResult(readFileSync('report/sample/results.json', 'utf8'));
const page = 'file:///runs/report.html';

const linesOf = (result: Result, verbose = false) => writeSummary(result, page, verbose).split('\n');

const withFindings = (findings: Finding[]): Result => ({ ...sample, findings, trials: [] });

describe('the summary of a run', () => {
  it('names every verdict and ends with the report, in at most 25 lines', () => {
    const lines = linesOf(sample);
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(lines.at(-1)).toBe(`Report: ${page}`);
    for (const { claim, verdict } of sample.findings)
      expect(lines.some((line) => line.startsWith(verdict) && line.endsWith(claim))).toBe(true);
  });

  it('says of one experiment all that it found', () => {
    const [finding] = sample.findings as [Finding];
    const text = linesOf(withFindings([finding]))
      .map((line) => line.trim())
      .join(' ');
    expect(text).toContain(finding.sentence);
  });

  it('says as much of each of several as fits', () => {
    const [finding] = sample.findings as [Finding];
    const some = { ...finding, sentence: 'The answer. '.padEnd(500, 'And more of it. ') };
    const lines = linesOf(withFindings(Array.from({ length: 8 }, () => some)));
    expect(lines.filter((line) => line.trim() === 'The answer.')).toHaveLength(8);
    expect(lines.length).toBeLessThanOrEqual(25);
  });

  it('says everything where it is asked to', () => {
    const text = linesOf(sample, true)
      .map((line) => line.trim())
      .join(' ');
    for (const { sentence } of sample.findings) expect(text).toContain(sentence);
  });

  it('does not let failures push the verdicts from the screen', () => {
    const failed = {
      ...sample.trials[0],
      status: 'failed',
      error: 'It broke. '.repeat(100),
    } as Result['trials'][number];
    const lines = linesOf({ ...sample, trials: Array.from({ length: 40 }, () => failed) });
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(lines.join('\n')).toContain('37 more trials failed');
    expect(lines.some((line) => line.startsWith('failed: '))).toBe(true);
  });
});
