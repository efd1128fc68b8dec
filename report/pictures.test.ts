import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { pictures } from './pictures.ts';

it('takes exactly the pictures that the README files show, and each exists', () => {
  const shown = ['README.md', 'report/README.md'].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, picture]) =>
      join(dirname(file), picture as string),
    ),
  );
  expect(new Set(shown)).toEqual(new Set(pictures.map(({ name }) => `report/sample/${name}.png`)));
  for (const file of shown) {
    expect(existsSync(file)).toBe(true);
    expect(statSync(file).size).toBeLessThan(300_000);
  }
});
