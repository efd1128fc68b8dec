import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { profiles } from './experiment.ts';
import { experiments } from './experiments/experiments.ts';
import { framesOf } from './harness/run.ts';
import { canDivide, dividedOptionsSchema, optionsOf } from './knobs.ts';
import { parametersSchema } from './result.ts';

describe.each(profiles)('the trials of %s', (profile) => {
  const planned = experiments.flatMap(({ text, plan }) =>
    plan(profile, { clientsMax: 20_000, cores: 2 }).trials.flatMap((one) => framesOf(text.id, one)),
  );

  it('have an id each: every option that differs has a word in it', () => {
    const ids = planned.map(({ id }) => id);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
  });

  it('have only parameters that a result has', () => {
    for (const { parameters } of planned) expect(parametersSchema.parse(parameters)).toEqual(parameters);
  });
});

describe('the options of a group', () => {
  it('have defaults, which an agent accepts', () => {
    expect(optionsOf({ backoff: 'fixed' })).toMatchObject({
      backoff: 'fixed',
      keepAlive: true,
      credit: undefined,
    });
    expect(dividedOptionsSchema(z).safeParse(JSON.parse(JSON.stringify(optionsOf({})))).success).toBe(true);
  });

  it.each([{ slowClients: 1 }, { handlingMs: 5 }, { inPhase: true }, { credit: 3 }])(
    'stay on this machine with %o',
    (options) => expect(canDivide(options)).toBe(false),
  );

  it.each([{ keepAlive: false }, { contract: 'latest' }, { replay: false }, { intervalMs: 50 }] as const)(
    'can be divided with %o',
    (options) => expect(canDivide(options)).toBe(true),
  );
});
