import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshness } from '../bench/experiments/real-time/freshness.ts';
import { runsTypeScript } from '../bench/harness/child.ts';
import { inspectEnvironment } from '../bench/harness/machine/environment.ts';
import { Order } from '../bench/harness/order.ts';
import { type LabResult, Run } from '../bench/harness/run.ts';
import { parseResult, type Result, schemaVersion } from '../bench/result.ts';
import { blankPanels, describeInChromium, overflow, patienceMs } from './in-chromium.ts';
import { renderReport } from './render.ts';

/** A run as the lab left it: its result, and the page that goes with it. */
type Left = { result: Result; html: string };

const started: ChildProcess[] = [];
const folders: string[] = [];

/** With this seed the transports run side by side first: what was measured then has a chart. */
const seed = Array.from({ length: 100 }, (_, index) => index).find((index) => {
  const { trials } = freshness.plan('quick', { clientsMax: 1000, cores: 2 });
  const [first] = new Order(index).ofTrials(trials);
  return first && first.plan.groups.length > 1 && !('trace' in first.plan);
});

afterAll(() => {
  for (const { pid } of started) {
    try {
      process.kill(-(pid as number), 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Runs the lab as people do, does something to it when it says a text, and reads what it left. */
async function labOf(experiments: string, text: string, doTo: (lab: ChildProcess) => void): Promise<Left> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-'));
  folders.push(folder);
  const args = [
    'bench/lab.ts',
    '--profile',
    'quick',
    '--only',
    experiments,
    '--seed',
    `${seed}`,
    '--out',
    folder,
    '--no-open',
  ];
  const lab = spawn(process.execPath, [...runsTypeScript, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started.push(lab);
  const ended = once(lab, 'close');
  let said = '';
  for await (const part of lab.stderr.setEncoding('utf8')) {
    const before = said.includes(text);
    said += part;
    if (!before && said.includes(text)) doTo(lab);
  }
  await ended;
  return {
    result: parseResult(readFileSync(join(folder, 'results.json'), 'utf8')),
    html: readFileSync(join(folder, 'report.html'), 'utf8'),
  };
}

/** Ctrl-C, as a terminal gives it to the whole group. */
function interrupt({ pid }: ChildProcess): void {
  process.kill(-(pid as number), 'SIGINT');
}

/** The process with the servers dies, as it would if the machine ran out of memory. */
function killServers({ pid }: ChildProcess): void {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const servers = processes
    .map((line) => line.trim().split(/\s+/))
    .find(([, parent, ...args]) => Number(parent) === pid && args.join(' ').includes('server-process'));
  process.kill(Number(servers?.[0]), 'SIGKILL');
}

/** The lab's own harness with a plan of a single trial. */
async function oneTrial(): Promise<Left> {
  const { environment, machine } = await inspectEnvironment();
  const experiment = {
    ...freshness,
    plan: () => ({
      trials: [
        {
          groups: [{ transport: 'push' as const, clients: 3 }],
          schedule: { kind: 'periodic' as const, ratePerSecond: 50 },
          durationMs: 200,
          repeat: 1,
        },
      ],
    }),
  };
  const lab = {
    version: 'test',
    profile: 'quick',
    seed: 1,
    command: 'npm run lab',
    startedAt: new Date(0).toISOString(),
  } as const;
  const result: LabResult = {
    schemaVersion,
    lab: { ...lab, durationMs: 1000, status: 'complete' },
    environment,
    experiments: [experiment.text],
    trials: [],
    capacities: [],
    probes: [],
    fits: [],
    pairs: [],
    figures: [],
    findings: [],
    checks: [],
  };
  const run = new Run(result, machine, [experiment], new AbortController().signal, () => {});
  await run.experiment(experiment, () => {});
  run.end();
  return { result, html: await renderReport(result) };
}

describeInChromium('the page of a run that did not go as planned', (open) => {
  let left: Record<'interrupted' | 'failed' | 'skipped' | 'short', Left>;

  beforeAll(async () => {
    // Before the others: while this process draws a report, it can't hear what a lab says.
    const short = await oneTrial();
    const [interrupted, failed, skipped] = await Promise.all([
      labOf('freshness,crowd', '2 of 3', interrupt),
      labOf('freshness', '2 of 3', killServers),
      labOf('freshness,crowd,path', '1 of 3', interrupt),
    ]);
    left = { interrupted, failed, skipped, short };
  }, patienceMs);

  describe.each(['interrupted', 'failed', 'skipped', 'short'] as const)('%s', (kind) => {
    it.each([
      ['on a screen', { viewport: { width: 1280, height: 800 } }],
      ['on a phone', { viewport: { width: 390, height: 844 } }],
      ['without a script', { viewport: { width: 390, height: 844 }, javaScriptEnabled: false }],
    ] as [string, BrowserContextOptions][])('is drawn and fits %s', async (_, options) => {
      const { result, html } = left[kind];
      const page = await open(html, options);
      expect(await overflow(page)).toBe(0);
      expect(await page.locator('.verdicts .badge').count()).toBe(result.findings.length);
      if (options.javaScriptEnabled !== false) expect(await blankPanels(page)).toEqual([]);
    });
  });

  const textOf = async (kind: keyof typeof left, selector: string) => {
    const page = await open(left[kind].html);
    const texts = await page.locator(selector).allTextContents();
    return { page, text: texts.join('\n') };
  };

  it('says after Ctrl-C what was not measured, and draws what was', async () => {
    const { result } = left.interrupted;
    expect(result.lab.status).toBe('interrupted');
    const { page, text } = await textOf('interrupted', '.banner');
    expect(text).toContain('The run was interrupted: the remaining trials are missing.');
    expect(text).toMatch(/Latency: of \d+ trials, \d+ (was|were) interrupted\./);
    expect(text).toContain('The crowd: not measured.');
    expect(text).toContain('There is no chart: this experiment was not run.');
    expect(await page.locator('#freshness canvas').count()).toBeGreaterThan(0);
    expect(await page.locator('#crowd canvas').count()).toBe(0);
  });

  it('says of a trial that failed why it did, and draws the others', async () => {
    const { result } = left.failed;
    expect(result.trials.filter(({ status }) => status === 'failed').length).toBeGreaterThan(0);
    const { page, text } = await textOf('failed', '.banner');
    expect(text).toMatch(/Latency: of \d+ trials, \d+ failed\./);
    expect(text).toMatch(/run 1 failed: the server-process ended \(SIGKILL\)/);
    expect(await page.locator('#freshness canvas').count()).toBeGreaterThan(0);
    expect(await page.locator('#freshness .note').allTextContents()).toContainEqual(
      expect.stringMatching(/^The charts leave out \d+ of \d+ trials: these trials did not finish\.$/),
    );
  });

  it('has no chart where nothing came to an end, and says so of each experiment', async () => {
    const { result } = left.skipped;
    expect(result.trials.map(({ status, error }) => [status, error])).toEqual(
      result.trials.map(() => ['interrupted', 'the run was interrupted']),
    );
    const { page, text } = await textOf('skipped', '.banner');
    expect(await page.locator('canvas').count()).toBe(0);
    expect(text).toContain('The crowd: not measured.');
    expect(text).toContain('Through proxies: not measured.');
    const none = result.trials.length > 0 ? 'no trial finished' : 'this experiment was not run';
    expect(await page.locator('#freshness .banner').textContent()).toContain(none);
    expect(new Set(result.findings.map(({ verdict }) => verdict))).toEqual(new Set(['inconclusive']));
  });

  it('draws a single trial, and judges nothing by it', async () => {
    const { result } = left.short;
    expect(result.trials.map(({ status }) => status)).toEqual(['ok']);
    const { page, text } = await textOf('short', '.finding');
    expect(text).toContain('No usable pair of a push trial and a poll trial');
    expect(await page.locator('.badge-open').count()).toBeGreaterThan(0);
    expect(await page.locator('#freshness canvas').count()).toBeGreaterThan(0);
    expect(await page.locator('#freshness-ages-table tbody tr').count()).toBe(1);
  });
});
