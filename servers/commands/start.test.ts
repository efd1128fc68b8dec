import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync, transformSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const start = 'servers/commands/start.cjs';
const source = readFileSync(start, 'utf8');
const { scripts, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
  devDependencies: Record<string, string>;
};
const commands = Object.entries(scripts).filter(([, script]) => /^node .*\.ts$/.test(script));

/** What of packages is loaded before a command begins: all that its files import, and theirs, but what they load later. */
function packagesOf(entry: string): string[] {
  const { metafile } = buildSync({
    entryPoints: [entry],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    outdir: '.',
  });
  const packages = new Set<string>();
  const files = [entry];
  for (const file of files)
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind !== 'import-statement') continue;
      if (external) packages.add(path);
      else if (!files.includes(path)) files.push(path);
    }
  return [...packages];
}

const isOf = (name: string, path: string) => path === name || path.startsWith(`${name}/`);

describe('every command', () => {
  it.each(commands)(
    '%s is started by what checks the machine, and does what all do first',
    (_name, script) => {
      const [, file] = /^node (?:--expose-gc )?servers\/commands\/start\.cjs (\S+)$/.exec(script) ?? [];
      expect(readFileSync(file ?? script, 'utf8')).toMatch(/(?<![.\w])begin(Command)?\(/);
    },
  );

  it('that is no file of ours is checked before', () => {
    expect(scripts).toMatchObject({ pretest: `node ${start}`, preexercise: `node ${start}` });
  });

  it.each(['agent', 'sizing', 'report', 'compare', 'servers', 'chat', 'classroom', 'crowd'])(
    '%s needs no package for development',
    (name) => {
      const entry = commands
        .find(([own]) => own === name)?.[1]
        .split(' ')
        .at(-1) as string;
      const loaded = packagesOf(entry);
      expect(loaded.filter((path) => Object.keys(devDependencies).some((own) => isOf(own, path)))).toEqual(
        [],
      );
    },
  );

  it('lab needs no package for development', () => {
    const loaded = packagesOf('bench/lab-command.ts');
    expect(loaded).toContain('commander');
    expect(loaded.filter((path) => Object.keys(devDependencies).some((own) => isOf(own, path)))).toEqual([]);
  });

  it('opens pages in one way, which bears a browser that does not start', () => {
    const users = ['servers', 'clients', 'bench', 'report'].flatMap((floor) =>
      readdirSync(floor, { recursive: true, encoding: 'utf8' })
        .map((file) => join(floor, file))
        .filter((file) => /\.tsx?$/.test(file) && !/\.test\.ts$|node_modules/.test(file))
        .filter((file) => /from 'open'/.test(readFileSync(file, 'utf8'))),
    );
    expect(users).toEqual(['servers/commands/open-page.ts']);
  });
});

describe('what starts a command', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'start-'));
    mkdirSync(join(folder, 'servers/commands'), { recursive: true });
    for (const file of [start, 'package.json']) cpSync(file, join(folder, file));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What it says in a folder without packages, and how it ends. */
  function say(args: string[], nodeArgs: string[] = []) {
    const run = spawnSync(process.execPath, [...nodeArgs, start, ...args], { cwd: folder, encoding: 'utf8' });
    return { exitCode: run.status, said: run.stderr };
  }

  function install(name: string): void {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name));
  }

  it('can be read by Node 12', () => {
    const written = (target: string) => transformSync(source, { target, format: 'cjs' }).code;
    expect(written('node12.22')).toBe(written('esnext'));
    expect(source).not.toContain("'node:");
  });

  it.each([['bench/lab.ts'], []])('says that Node is too old, and which it needs', (...args) => {
    const older = join(folder, 'older.cjs');
    writeFileSync(older, "Object.defineProperty(process.versions, 'node', { value: '18.20.8' });");
    expect(say(args, ['--require', older])).toEqual({
      exitCode: 3,
      said: 'This lab needs Node 20.19 or newer, and this is Node 18.20.8: install a newer one from nodejs.org.\n',
    });
  });

  it.each([['bench/lab.ts'], []])('says that nothing is installed', (...args) => {
    expect(say(args)).toEqual({
      exitCode: 3,
      said: 'The packages of the lab are not installed: run "npm ci" first.\n',
    });
  });

  it('names the package for development that a command lacks', () => {
    install('tsx');
    const missing = (name: string) =>
      `The development package ${name} is not installed: run "npm ci --include=dev".\n`;
    expect(say([])).toEqual({ exitCode: 3, said: missing('@axe-core/playwright') });
    writeFileSync(join(folder, 'needs.ts'), "import { it } from 'vitest'; it.skip;");
    expect(say(['needs.ts'])).toEqual({ exitCode: 3, said: missing('vitest') });
  });

  it('leaves other errors, and exit codes, as they are', () => {
    install('tsx');
    writeFileSync(join(folder, 'fails.ts'), "await 1; throw new Error('as it is');");
    expect(say(['fails.ts'])).toMatchObject({
      exitCode: 1,
      said: expect.stringMatching(/^Error: as it is$/m),
    });
    writeFileSync(join(folder, 'waits.ts'), 'await new Promise(() => {});');
    expect(say(['waits.ts']).exitCode).toBe(13);
  });
});

it.each(['bench/lab.ts', 'bench/classroom/main.ts', 'report/main.ts'])(
  'says that too few files may be open for %s, before it loads anything',
  (file) => {
    const line = `ulimit -n 200 && exec "$0" ${start} ${file}`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line, process.execPath], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({
      status: 3,
      stdout: '',
      stderr: 'This shell allows 200 open files, and the lab needs 256: try "ulimit -n 20000".\n',
    });
  },
);

it('says that tests cannot run in a folder that Vite cannot read', () => {
  const parent = mkdtempSync(join(tmpdir(), 'folder-'));
  const folder = join(parent, 'c# and me');
  mkdirSync(join(folder, 'servers/commands'), { recursive: true });
  for (const file of ['package.json', 'servers/commands/start.cjs']) cpSync(file, join(folder, file));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'servers/commands/start.cjs')], {
    encoding: 'utf8',
  });
  rmSync(parent, { recursive: true });
  expect(stderr).toMatch(
    /^The tests can't run in .*c# and me.*: Vite cannot load files .* with "#"\. Rename the folder/,
  );
  expect(status).toBe(3);
});
