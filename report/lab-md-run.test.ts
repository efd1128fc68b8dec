import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wasDisturbed } from '../bench/analysis/warnings.ts';
import { findRabbit } from '../bench/broker/node.ts';
import { claims } from '../bench/check/claims.ts';
import { labHere } from '../bench/check/lab-here.ts';
import {
  isColumn,
  type Observation,
  observations,
  type Place,
  placeOf,
} from '../bench/check/observations.ts';
import { parseResult, type Result } from '../bench/result.ts';
import { experimentFigures } from './charts/charts.ts';

/**
 * Runs the quick commands of LAB.md, all experiments in one run: each number that a table asks for is in the
 * report, and each claim of the episodes holds. Another program may disturb a quick run, so an experiment in
 * which anything is missing runs again, at most three times in all. Claims speak of what was measured: where the
 * lab itself warns, each time, that other processes had the CPU, they are not judged, and a line says so.
 */
const text = readFileSync('LAB.md', 'utf8');
const commanded = new Set(
  [...text.matchAll(/npm run lab -- --profile quick --only ([\w,-]+)/g)].flatMap(([, ids = '']) =>
    ids.split(','),
  ),
);
const wanted = [...commanded].filter((id) => id !== 'broker' || findRabbit() !== undefined);
const asked = observations.filter(({ experiment }) => wanted.includes(experiment));

let folder: string;
let problems: Record<string, string[]> = {};
/** Experiments that had the CPU to themselves at least once, or in which a trial failed. */
const judged = new Set<string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lab-md-'));
  let left = wanted;
  for (let run = 1; run <= 3 && left.length > 0; run += 1) {
    const out = join(folder, `run-${run}`);
    const broker = left.includes('broker') ? ['--broker', 'start'] : [];
    const { exitCode, stderr } = await labHere([
      '--profile',
      'quick',
      '--only',
      left.join(','),
      '--check',
      '--no-open',
      '--out',
      out,
      ...broker,
    ]);
    // 1: a claim does not hold.
    if (exitCode > 1) throw new Error(`exit code ${exitCode}: ${stderr}`);
    const result = parseResult(readFileSync(join(out, 'results.json'), 'utf8'));
    problems = { ...problems, ...Object.fromEntries(left.map((id) => [id, problemsOf(id, result)])) };
    for (const id of left.filter((one) => !wasOnlyDisturbed(one, result))) judged.add(id);
    left = left.filter((id) => problems[id]?.length);
  }
}, 900_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a quick run of LAB.md', () => {
  it('covers every episode with a table', () => {
    for (const { experiment } of observations) expect([...commanded]).toContain(experiment);
    expect(asked.length).toBeGreaterThan(10);
  });

  it.each(wanted)('gives %s the numbers of its table, and its claims hold', (id) => {
    const found = problems[id] ?? [];
    if (found.length > 0 && !judged.has(id))
      return console.warn(
        `not judged: other processes had the CPU in each run of ${id}: ${found.join('; ')}`,
      );
    expect(found).toEqual([]);
  });
});

/** Whether other processes disturbed an experiment, as the lab itself warns, and all its trials came to an end. */
function wasOnlyDisturbed(id: string, { trials }: Result): boolean {
  const own = trials.filter(({ experiment }) => experiment === id);
  return own.some(wasDisturbed) && own.every(({ status }) => status === 'ok');
}

function problemsOf(id: string, result: Result): string[] {
  const checks = result.checks.filter(({ experiment }) => experiment === id);
  const untested = claims
    .filter(({ figure }) => figure.startsWith(`${id}.`))
    .filter((claim) => !checks.some((check) => check.id === claim.id));
  return [
    ...untested.map((claim) => `${claim.id} was not checked`),
    ...checks.filter(({ outcome }) => outcome !== 'holds').map((check) => `${check.id}: ${check.measured}`),
    ...asked.filter(({ experiment }) => experiment === id).flatMap((one) => missingCells(one, result)),
  ];
}

/** The cells of an episode's table that the report of a result has no number for. */
function missingCells(observation: Observation, result: Result): string[] {
  const { episode, experiment, rows, columns, dashes = [] } = observation;
  const tables = experimentFigures(result, experiment).map(({ table }) => table);
  return Object.keys(rows).flatMap((row) =>
    Object.keys(columns).flatMap((column) => {
      const isDash = dashes.some((dash) => dash[0] === row && dash[1] === column);
      const hasNumber = valueAt(placeOf(observation, row, column), tables) !== undefined;
      return hasNumber === isDash ? [`episode ${episode}: ${row}, ${column}`] : [];
    }),
  );
}

type Tables = ReturnType<typeof experimentFigures>[number]['table'][];

function valueAt({ table: id, column, where = {} }: Place, tables: Tables): number | undefined {
  const table = tables.find((one) => one.id === id);
  const at = (name: string) =>
    table?.columns.findIndex(({ title }) => isColumn(title, { column: name })) ?? -1;
  const row = table?.rows.find((cells) =>
    Object.entries(where).every(([name, is]) => cells[at(name)]?.text === is),
  );
  return row?.[at(column)]?.value;
}
