import { type CommandOption, forgottenDashes } from './typed.ts';

/**
 * What every command does first. Ends the process with 2, and names the right command, when npm kept
 * options for itself. `options` are commander's, or have the same shape.
 */
export function beginCommand(name: string, options: readonly CommandOption[]): void {
  surviveClosedOutput();
  const forgotten = forgottenDashes(name.replace(/ --$/, ''), options);
  if (!forgotten) return;
  console.error(forgotten.hint);
  if (forgotten.isCertain) process.exit(2);
}

/** Lets a process go on when nobody reads what it prints: `| head -1` has ended, or the terminal is closed. */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
}

/**
 * Calls `end` when the command is told to end. Told again, by Ctrl-C or `kill`, it ends at once, with 130. The end
 * of a terminal may come twice, from the shell and from the system, and never ends anything at once.
 */
export function onInterrupt(end: () => void): void {
  let hasEnded = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (hasEnded && signal !== 'SIGHUP') process.exit(130);
      if (!hasEnded) end();
      hasEnded = true;
    });
}
