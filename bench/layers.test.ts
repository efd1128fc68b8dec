import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The house has four floors. A file imports from its own floor and from those below it, never from above. */
const floors = ['servers', 'clients', 'bench', 'report'];

/**
 * Of a floor below, some may use only a part: clients know the wire and how hosts are written, the report knows the
 * contract, the models, how a file is read and written, and what all commands do.
 */
const doors: Record<string, RegExp[]> = {
  clients: [/^servers\/(log\/message|address)\.ts$/],
  report: [
    /^servers\/commands\//,
    /^bench\/(result|write-whole|decoded-text)\.ts$/,
    /^bench\/analysis\//,
    /^clients\/(transports|shared\/browser)\.ts$/,
  ],
};

const imports = floors.flatMap((floor) =>
  readdirSync(floor, { recursive: true, encoding: 'utf8' })
    .map((file) => `${floor}/${file}`)
    .filter((file) => /\.(ts|tsx|js)$/.test(file) && !/\.test\.tsx?$|\bnode_modules\b/.test(file))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?:from|import) '(\.[^']*)'/g)].map((found) => {
        const target = new URL(found[1] as string, `file:///${file}`).pathname.slice(1);
        return { file, floor, target, below: target.split('/')[0] as string };
      }),
    ),
);

it('reads the imports of every floor', () => {
  for (const floor of floors) expect(imports.some((one) => one.floor === floor)).toBe(true);
});

it('lets nothing import from a floor above', () => {
  expect(imports.filter(({ floor, below }) => floors.indexOf(below) > floors.indexOf(floor))).toEqual([]);
});

it('lets clients and report use the floors below through their doors only', () => {
  const around = imports.filter(
    ({ floor, below, target }) =>
      below !== floor && doors[floor] && !doors[floor].some((door) => door.test(target)),
  );
  expect(around).toEqual([]);
});
