import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Check, parseResult } from '../result.ts';

/** A copy of the lab in which servers can be broken, to see whether the check of LAB.md's claims notices. */
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'broken-lab-'));
  for (const part of ['servers', 'clients', 'bench', 'report', 'package.json', 'tsconfig.json'])
    cpSync(part, join(copy, part), { recursive: true, filter: (path) => !path.includes('report/runs') });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Replaces a piece of a server, which has to be there. */
function breakServer(file: string, piece: string, by: string): void {
  const path = join(copy, file);
  const whole = readFileSync(path, 'utf8');
  expect(whole).toContain(piece);
  writeFileSync(path, whole.replace(piece, by));
}

async function check(only: string): Promise<{ exitCode: number | null; said: string; checks: Check[] }> {
  const out = join(copy, 'out');
  const args = ['--import', 'tsx', 'bench/lab.ts', '--check', '--profile', 'quick', '--only', only];
  const lab = spawn(process.execPath, [...args, '--no-open', '--out', out], { cwd: copy });
  let said = '';
  lab.stdout.on('data', (piece) => (said += piece));
  lab.stderr.resume();
  const exitCode = await new Promise<number | null>((ended) => lab.once('close', ended));
  return { exitCode, said, checks: parseResult(readFileSync(join(out, 'results.json'), 'utf8')).checks };
}

const failing = (checks: Check[]) =>
  checks.filter(({ outcome }) => outcome === 'does not hold').map(({ id }) => id);

describe('npm run lab -- --check', () => {
  it('notices a long poll that does not hold, and a chat room that does not forget', async () => {
    breakServer(
      'servers/long-poll.ts',
      "if (!isUpToDate() || wait === '0' || method === 'HEAD') return response.json(read());",
      'return response.json(read());',
    );
    breakServer('servers/chat.ts', "member.on('close', () => members.delete(member));", '');
    const { exitCode, said, checks } = await check('freshness,chat-room');
    expect(exitCode).toBe(1);
    expect(failing(checks)).toEqual(expect.arrayContaining(['held', 'forgets']));
    // What the broken servers have no part in holds: neither the other room, nor the arithmetic of arrivals.
    expect(checks.filter(({ experiment }) => experiment === 'chat-room')).toMatchObject([
      { id: 'everybody-hears-of-everybody', outcome: 'holds' },
      { id: 'never-forgets', outcome: 'holds' },
      { id: 'forgets', outcome: 'does not hold' },
    ]);
    expect(said).toMatch(/DOES NOT HOLD +held\n/);
    expect(said).toMatch(/^\d+ of \d+ hold here\.$/m);
  }, 120_000);
});
