import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzz, isReason, repeatCommand, type Target, taken } from './fuzz.ts';
import { parser } from './parsers.ts';
import { targets } from './targets.ts';

/** The short form of `npm run robustness -- fuzz`: the same targets and rules, fewer inputs, always the same. */
describe('a few hundred inputs', { timeout: 120_000 }, () => {
  it.each(targets().map((target) => [target.name, target] as const))(
    'do no harm to %s',
    async (_name, target) => {
      const fuzzed = await fuzz(target, 300, 7);
      expect(fuzzed.finding).toBeUndefined();
      expect(fuzzed).toMatchObject({ inputs: 300, crashes: 0, rejections: 0, hangs: 0, unnamed: 0 });
      expect(fuzzed.taken + fuzzed.refused).toBe(300);
      // Inputs that are all right, or all wrong, try next to nothing.
      expect(fuzzed.taken).toBeGreaterThan(0);
    },
  );
});

describe('what fuzzing finds', () => {
  const numbers = fc.nat({ max: 1000 });
  const found = (parse: (input: number) => unknown) => fuzz(parser('numbers', numbers, parse), 500, 7);

  it('is a crash: an error of the language, thrown at an input', async () => {
    const fuzzed = await found((input) => {
      if (input > 700) (undefined as unknown as { read(): void }).read();
    });
    expect(fuzzed).toMatchObject({ crashes: 1, unnamed: 0 });
    expect(fuzzed.finding).toMatch(/^TypeError: .*\n[\s\S]*, after \[\d+\]$/);
  });

  it.each(['', 'no', 'two\nlines are two', 'Cannot read properties of undefined'])(
    'is a refusal without a reason: %j',
    async (reason) => {
      const fuzzed = await found((input) => {
        if (input > 700) throw new Error(reason);
      });
      expect(fuzzed).toMatchObject({ crashes: 0, unnamed: 1 });
      expect(fuzzed.finding).toContain('refused with');
    },
  );

  it('is an input that was not answered', async () => {
    const target: Target<number> = {
      name: 'mute',
      kind: 'parser',
      input: numbers,
      open: async () => ({ judge: () => [] }),
    };
    expect(await fuzz(target as unknown as Target<never>, 10, 7)).toMatchObject({ hangs: 1 });
  });

  it('is what the target is like in the end', async () => {
    const target: Target<number> = {
      name: 'leaky',
      kind: 'server',
      input: numbers,
      open: async () => ({
        judge: (inputs) => inputs.map(() => taken),
        close: async () => {
          throw new Error('somebody is still there');
        },
      }),
    };
    const fuzzed = await fuzz(target as unknown as Target<never>, 10, 7);
    expect(fuzzed.finding).toContain('somebody is still there');
  });

  it('comes back with the seed, and not with another', async () => {
    const tried = async (seed: number) => {
      const seen: number[] = [];
      const fuzzed = await fuzz(
        parser('numbers', numbers, (input) => {
          seen.push(input);
          if (input === 700) throw new Error('');
        }),
        5000,
        seed,
      );
      return { seen, finding: fuzzed.finding };
    };
    const [first, again, other] = [await tried(7), await tried(7), await tried(8)];
    expect(first.finding).toBe('refused with "": 700');
    expect(again).toEqual(first);
    expect(other.seen).not.toEqual(first.seen);
  });

  it('is repeated by a command', async () => {
    const fuzzed = await found(() => {});
    expect(repeatCommand(fuzzed, 500, 7)).toBe(
      'npm run robustness -- fuzz --only numbers --count 500 --seed 7',
    );
  });
});

it('takes words for a reason, and nothing that a terminal would obey', () => {
  expect(isReason('invalid after "x": expected a cursor')).toBe(true);
  for (const text of ['', 'no', ' ', 'red \u001b[31mtext', 'a [object Object]'])
    expect(isReason(text)).toBe(false);
});
