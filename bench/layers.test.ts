import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';

/** The house has four floors. A file imports from its own floor and from those below it, never from above. */
const floors = ['servers', 'clients', 'bench', 'report'];

/**
 * Of a floor below, some may use only a part: clients know the wire and how hosts are written, the report knows the knobs, the
 * contract, the models, how a file is read and written, and what all commands do.
 */
const doors: Record<string, RegExp[]> = {
  clients: [/^servers\/(log\/message|address)\.ts$/],
  report: [
    /^servers\/commands\//,
    /^bench\/(result|knobs|write-whole|decoded-text)\.ts$/,
    /^bench\/analysis\//,
    /^clients\/(transports|shared\/browser)\.ts$/,
  ],
};

const imports = floors.flatMap((floor) =>
  readdirSync(floor, { recursive: true, encoding: 'utf8' })
    .map((file) => `${floor}/${file}`)
    .filter((file) => /\.(ts|tsx|js)$/.test(file) && !/\.test\.tsx?$|\bnode_modules\b/.test(file))
    .flatMap((file) =>
      [
        ...readFileSync(file, 'utf8').matchAll(
          /^(?:import|export)(?: type)?(?: [^;'()=]* from)? '(\.[^']*)'/gm,
        ),
      ].map((found) => {
        const target = new URL(found[1] as string, `file:///${file}`).pathname.slice(1);
        return {
          file,
          floor,
          target,
          below: target.split('/')[0] as string,
        };
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

const sources = [...new Set(imports.map(({ file }) => file))];

/** Folders that still show more files. */
const crowded = ['clients/classroom'];

it.each(floors)('shows at most 20 source files in a folder of %s, tests and exercises apart', (floor) => {
  const files = readdirSync(floor, { recursive: true, encoding: 'utf8' })
    .map((file) => `${floor}/${file}`)
    .filter(
      (file) => /\.(ts|tsx|js|cjs)$/.test(file) && !/\.(test|exercise)\.tsx?$|\bnode_modules\b/.test(file),
    );
  const folders = [...new Set(files.map((file) => dirname(file)))].filter(
    (folder) => !crowded.includes(folder),
  );
  const full = folders.filter((folder) => files.filter((file) => dirname(file) === folder).length > 20);
  expect(full).toEqual([]);
});

it('has no circle of imports, types included', () => {
  expect(sources.filter((file) => drawnInBy(file).has(file))).toEqual([]);
});

it('lets no page of servers/ know of guards', () => {
  const pages = ['push', 'sse', 'tcp-push', 'notify', 'long-poll', 'short-poll'].map(
    (name) => `servers/${name}.ts`,
  );
  for (const page of pages) {
    expect(sources).toContain(page);
    expect([...drawnInBy(page)].filter((file) => file.startsWith('servers/guards/'))).toEqual([]);
  }
});

it('lets push.ts draw in at most 10 files', () => {
  expect([...drawnInBy('servers/push.ts')].length).toBeLessThanOrEqual(10);
});

/** All files that a file imports, directly or not. */
function drawnInBy(file: string, found = new Set<string>()): Set<string> {
  for (const { file: from, target } of imports) {
    if (from !== file || found.has(target)) continue;
    found.add(target);
    drawnInBy(target, found);
  }
  return found;
}
