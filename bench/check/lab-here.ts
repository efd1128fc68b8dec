import { vi } from 'vitest';
import { lab, labCommand } from '../lab-command.ts';

/** Thrown in place of the end of the process. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** Runs the lab's command in this process: to start one for each command line takes much longer than what it does. */
export async function labHere(args: readonly string[]) {
  const output = { stdout: '', stderr: '' };
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text) => {
      output.stdout += `${text}\n`;
    }),
    vi.spyOn(console, 'error').mockImplementation((text) => {
      output.stderr += `${text}\n`;
    }),
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Exit(Number(code ?? 0));
    }),
  ];
  labCommand.configureOutput({
    writeOut: (text) => {
      output.stdout += text;
    },
    writeErr: (text) => {
      output.stderr += text;
    },
  });
  try {
    const exitCode = await lab(labCommand.parse(args, { from: 'user' }).opts());
    return { exitCode, ...output };
  } catch (error) {
    if (error instanceof Exit) return { exitCode: error.code, ...output };
    throw error;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
