import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseResult, type Result } from '../bench/result.ts';

const sample = fileURLToPath(new URL('./sample/results.json', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compare-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function compare(...args: string[]) {
  return spawnSync(process.execPath, ['--import', 'tsx', 'report/compare-main.ts', ...args], {
    encoding: 'utf8',
  });
}

/** Writes the sample with something changed, and returns the file. */
function changed(name: string, change: (result: Result) => void): string {
  const result = parseResult(readFileSync(sample, 'utf8'));
  change(result);
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(result));
  return file;
}

/** The first experiment four times over, with these delays. */
function runAgain(result: Result, factor: number): void {
  const [first] = result.experiments;
  result.trials = result.trials
    .filter(({ experiment, repeat }) => experiment === first?.id && repeat === 1)
    .flatMap((trial) =>
      [1, 1.02, 0.99, 1].map((luck, repeat) => ({
        ...trial,
        together: `${trial.together} ${repeat}`,
        repeat,
        delayMs: { ...trial.delayMs, p50: (trial.delayMs.p50 ?? 1) * luck * factor },
      })),
    );
}

describe('npm run compare', () => {
  it('writes one page next to B and prints its path, with a summary on stderr', () => {
    const a = changed('a.json', (result) => runAgain(result, 1));
    const b = changed('b.json', (result) => {
      runAgain(result, 2);
      result.environment.cores = 64;
      for (const finding of result.findings.slice(0, 1)) finding.verdict = 'inconclusive';
    });
    const { status, stdout, stderr } = compare(a, b);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${join(folder, 'compare.html')}\n` });
    expect(stderr).toMatch(/^! The machines differ: cores 2 in A and 64 in B\. .*not transports\.$/m);
    expect(stderr).toMatch(/^1 of \d+ verdicts changed:\n {2}.*: holds in A, inconclusive in B$/m);
    expect(stderr).toMatch(/^\d+ clear differences in \d+ rows with an interval\.$/m);
    expect(stderr).toMatch(/latency p50 +[\d.]+ m?s +[\d.]+ m?s +2 +1\.\d+ to 2\.\d+ +higher in B$/m);
    const html = readFileSync(join(folder, 'compare.html'), 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    // The comparison stands before the report of B.
    expect(html.indexOf('id="comparison-title"')).toBeGreaterThan(0);
    expect(html.indexOf('id="comparison-title"')).toBeLessThan(html.indexOf('class="first-screen"'));
    expect(html).not.toMatch(/<(?:link|img|script)[^>]* (?:src|href)=|style="/);
    expect(readdirSync(folder).sort()).toEqual(['a.json', 'b.json', 'compare.html']);
  });

  it('finds no clear difference between a file and itself, and tells files of one name apart by folder', () => {
    for (const name of ['monday', 'friday']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'results.json'), readFileSync(sample));
    }
    const out = join(folder, 'page.html');
    const files = ['monday', 'friday'].map((name) => join(folder, name, 'results.json'));
    const { status, stdout, stderr } = compare(...files, '--out', out);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${out}\n` });
    expect(stderr).toMatch(/^! Both files contain the same run\.$/m);
    expect(stderr).toMatch(/^0 of \d+ verdicts changed\.$/m);
    expect(stderr).toMatch(/^No clear difference in /m);
    const html = readFileSync(out, 'utf8');
    expect(html).toContain('<b>monday/results.json</b>');
    expect(html).toContain('<b>friday/results.json</b>');
  });

  it('writes names and texts of a file as text', () => {
    const attack = '</script><img src=x onerror=alert(1)>';
    const b = changed('<img>.json', (result) => {
      result.environment.cpu = attack;
      for (const finding of result.findings) finding.claim = attack;
      for (const experiment of result.experiments) experiment.title = attack;
    });
    expect(compare(sample, b).status).toBe(0);
    expect(readFileSync(join(folder, 'compare.html'), 'utf8')).not.toContain('<img');
  });

  it.each([
    [
      'a damaged file',
      (result) => delete (result.trials[2] as Partial<Result['trials'][number]>).requests,
      /trials\.2\.requests/,
    ],
    ['a file of another version', (result) => ((result.schemaVersion as number) = 99), /schemaVersion is 99/],
  ] as [string, (result: Result) => void, RegExp][])(
    'refuses %s on either side in one line',
    (_, change, says) => {
      const file = changed('damaged.json', change);
      for (const files of [
        [file, sample],
        [sample, file],
      ]) {
        const { status, stdout, stderr } = compare(...files, '--out', join(folder, 'page.html'));
        expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
        expect(stderr).toContain(file);
        expect(stderr).toMatch(says);
        expect(stderr.trim().split('\n')).toHaveLength(1);
        expect(readdirSync(folder)).toEqual(['damaged.json']);
      }
    },
  );

  it('refuses a file that is not there, one file, and three', () => {
    expect(compare(sample, join(folder, 'none.json'))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/none\.json.*no such file/),
    });
    expect(compare(sample)).toMatchObject({ status: 2, stderr: expect.stringContaining("argument 'b'") });
    expect(compare(sample, sample, sample).status).toBe(2);
  });

  it('says so when the page cannot be written', () => {
    const { status, stdout, stderr } = compare(sample, sample, '--out', join(folder, 'nowhere', 'page.html'));
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/cannot write .*nowhere.*no such file/);
  });
});
