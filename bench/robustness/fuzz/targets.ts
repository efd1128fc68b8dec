import { classroom } from './classroom.ts';
import { commands } from './command-lines.ts';
import type { Target } from './fuzz.ts';
import { httpServers } from './http-servers.ts';
import { parsers } from './parsers.ts';
import { pushServers } from './push-servers.ts';

/** Everything that is fuzzed: the slowest first, so that none of those is left to the end. */
export function targets(): Target<never>[] {
  return [classroom(), ...pushServers(), ...httpServers(), ...parsers(), ...commands()];
}

/** The one of this name. Throws an `Error` that names them all. */
export function targetOf(name: string): Target<never> {
  const all = targets();
  const target = all.find((one) => one.name === name);
  if (target) return target;
  throw new Error(`unknown target "${name}": expected one of ${all.map((one) => one.name).join(', ')}`);
}
