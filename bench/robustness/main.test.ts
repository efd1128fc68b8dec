import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

function run(name: string, ...args: string[]) {
  const [program, ...words] = (scripts[name] as string).split(' ') as [string, ...string[]];
  const { status, stdout, stderr } = spawnSync(program, [...words, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

it.each([
  [[], /Usage: npm run robustness -- .*fuzz.*attacks.*faults.*soak/s],
  [['fuzz', '--only', 'cursor,x'], /unknown "x": expected one or more of classroom, push/],
  [['soak', '--minutes', '0'], /from 0\.1 to 1440/],
])('%j ends with 2 and says what was expected', (args, text) => {
  expect(run('robustness', ...args)).toMatchObject({ status: 2, stderr: expect.stringMatching(text) });
});

it('prints a table of the targets that were fuzzed', () => {
  const { status, stdout } = run('robustness', 'fuzz', '--only', 'cursor', '--count', '100');
  expect(stdout).toMatch(
    /^`npm run robustness -- fuzz --count 100 --seed 7`.*\n\n\| server or parser .*\n.*\n\| cursor +\| +100 /,
  );
  expect(status).toBe(0);
});

it.each(['fuzz', 'attacks', 'faults', 'soak'])('test:%s names the new command', (campaign) => {
  const stderr = `npm run test:${campaign} is now npm run robustness -- ${campaign}\n`;
  expect(run(`test:${campaign}`, '--seed', '7')).toEqual({ status: 2, stdout: '', stderr });
});
