import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('a checkout has LF where Git is set to write CRLF, and pictures as they are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'checkout-'));
  const files = [
    '.gitattributes',
    '.ci/run',
    'report/style/base.css',
    'LAB.md',
    'report/sample/first-screen.png',
  ];
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder });
  try {
    for (const file of files) cpSync(file, join(folder, file));
    git('init', '--quiet');
    git('config', 'core.autocrlf', 'true');
    git('config', 'core.safecrlf', 'false');
    git('add', '.');
    for (const file of files) rmSync(join(folder, file));
    git('checkout', '--quiet', '--', '.');
    const changed = files.filter((file) => !readFileSync(join(folder, file)).equals(readFileSync(file)));
    expect(changed).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
