import { classroom } from './classroom.ts';
import { commands } from './command-lines.ts';
import type { Target } from './fuzz.ts';
import { httpServers } from './http-servers.ts';
import { parsers } from './parsers.ts';
import { pushServers } from './push-servers.ts';

/** All targets, the slowest first, so that no process ends alone with a slow one. */
export function targets(): Target<never>[] {
  return [classroom(), ...pushServers(), ...httpServers(), ...parsers(), ...commands()];
}

/** Returns the target with this name. Throws an `Error` that lists all names. */
export function targetOf(name: string): Target<never> {
  const all = targets();
  const target = all.find((one) => one.name === name);
  if (target) return target;
  throw new Error(`unknown target "${name}": expected one of ${all.map((one) => one.name).join(', ')}`);
}
