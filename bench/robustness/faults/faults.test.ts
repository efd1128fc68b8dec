import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { tablesOf } from '../tables.ts';
import { faults } from './faults.ts';
import { injectFaults, kindOf, missingKinds } from './inject.ts';
import { LabRun } from './lab-run.ts';
import { openRelay } from './relay.ts';
import { summarise } from './summary.ts';

/** The short form of `npm run robustness -- faults`: one fault of each kind that there can be here. */
const missing = missingKinds();
for (const { kind, why } of missing) console.warn(`skipped: ${kind}: ${why}`);
const kinds = faults.map(({ kind }) => kind).filter((kind) => !missing.some((one) => one.kind === kind));

it('one fault of each kind leaves no process, no half file and no message unaccounted for', async () => {
  const injected = await injectFaults({ count: kinds.length, seed: 1, atOnce: 2 });
  expect(injected.map(({ kind }) => kind).sort()).toEqual([...kinds].sort());
  expect(
    injected.flatMap(({ number, says, problems }) =>
      problems.map(({ failing, sentence }) => `${number}, ${says}: ${failing}: ${sentence}`),
    ),
  ).toEqual([]);
}, 300_000);

describe('a campaign', () => {
  it('brings the same fault back for the same seed and number', async () => {
    const seed = 3;
    const number = kinds.findIndex((_, index) => kindOf(index + 1, seed) === 'taken port') + 1;
    const again = { count: 1, seed, atOnce: 1, only: number };
    const [first] = await injectFaults(again);
    const [second] = await injectFaults(again);
    expect(first).toMatchObject({ kind: 'taken port', number, exitCode: 3, problems: [] });
    expect(second?.says).toBe(first?.says);
  });

  it('is summed up by kind', () => {
    const fault = { says: '', struck: true, exitCode: 1, tookMs: 1, reasons: [] };
    const orphan = { failing: 'orphan', sentence: 'left running' } as const;
    const summary = summarise([
      { ...fault, number: 1, kind: 'b', problems: [] },
      { ...fault, number: 2, kind: 'a', problems: [orphan, orphan], struck: false },
    ]);
    expect(summary).toMatchObject([
      { kind: 'a', faults: 1, struck: 0, orphans: 2 },
      { kind: 'b', faults: 1, struck: 1, orphans: 0 },
      { kind: 'all', faults: 2, struck: 1, orphans: 2, silentLosses: 0 },
    ]);
    const text = tablesOf.faults({
      seed: 7,
      count: 2,
      startedAt: '2026-01-02',
      node: 'v20',
      summary,
      skipped: [],
    });
    expect(text).toMatch(/--seed 7`, .*\n\n\| fault +\| times .*\n.*\n\| a +\| 1 +\| 0 +\| 2/);
  });
});

it('a lab’s last words are read, however many there are', async () => {
  const shell = 'head -c 300000 /dev/zero | tr "\\0" x >&2; exit 3';
  const run = new LabRun({ folder: tmpdir(), shell });
  expect(await run.end()).toEqual({ exitCode: 3 });
  expect(await run.orphans()).toEqual([]);
  expect(run.stderr).toHaveLength(300_000);
});

it('a relay resets the share of connections that it is told', async () => {
  const relay = await openRelay(1, 1, () => 0.5);
  const reset = new Promise<string>((resolve) => {
    const socket = connect(relay.port, '127.0.0.1');
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
  expect(await reset).toBe('ECONNRESET');
  expect(relay.counts).toEqual({ connections: 1, resets: 1 });
  relay.close();
});
