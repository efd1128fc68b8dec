import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type CommandOption, forgottenDashes, ownSurroundings } from './typed.ts';

/**
 * What every command does first. Ends the process with 2, and names the right command, when npm kept
 * options for itself. `options` are commander's, or have the same shape. The arguments of a subcommand come
 * after its name, and its own name ends with it: `npm run lab -- sub`.
 */
export function beginCommand(
  name: string,
  options: readonly CommandOption[],
  args = process.argv.slice(2),
): void {
  surviveClosedOutput();
  const forgotten = forgottenDashes(name.replace(/ --$/, ''), options, { ...ownSurroundings(), args });
  if (!forgotten) return;
  console.error(forgotten.hint);
  if (forgotten.isCertain) process.exit(2);
}

/** Ends the process with the reason, in one line. */
export function fail(exitCode: number, reason: string): never {
  console.error(reason.replaceAll(/\s+/g, ' ').trim());
  process.exit(exitCode);
}

/** Whether the module at this URL was started as a program, and not imported. */
export function isProgram(url: string): boolean {
  const [, program = ''] = process.argv;
  // Node resolves a symbolic link in the URL of a module, but not in its arguments.
  return program !== '' && url === pathToFileURL(realpathSync(program)).href;
}

/** Lets a process go on when nobody reads what it prints: `| head -1` has ended, or the terminal is closed. */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
}

/**
 * Calls `end` on the first signal to end. A second Ctrl-C or `kill` ends the process at once, with 130. A closed
 * terminal may signal twice, from the shell and from the system, and never ends anything at once.
 */
export function onInterrupt(end: () => void): void {
  let firstMs: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      const isFirst = firstMs === undefined;
      firstMs ??= performance.now();
      if (isFirst) end();
      // One Ctrl-C comes twice where the shell of npm gives way to the command: from the terminal, and from npm.
      else if (signal !== 'SIGHUP' && performance.now() - firstMs > 1000) process.exit(130);
    });
}
