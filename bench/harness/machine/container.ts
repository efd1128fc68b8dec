import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** The text of a file, `undefined` when there is none. */
type Read = (path: string) => string | undefined;

/**
 * Cores that the CPU quota of a container allows, such as 0.5: the least of its own control group and of all
 * that this is in. Infinite without a quota, and where there are no control groups.
 */
export function coresInQuota(read: Read = readText): number {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const quotas = groups.flatMap(([, controllers, path = '/']) => {
    const files = groupFiles(controllers);
    // In a container a group may be named as its host knows it. Then the root is the container's own group.
    return [...upwards(path)].flatMap((group) => files.map((quotaIn) => quotaIn(group, read)));
  });
  return Math.min(Number.POSITIVE_INFINITY, ...quotas.filter((cores) => cores > 0));
}

/** Memory that there is for this process: the container's limit, or else the machine's memory. */
export function memoryWithin(machineBytes: number, containerBytes: number | undefined): number {
  return containerBytes ? Math.min(machineBytes, containerBytes) : machineBytes;
}

type QuotaIn = (group: string, read: Read) => number;

function groupFiles(controllers: string | undefined): QuotaIn[] {
  if (controllers === '') return [version2];
  if (!controllers?.split(',').includes('cpu')) return [];
  return ['cpu', controllers].map((mounted) => version1(`/sys/fs/cgroup/${mounted}`));
}

/** `50000 100000` are 50,000 µs in each 100,000; `max 100000` is no quota. */
const version2: QuotaIn = (group, read) => {
  const [quota, period] = read(posix.join('/sys/fs/cgroup', group, 'cpu.max'))?.split(' ') ?? [];
  return Number(quota) / Number(period);
};

/** The same in two files; -1 is no quota. */
function version1(root: string): QuotaIn {
  return (group, read) => {
    const [quota, period] = ['quota', 'period'].map((part) =>
      read(posix.join(root, group, `cpu.cfs_${part}_us`)),
    );
    return Number(quota) / Number(period);
  };
}

/** A group and all that it is in: `/a/b`, `/a`, `/`. */
function* upwards(path: string): Generator<string> {
  for (let group = posix.normalize(path); ; group = posix.dirname(group)) {
    yield group;
    if (group === '/' || group === '.') return;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
