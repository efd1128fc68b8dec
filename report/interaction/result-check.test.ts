import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseResult } from '../../bench/result.ts';
import { isReason } from '../../bench/robustness/fuzz/fuzz.ts';
import { nearlyJson } from '../../bench/robustness/fuzz/inputs.ts';
import { aResult } from '../../bench/robustness/fuzz/valid-inputs.ts';
import { resultShape } from '../result-shape.ts';
import { readResult, type Shape } from './result-check.ts';

const sample = readFileSync(new URL('../sample/results.json', import.meta.url), 'utf8');
const shape = resultShape();

/** What is said of a text by the page, and by the lab itself. */
function saidOf(text: string): { page: string; lab: string } {
  const messageOf = (read: () => unknown) => {
    try {
      read();
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  return { page: messageOf(() => readResult(text, shape)), lab: messageOf(() => parseResult(text)) };
}

/** The field that a message names. */
const fieldIn = (message: string) => /^not a valid result file: (.*?): /.exec(message)?.[1];

type Path = (string | number)[];

/** Every field of a value, once for all entries of a list. */
function fieldsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.slice(0, 1).map((item) => [0, item])
    : Object.entries(value);
  return [
    ...(path.length > 0 ? [path] : []),
    ...entries.flatMap(([key, item]) => fieldsOf(item, [...path, key])),
  ];
}

/** A value with one entry in every list, or four where it takes four. */
function shortened(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.slice(0, key === 'choices' ? 4 : 1).map((item) => shortened(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shortened(inner, name)]));
}

/** A copy of a result, the sample's by default, with a field changed, or without it. */
function changed(path: Path, value: unknown, text = sample): string {
  const copy = JSON.parse(text);
  const holder = path.slice(0, -1).reduce((one, key) => one[key], copy);
  const key = path.at(-1) as string | number;
  if (value === undefined && !Array.isArray(holder)) delete holder[key];
  else holder[key] = value;
  return JSON.stringify(copy);
}

describe('the check of a result file in a page', () => {
  it('takes what the lab takes, and gives the same', () => {
    expect(readResult(sample, shape)).toEqual(parseResult(sample));
  });

  it('fills in lists that older files lack', () => {
    const old = JSON.parse(sample);
    delete old.probes;
    delete old.fits;
    expect(readResult(JSON.stringify(old), shape)).toMatchObject({ probes: [], fits: [] });
  });

  it('names the field that the lab would name, whatever is wrong with it', () => {
    const { trials, ...rest } = JSON.parse(sample);
    // One trial that has every part which any trial has.
    const small = shortened({ ...rest, trials: [Object.assign({}, ...trials)] });
    expect(saidOf(JSON.stringify(small))).toEqual({ page: '', lab: '' });
    const fields = fieldsOf(small).filter(([top]) => top !== 'schemaVersion');
    expect(fields.length).toBeGreaterThan(150);
    for (const path of fields)
      for (const value of [undefined, 'text', -1, 1.5, null, [], {}]) {
        const { page, lab } = saidOf(changed(path, value, JSON.stringify(small)));
        expect([path, value, fieldIn(page)]).toEqual([path, value, fieldIn(lab)]);
      }
  });

  it.each([
    ['{"schemaVersion": 99}', 'schemaVersion is 99, expected 1: run the lab again'],
    ['{}', 'schemaVersion is undefined, expected 1: run the lab again'],
    ['null', 'schemaVersion is undefined, expected 1: run the lab again'],
    ['{"schemaVersion": 1}', 'not a valid result file: lab: is missing'],
    [
      changed(['lab', 'seed'], 'many'.repeat(50)),
      /^not a valid result file: lab\.seed: is "many.{30,40}…, expected a whole number$/,
    ],
    [changed(['lab', 'profile'], 'slow'), /lab\.profile: is "slow", expected one of quick, default, full/],
    [changed(['trials', 2, 'delayMs', 'p50'], undefined), /trials\.2\.delayMs\.p50: is missing/],
    [
      changed(['trials', 0, 'messages', 'expected'], -1),
      /trials\.0\.messages\.expected: is -1, expected 0 or more/,
    ],
    [sample.slice(0, 1000), /^not a result file: invalid JSON \(/],
    ['', /^not a result file: invalid JSON \(/],
  ])('says in a line what is wrong: %#', (text, says) => {
    const { page } = saidOf(text);
    if (typeof says === 'string') expect(page).toBe(says);
    else expect(page).toMatch(says);
  });

  it('checks a field also under a name that every object has', () => {
    const probes = [{ ...JSON.parse(sample).probes[0], values: { toString: 'seven' } }];
    expect(saidOf(changed(['probes'], probes)).page).toContain('probes.0.values.toString: ');
  });

  it('knows every word of the schema that it is given', () => {
    const known = new Set([
      ...['$schema', '$ref', '$defs', 'type', 'const', 'enum', 'anyOf', 'properties', 'required'],
      ...['additionalProperties', 'items', 'minItems', 'maxItems', 'minimum', 'maximum', 'default'],
      // Keys of an object are always texts.
      'propertyNames',
    ]);
    const unknown = new Set<string>();
    const walk = (one: Shape): void => {
      for (const key of Object.keys(one)) if (!known.has(key)) unknown.add(key);
      const { items, additionalProperties, anyOf = [], properties = {}, $defs = {} } = one;
      const inner = [
        items,
        additionalProperties,
        ...anyOf,
        ...Object.values(properties),
        ...Object.values($defs),
      ];
      for (const other of inner) if (other) walk(other);
    };
    walk(shape);
    expect([...unknown]).toEqual([]);
  });
});

it('checks a field also under a name that every object has', () => {
  const result = aResult() as { probes: { values: Record<string, unknown> }[] };
  Object.assign(result.probes[0]?.values as object, { toString: 'seven' });
  expect(saidOf(JSON.stringify(result)).page).toContain('probes.0.values.toString: ');
});

describe('any text', () => {
  /** As many as `npm run robustness -- fuzz` gives every other parser: `FUZZ_COUNT=100000`. */
  const numRuns = Number(process.env.FUZZ_COUNT ?? 1000);

  it('is taken or refused by the page as by the lab itself, in one line', { timeout: 600_000 }, () => {
    const texts = nearlyJson(fc.constant(aResult()));
    let taken = 0;
    const property = fc.property(texts, (text) => {
      const { page, lab } = saidOf(text);
      expect(page === '').toBe(lab === '');
      expect(page === '' || isReason(page)).toBe(true);
      if (page === '') taken += 1;
    });
    fc.assert(property, { seed: 7, numRuns });
    expect(taken).toBeGreaterThan(numRuns / 10);
    expect(taken).toBeLessThan(numRuns);
  });
});
