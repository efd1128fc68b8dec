import { Command, InvalidArgumentError } from 'commander';
import { parseRabbitUrl } from '../source/rabbit-address.ts';
import { beginCommand } from './begin.ts';
import { fromUsersFolder } from './typed.ts';

/** Exit codes of all commands. `failed`: a trial, a check or a measurement failed. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, environment: 3, interrupted: 130 } as const;

/**
 * A command of the lab, such as `npm run lab --`, without options yet. A wrong command line ends the process with 2,
 * after what was wrong: `Invalid --port "x": expected 1 to 65535, or 0 for any free port.`
 */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(invalidOption(text)) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitCodes.ok : exitCodes.usage));
}

/** Reads the command line of this process. */
export function begin(command: Command): Command {
  beginCommand(command.name(), command.options);
  return command.parse();
}

/**
 * Rewrites what commander says of an invalid value of an option or an argument. The address of a broker may contain a
 * password: it is left out.
 */
function invalidOption(text: string): string {
  const invalid =
    /^error: (?:option '(?:-\w, )?(--[\w-]+)[^']*' argument '(.*)' is invalid|command-argument value '(.*)' is invalid for argument '([\w-]+)')\. (.)(.*)$/s;
  return text.replace(invalid, (_, option, ofOption, ofArgument, argument, first: string, rest: string) =>
    [
      `Invalid ${option ?? argument}`,
      option === '--broker' ? '' : ` "${ofOption ?? ofArgument}"`,
      ': ',
      first.toLowerCase(),
      rest,
    ].join(''),
  );
}

/** Why a command ends: a line for stderr, and the exit code. */
export class Refusal extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a command to the exit code that it returns, by default 0. A refusal is one line on stderr, whatever its message holds. */
export async function exitCodeOf(run: () => Promise<unknown>): Promise<number> {
  try {
    const exitCode = await run();
    return typeof exitCode === 'number' ? exitCode : exitCodes.ok;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(error.message.replaceAll(/\s+/g, ' ').trim());
    return error.exitCode;
  }
}

/** Calls a function. What it throws becomes a `Refusal`, in the words of `reason`. */
export function orRefuse<Value>(
  exitCode: number,
  reason: (error: Error) => string,
  call: () => Value,
): Value {
  try {
    return call();
  } catch (error) {
    throw new Refusal(reason(error as Error), exitCode);
  }
}

/** Reads a whole number. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

export const readSeed = wholeNumber(0, 999_999_999);

/** Reads the first of some ports in a row; 0 leaves the choice to the system. */
export function firstPortOf(count: number, example: number): (text: string) => number {
  const max = 65_536 - count;
  const expected =
    count === 1
      ? `1 to ${max}, or 0 for any free port`
      : `the first of ${count} free ports from 1 to ${max}, or 0 for any`;
  return (text) => {
    if (/^\d{1,5}$/.test(text) && Number(text) <= max) return Number(text);
    throw new InvalidArgumentError(`Expected ${expected}. Try --port ${example}.`);
  };
}

/** Reads some names of a list, separated by commas. */
export function someOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const names = text.split(',');
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return names;
    throw new InvalidArgumentError(`Unknown "${unknown}": expected one or more of ${known.join(', ')}.`);
  };
}

/** Reads a path, as the user's folder has it. Returns it absolute. */
export function readPath(path: string): string {
  return fromUsersFolder(path);
}

/** Reads the address of a RabbitMQ. */
export function readBroker(url: string): string {
  try {
    parseRabbitUrl(url);
    return url;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
