import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU, memory and open files of any process, by its number: from `/proc` on Linux, from `ps` and `lsof` elsewhere.
 * process-meter.ts has the quantities that only the process itself can read.
 */
const isLinux = process.platform === 'linux';

/** Milliseconds of CPU time. */
export type Cpu = { userMs: number; systemMs: number };

/**
 * CPU time of all threads so far. The sum has a resolution of nanoseconds on Linux and of 10 ms elsewhere, its division
 * into user and system always one of 10 ms.
 */
export function cpuOf(pid: number): Cpu {
  const { allMs, userShare } = isLinux ? linuxCpuOf(pid) : psCpuOf(pid);
  return { userMs: allMs * userShare, systemMs: allMs * (1 - userShare) };
}

/** User and system together. */
export function cpuMsOf(pid: number): number {
  const { userMs, systemMs } = cpuOf(pid);
  return userMs + systemMs;
}

/** Fields 14 and 15 of stat are the hundredths of a second in user and system mode. */
function linuxCpuOf(pid: number): { allMs: number; userShare: number } {
  const allMs = readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'))
    .reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return { allMs, userShare: user + system > 0 ? user / (user + system) : 1 };
}

function psCpuOf(pid: number): { allMs: number; userShare: number } {
  const [all = 0, user = 0] = ps(pid, 'time', 'utime').map(psMs);
  return { allMs: all, userShare: user / Math.max(1, all) };
}

/** `[hours:]minutes:seconds` as ps prints it, in milliseconds. */
function psMs(text: string): number {
  return text.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;
}

/**
 * Memory: on Linux the proportional set size (PSS), which divides a page among the processes that share it; elsewhere
 * the resident set size (RSS). `ownBytes` is the PSS without pages of files. A file's pages, the program's own
 * included, count for more as soon as another process that shares them ends. Elsewhere `ownBytes` is the RSS too.
 */
export function memoryOf(pid: number): { bytes: number; ownBytes: number } {
  if (!isLinux) {
    const bytes = 1024 * Number(ps(pid, 'rss')[0]);
    return { bytes, ownBytes: bytes };
  }
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytesIn = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]);
  return { bytes: bytesIn('Pss'), ownBytes: bytesIn('Pss_Anon') };
}

/** Open descriptors: files, sockets, pipes. */
export function descriptorsOf(pid: number): number {
  if (isLinux) return readdirSync(`/proc/${pid}/fd`).length;
  const text = execFileSync('lsof', ['-w', '-a', '-p', `${pid}`, '-d', '0-1000000', '-Ff'], {
    encoding: 'utf8',
  });
  return text.match(/^f\d+/gm)?.length ?? 0;
}

function ps(pid: number, ...columns: string[]): string[] {
  const wanted = columns.flatMap((column) => ['-o', `${column}=`]);
  return execFileSync('ps', [...wanted, '-p', `${pid}`], { encoding: 'utf8' })
    .trim()
    .split(/\s+/);
}
