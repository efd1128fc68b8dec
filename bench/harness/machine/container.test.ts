import { describe, expect, it, vi } from 'vitest';
import { coresInQuota, memoryWithin } from './container.ts';
import { inspectEnvironment } from './environment.ts';

const coresWith = (files: Record<string, string>) => coresInQuota((path) => files[path]);

describe('the CPU quota of a container', () => {
  it.each<[string, number, Record<string, string>]>([
    [
      'its own group, as it sees itself',
      0.5,
      { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '50000 100000\n' },
    ],
    [
      'the least of all groups that it is in',
      1.5,
      {
        '/proc/self/cgroup': '0::/pod/container\n',
        '/sys/fs/cgroup/pod/container/cpu.max': '400000 100000\n',
        '/sys/fs/cgroup/pod/cpu.max': '150000 100000\n',
        '/sys/fs/cgroup/cpu.max': 'max 100000\n',
      },
    ],
    [
      'version 1, beside an empty hierarchy of version 2',
      0.25,
      {
        '/proc/self/cgroup': '4:memory:/a\n3:cpu,cpuacct:/a\n0::/\n',
        '/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us': '25000\n',
        '/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      },
    ],
    [
      'version 1, named as the host knows it',
      2,
      {
        '/proc/self/cgroup': '3:cpuacct,cpu:/docker/1234\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
    ],
    [
      'none that is set',
      Number.POSITIVE_INFINITY,
      { '/proc/self/cgroup': '0::/a\n', '/sys/fs/cgroup/a/cpu.max': 'max 100000\n' },
    ],
    ['a system without control groups', Number.POSITIVE_INFINITY, {}],
  ])('%s: %d', (_name, cores, files) => {
    expect(coresWith(files)).toBe(cores);
  });
});

describe('the memory of a container', () => {
  it.each([
    ['a limit', 400, 400],
    ['no limit, as Node says it', 0, 1000],
    ['no limit, as version 1 says it', 2 ** 63, 1000],
    ['nothing to be known', undefined, 1000],
  ])('%s', (_name, limit, bytes) => {
    expect(memoryWithin(1000, limit)).toBe(bytes);
  });

  it('is what the result names, and bounds the largest crowd', async () => {
    const limit = vi.spyOn(process, 'constrainedMemory').mockReturnValue(400 * 1024 ** 2);
    const { environment, machine } = await inspectEnvironment();
    limit.mockRestore();
    expect(environment.memoryBytes).toBe(400 * 1024 ** 2);
    expect(machine.clientsMax).toBeLessThanOrEqual(2097);
  });
});
