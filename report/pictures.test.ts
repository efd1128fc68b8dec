import { existsSync, readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pictures } from './pictures.ts';

it('takes the very pictures that README.md shows, and each is there', () => {
  const shown = [...readFileSync('README.md', 'utf8').matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(
    ([, file]) => file as string,
  );
  expect(new Set(shown)).toEqual(new Set(pictures.map(({ name }) => `report/sample/${name}.png`)));
  for (const file of shown) {
    expect(existsSync(file)).toBe(true);
    expect(statSync(file).size).toBeLessThan(300_000);
  }
});
