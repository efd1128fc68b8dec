import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { parseResult, type Result, resultSchema } from '../bench/result.ts';
import { hostileAlone, hostileGroups } from './hostile-texts.ts';
import { describeInChromium, overflow } from './in-chromium.ts';
import { renderReport } from './render.ts';

const sampleText = readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8');

/** Texts by which the report finds what belongs together. Without them there would be no charts to attack. */
const naming = new Set([
  'experiments.id',
  ...['trials', 'capacities', 'probes', 'fits', 'pairs', 'findings'].map((list) => `${list}.experiment`),
  'trials.together',
  'trials.parameters.policy',
  'trials.parameters.path',
  'probes.name',
  'fits.name',
]);

/** A value with a text in every place where its schema takes any text, but for those that are kept. */
function withText(
  schema: z.ZodType,
  value: unknown,
  text: string,
  keeps: ReadonlySet<string>,
  path = '',
): unknown {
  const { def } = (schema as unknown as z.core.$ZodTypes)._zod;
  const within = (inner: unknown, one: unknown, key?: string) =>
    withText(inner as z.ZodType, one, text, keeps, [path, key].filter(Boolean).join('.'));
  switch (def.type) {
    case 'string':
      return keeps.has(path) ? value : text;
    case 'optional':
      // Also where the sample has none, if it is a text.
      return value === undefined && (def.innerType as z.ZodType)._zod.def.type !== 'string'
        ? value
        : within(def.innerType, value);
    case 'nullable':
      return value === null ? value : within(def.innerType, value);
    case 'default':
      return within(def.innerType, value);
    case 'array':
      return (value as unknown[]).map((one) => within(def.element, one));
    case 'record':
      return { ...(value as object), [text]: 1 };
    case 'object':
      return Object.fromEntries(
        Object.entries(def.shape).map(([key, inner]) => [
          key,
          within(inner, (value as Record<string, unknown>)[key], key),
        ]),
      );
    default:
      return value;
  }
}

/** The sample with a text everywhere, and beside what it has one more of each thing, whose names are that text as well. */
function attackedBy(text: string): Result {
  const sample = parseResult(sampleText);
  const attacked = withText(resultSchema, sample, text, naming) as Result;
  const nameless = withText(resultSchema, sample, text, new Set()) as Result;
  const first = <T>(list: readonly T[]) => list.slice(0, 1);
  const ofEach = (trials: Result['trials']) =>
    sample.experiments.flatMap(({ id }) => {
      const place = sample.trials.findIndex(({ experiment }) => experiment === id);
      return place < 0 ? [] : [{ ...(trials[place] as Result['trials'][number]), experiment: id }];
    });
  return {
    ...attacked,
    experiments: [...attacked.experiments, ...first(nameless.experiments)],
    trials: [...attacked.trials, ...first(nameless.trials), ...ofEach(nameless.trials)],
    capacities: [...attacked.capacities, ...first(nameless.capacities)],
    probes: [...attacked.probes, ...first(nameless.probes)],
    fits: [...attacked.fits, ...first(nameless.fits)],
    pairs: [...attacked.pairs, ...first(nameless.pairs)],
    findings: [...attacked.findings, ...first(nameless.findings)],
  };
}

it('has fifty different texts to attack with', () => {
  const texts = [...Object.values(hostileGroups).flat(), ...hostileAlone];
  expect(new Set(texts).size).toBe(50);
});

describeInChromium('the page of a result with a hostile text in every field', (open) => {
  const groups = Object.entries(hostileGroups).map(([name, texts]) => [name, texts.join(' ')] as const);
  const alone = hostileAlone.map((text) => [JSON.stringify(text).slice(0, 60), text] as const);

  it.each([...groups, ...alone])('%s: runs nothing, asks nobody and breaks nothing', async (_name, text) => {
    const result = attackedBy(text);
    const page = await open(await renderReport(result), { viewport: { width: 390, height: 844 } });
    expect(await page.evaluate(() => (window as { ran?: unknown }).ran)).toBeUndefined();
    expect(await page.title()).toBe('Push versus polling: lab report');
    expect(await page.locator('.verdicts .badge').count()).toBe(result.findings.length);
    expect(await page.locator('main > section, main > header').count()).toBeGreaterThan(10);
    expect(await overflow(page)).toBe(0);
  });

  it('is as harmless in what a lesson has saved', async () => {
    const text = Object.values(hostileGroups).flat().join(' ');
    const figures = { messages: 1, p50Ms: 1, p95Ms: 2 };
    const counts = {
      requests: 1,
      empty: 0,
      bytes: 1,
      missed: 0,
      reconnects: 0,
      inboxMessages: 0,
      backlogBytes: 0,
    };
    const segment = {
      title: text,
      settings: [{ label: text, value: text, isDefault: false }],
      durationMs: 1000,
      lanes: [{ transport: 'push' as const, ...figures, maxMs: 2, lastMs: 1, ...counts }],
      phones: [{ transport: 'sse' as const, ...figures, members: 1, leftOut: 0 }],
    };
    const choices = [0, 1, 2, 3].map(() => ({ text, why: text }));
    const lesson: Result = {
      ...parseResult(sampleText),
      experiments: [],
      trials: [],
      findings: [],
      votes: [{ question: text, choices, counts: [1, 2, 3, 4], right: 0, measured: text }],
      lesson: { segments: [segment, segment], dropped: 1 },
    };
    const page = await open(await renderReport(lesson), { viewport: { width: 390, height: 844 } });
    expect(await page.evaluate(() => (window as { ran?: unknown }).ran)).toBeUndefined();
    expect(await page.locator('h1').textContent()).toBe('Numbers of the lesson');
    expect(await page.locator('main > section').count()).toBe(4);
    expect(await overflow(page)).toBe(0);
  });

  it('hands out no cell that a spreadsheet would take for a formula', async () => {
    const result = attackedBy("=1+1|'cmd'!A0");
    const page = await open(await renderReport(result));
    await page.locator('details.data').evaluateAll((all) => {
      for (const details of all) (details as HTMLDetailsElement).open = true;
    });
    let marked = 0;
    // A browser hands out ten files to a page before it asks; these have the most words in them.
    const wordy = [
      'honest-pairs-table',
      'trials-13-table',
      'freshness-ages-table',
      'path-table',
      'delivery-accounting',
    ];
    for (const id of wordy) {
      const button = page.locator(`[data-csv=${id}]`);
      const [handed] = await Promise.all([page.waitForEvent('download'), button.click()]);
      const text = readFileSync(await handed.path(), 'utf8');
      expect(text).not.toMatch(/(^|[,\n]"?)[=@+\t]/);
      marked += text.split("'=1+1").length - 1;
    }
    expect(marked).toBeGreaterThan(0);
  });
});
