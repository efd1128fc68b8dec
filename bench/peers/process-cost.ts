import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU and memory of a process, seen from outside, so that any program can be a contender. On Linux the kernel counts
 * CPU time in nanoseconds; elsewhere `ps` does, in hundredths of a second.
 */

/** Milliseconds of CPU, user and system, of all its threads. */
export function cpuMsOf(pid: number): number {
  if (process.platform !== 'linux') return psCpuMs(pid);
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'))
    .reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
}

/** Bytes of memory: on Linux the proportional set size (PSS), which shares pages among their users, elsewhere RSS. */
export function memoryBytesOf(pid: number): number {
  if (process.platform !== 'linux')
    return 1024 * Number(execFileSync('ps', ['-o', 'rss=', '-p', `${pid}`], { encoding: 'utf8' }));
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return 1024 * Number(kilobytes);
}

/** `[[days-]hours:]minutes:seconds` as ps prints it. */
function psCpuMs(pid: number): number {
  const text = execFileSync('ps', ['-o', 'time=', '-p', `${pid}`], { encoding: 'utf8' }).trim();
  return text.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;
}
