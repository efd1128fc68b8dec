import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** The scripts that run a program of the lab. */
const commands = Object.keys(scripts).filter((name) =>
  / servers\/commands\/start\.cjs \S/.test(scripts[name] ?? ''),
);

function outcomeOf(name: string, option: string): Promise<{ exitCode: unknown; said: string }> {
  const [program, ...args] = (scripts[name] as string).split(' ') as [string, ...string[]];
  return new Promise((resolve) => {
    execFile(program, [...args, option], (error, stdout, stderr) =>
      resolve({ exitCode: error ? error.code : 0, said: stdout + stderr }),
    );
  });
}

it.each(commands)('%s refuses an unknown option, and does nothing', async (name) => {
  const { exitCode, said } = await outcomeOf(name, '--unheard-of');
  expect(said).toMatch(/^error: (unknown option '--unheard-of'|required option '--broker <url>')/);
  expect(exitCode).toBe(2);
});

it.each(commands)('%s explains itself', async (name) => {
  const { exitCode, said } = await outcomeOf(name, '--help');
  expect(said).toMatch(new RegExp(`^Usage: npm run ${name} -- `));
  expect(exitCode).toBe(0);
});
