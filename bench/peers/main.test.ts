import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parsePeers } from '../analysis/peers.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'peers-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command. For the polls alone nothing has to be installed. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const command = ['--import', 'tsx', 'bench/peers/main.ts', ...args];
    return { code: 0, ...(await promisify(execFile)(process.execPath, command)) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

it('measures polls beside those of others, and leaves a file and a page', async () => {
  const measured = ['--only', 'poll', '--rounds', '1', '--window-ms', '200'];
  const { code, stdout } = await run(...measured, '--no-open', '--out', folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/short poll on Express \/ short poll on Express, without guards/);
  expect(readdirSync(folder).sort()).toEqual(['peers.html', 'peers.json']);
  const peers = parsePeers(readFileSync(join(folder, 'peers.json'), 'utf8'));
  expect(peers.failures).toEqual([]);
  expect(peers.measures).toHaveLength(14);
  for (const { values } of peers.measures) expect(values[0]).toBeGreaterThan(0);
  expect(readFileSync(join(folder, 'peers.html'), 'utf8')).toContain('short poll on Express');
});

it('says so when its folder cannot be made', async () => {
  const { code, stderr } = await run('--only', 'poll', '--out', 'package.json/run');
  expect(code).toBe(3);
  expect(stderr).toMatch(
    /^cannot write to .*package\.json\/run: ENOTDIR.*; choose another folder with --out\n$/,
  );
});

it.each([
  [['--rounds', '0'], /--rounds.*0.*expected a whole number from 1 to 50/],
  [
    ['--only', 'polls'],
    /--only.*unknown "polls": expected one or more of fan-out, idle, poll, long-poll, fleet/,
  ],
  [['--window-ms', 'x'], /--window-ms.*x.*expected a whole number/],
  [['--peer', 'mine=morse:node x.js'], /--peer.*mine=morse:node x\.js.*expected name=language:command/],
  [['--peer', 'mine=toString:node x.js'], /--peer.*mine=toString:node x\.js.*expected name=language:command/],
  [['--against', 'package.json'], /--against.*package\.json.*expected a peers\.json/],
])('refuses %j', async (args, reason) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(reason);
});
