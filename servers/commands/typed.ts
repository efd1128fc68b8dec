import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export type Surroundings = ReturnType<typeof ownSurroundings>;

export const ownSurroundings = () => ({
  args: process.argv.slice(2),
  env: process.env,
  /** The file that Node was told to run. */
  program: process.argv[1] ?? '',
});

/** Whether npm started this very command. What npm tells a test or a lab is inherited by all that these start. */
function isStartedByNpm({ env, program }: Surroundings): boolean {
  return program.startsWith(root) && (env.npm_lifecycle_script ?? '').includes(program.slice(root.length));
}

/**
 * A path from the command line, absolute. npm runs commands in the root of the lab, and tells in `INIT_CWD`
 * in which folder the user is.
 */
export function fromUsersFolder(path: string, surroundings = ownSurroundings()): string {
  const folder = isStartedByNpm(surroundings) ? surroundings.env.INIT_CWD : undefined;
  return resolve(folder ?? '.', path);
}

/** An option of a command, in the shape of commander. `required`: it has a value; `optional`: it may have one. */
export type CommandOption = { long?: string | null; required?: boolean; optional?: boolean };

/**
 * Finds the options that npm kept for itself for want of a `--` before them. `hint` names the right command.
 * `isCertain` is false when they may have been meant for npm. `undefined`: nothing was kept.
 */
export function forgottenDashes(
  command: string,
  options: readonly CommandOption[],
  surroundings = ownSurroundings(),
): { hint: string; isCertain: boolean } | undefined {
  if (!isStartedByNpm(surroundings)) return undefined;
  const { args, env } = surroundings;
  const takesValue = new Map(options.map(({ long, required }) => [nameOf(long), required ?? false]));
  const kept = [...takesValue.keys()].filter(
    (name) => env[keyOf(name)] !== undefined && !args.some((arg) => nameOf(arg) === name),
  );
  if (kept.length === 0) return undefined;
  const firstOption = args.findIndex((arg) => arg.startsWith('-'));
  const bare = firstOption < 0 ? [...args] : args.slice(0, firstOption);
  const after = args.slice(bare.length);
  const withoutValue = kept.filter((name) => takesValue.get(name) && env[keyOf(name)] === 'true');
  // Only one bare word is the value of an option for certain; of several nobody knows which is which.
  const value = withoutValue.length === 1 && bare.length === 1 ? (bare[0] as string) : 'VALUE';
  const others =
    withoutValue.length === 0 ? bare.map(shellQuoted) : bare.length > withoutValue.length ? ['…'] : [];
  const words = kept.flatMap((name) => {
    const given = env[keyOf(name)] as string;
    if (given === 'true' && !takesValue.get(name)) return [`--${name}`];
    if (given === '' || given === 'false') return [`--no-${name}`];
    return [`--${name}`, withoutValue.includes(name) ? value : given];
  });
  const right = [
    command,
    ...(command.includes(' -- ') ? [] : ['--']),
    ...others,
    ...[...words, ...after].map(shellQuoted),
  ].join(' ');
  // npm has this option, too.
  const isCertain = kept.some((name) => name !== 'json');
  const names = kept.map((name) => `--${name}`).join(', ');
  return { hint: `npm read ${names} as its own. Did you forget the "--"? ${right}`, isCertain };
}

function nameOf(long: string | null | undefined): string {
  return (long ?? '').replace(/^--(no-)?/, '').replace(/=.*$/s, '');
}

function keyOf(name: string): string {
  return `npm_config_${name.replaceAll('-', '_')}`;
}

/** A word as a shell reads it, quoted where it has to be. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
