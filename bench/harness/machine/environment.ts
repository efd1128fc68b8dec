import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { threeDigits } from '../../analysis/writing.ts';
import type { Machine } from '../../experiment.ts';
import type { Result } from '../../result.ts';
import { coresInQuota, memoryWithin } from './container.ts';
import { descriptorLimit } from './descriptors.ts';

/** File descriptors that a process of the lab needs beside its clients' sockets. */
const ownDescriptors = 200;

/** The lab's own version. */
export function labVersion(): string {
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version;
}

/**
 * What this machine, or this container, is, and what is doubtful about it as a place to measure on: each
 * warning says what to do. Watches the processor for a third of a second.
 */
export async function inspectEnvironment(): Promise<{
  environment: Result['environment'];
  machine: Machine;
}> {
  const quota = coresInQuota();
  const processors = availableParallelism();
  // Half a core is a core that stands still half of the time.
  const cores = Math.min(processors, Math.ceil(quota));
  const memoryBytes = memoryWithin(totalmem(), process.constrainedMemory());
  const descriptors = descriptorLimit();
  const busy = await busyShare();
  const warnings: string[] = [];
  if (cores < 2)
    warnings.push(
      'This machine has one core, which server and clients share. Use a machine with at least two cores.',
    );
  if (quota < processors)
    warnings.push(
      `This container has a CPU quota of ${threeDigits(quota)} cores. When the quota is used up, the server and the clients stop, and latencies grow. Raise the quota, or give the container whole cores (docker run --cpuset-cpus).`,
    );
  if (busy > 0.25)
    warnings.push(
      `The CPU was ${Math.round(busy * 100)}% busy before the lab began. Close other programs and run the lab again.`,
    );
  if (descriptors < 4096)
    warnings.push(
      `This shell allows ${descriptors} open files, so the lab skips larger crowds. Try "ulimit -n 20000".`,
    );
  return {
    environment: {
      node: process.version,
      os: `${platform()} ${release()}`,
      cpu: cpus()[0]?.model.trim() || 'unknown',
      cores,
      memoryBytes,
      commit: commitOf(),
      warnings,
    },
    machine: { clientsMax: Math.min(descriptors - ownDescriptors, portsMax, memoryMax(memoryBytes)), cores },
  };
}

/** Connections to one port that there are local ports for. On Linux every load generator has an address with ports of its own. */
const portsMax = platform() === 'linux' ? Number.POSITIVE_INFINITY : 16_000;

/** What a client may take of the memory, on both sides together. A long poll takes some 60 kB. */
const clientBytes = 100_000;

function memoryMax(memoryBytes: number): number {
  return Math.floor(memoryBytes / 2 / clientBytes);
}

async function busyShare(): Promise<number> {
  const before = processorMs();
  await wait(300);
  const after = processorMs();
  const allMs = after.all - before.all;
  return allMs === 0 ? 0 : 1 - (after.idle - before.idle) / allMs;
}

function processorMs(): { idle: number; all: number } {
  const sum = { idle: 0, all: 0 };
  for (const { times } of cpus()) {
    sum.idle += times.idle;
    sum.all += times.idle + times.user + times.sys + times.nice + times.irq;
  }
  return sum;
}

/** The commit of a checkout. A folder without a repository of its own, inside somebody else's, has none. */
export function commitOf(root = fileURLToPath(new URL('../../..', import.meta.url))): string {
  // What Git is told of another repository in the environment is not meant for this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: root,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    if (realpathSync(git('rev-parse', '--show-toplevel')) !== realpathSync(root)) return 'unknown';
    const changed = git('status', '--porcelain') === '' ? '' : ' with changes';
    return git('rev-parse', '--short', 'HEAD') + changed;
  } catch {
    return 'unknown';
  }
}
