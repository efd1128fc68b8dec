import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forgottenDashes, fromUsersFolder, type Surroundings, shellQuoted } from './typed.ts';

/** What a command sees that npm has started, with what npm kept, in the folder of the user. */
function startedByNpm(kept: Record<string, string>, ...args: string[]): Surroundings {
  const npm = { npm_lifecycle_script: 'node servers/commands/start.cjs bench/lab.ts', INIT_CWD: '/home/ada' };
  return { args, env: { ...npm, ...kept }, program: resolve('bench/lab.ts') };
}

const options = [
  { long: '--profile', required: true },
  { long: '--server-host', required: true },
  { long: '--json' },
  { long: '--list' },
  { long: '--lan', optional: true },
  { long: '--open' },
  { long: '--no-open' },
];

const hintOf = (surroundings: Surroundings) => forgottenDashes('npm run lab', options, surroundings);

describe('options that npm kept for want of a "--"', () => {
  it.each([
    [{ npm_config_list: 'true' }, [], '--list'],
    [{ npm_config_profile: 'quick' }, [], '--profile quick'],
    [{ npm_config_profile: 'true' }, ['quick'], '--profile quick'],
    [{ npm_config_server_host: '::1' }, [], '--server-host ::1'],
    [{ npm_config_open: '' }, [], '--no-open'],
    [{ npm_config_lan: 'true' }, [], '--lan'],
    [{ npm_config_lan: '192.0.2.1' }, [], '--lan 192.0.2.1'],
    [{ npm_config_open: 'true' }, ['my results.json'], "'my results.json' --open"],
    [{ npm_config_list: 'true' }, ['--profile', 'quick'], '--list --profile quick'],
    [
      { npm_config_profile: 'true', npm_config_server_host: 'true' },
      ['quick', '::1'],
      '--profile VALUE --server-host VALUE',
    ],
    [{ npm_config_profile: 'true' }, ['a.json', 'quick'], '… --profile VALUE'],
  ])('%j with %j', (kept, args, right) => {
    const forgotten = hintOf(startedByNpm(kept, ...args));
    expect(forgotten?.hint).toMatch(/^npm read --[a-z].* as its own\. Did you forget the "--"\? /);
    expect(forgotten?.hint.split('? ')[1]).toBe(`npm run lab -- ${right}`);
    expect(forgotten?.isCertain).toBe(true);
  });

  it('follow the name of a subcommand', () => {
    const surroundings = startedByNpm({ npm_config_profile: 'true' }, 'quick');
    const forgotten = forgottenDashes('npm run lab -- sub', options, surroundings);
    expect(forgotten?.hint.split('? ')[1]).toBe('npm run lab -- sub --profile quick');
  });

  it('may have been meant for npm where npm has the same', () => {
    expect(hintOf(startedByNpm({ npm_config_json: 'true' }))?.isCertain).toBe(false);
    expect(hintOf(startedByNpm({ npm_config_json: 'true', npm_config_list: 'true' }))?.isCertain).toBe(true);
  });

  it('are none where the command got them, npm meant others, or something else was started', () => {
    expect(hintOf(startedByNpm({ npm_config_json: 'true' }, '--json'))).toBeUndefined();
    expect(hintOf(startedByNpm({ npm_config_profile: 'full' }, '--profile=quick'))).toBeUndefined();
    expect(hintOf(startedByNpm({ npm_config_loglevel: 'silent', npm_config_cache: '/x' }))).toBeUndefined();
    const test = { npm_lifecycle_script: 'vitest run', npm_config_list: 'true' };
    expect(hintOf(startedByNpm(test))).toBeUndefined();
    expect(hintOf({ args: [], env: { npm_config_list: 'true' }, program: '/x.ts' })).toBeUndefined();
  });
});

describe('a path', () => {
  it('is meant from where the user is, when npm started the command', () => {
    expect(fromUsersFolder('a.json', startedByNpm({}))).toBe('/home/ada/a.json');
    expect(fromUsersFolder('/b/a.json', startedByNpm({}))).toBe('/b/a.json');
  });

  it('is meant from here, when npm started something else that started the command', () => {
    const surroundings = startedByNpm({ npm_lifecycle_script: 'vitest run' });
    expect(fromUsersFolder('a.json', surroundings)).toBe(join(process.cwd(), 'a.json'));
  });
});

it('quotes words that a shell would take apart, and no others', () => {
  expect(['--only', 'a,b', 'amqp://NAME:PASSWORD@host:5672'].map(shellQuoted).join(' ')).toBe(
    '--only a,b amqp://NAME:PASSWORD@host:5672',
  );
  expect(['my dir/#1.ts', "it's", '', 'a&b?c'].map(shellQuoted)).toEqual([
    "'my dir/#1.ts'",
    "'it'\\''s'",
    "''",
    "'a&b?c'",
  ]);
});
