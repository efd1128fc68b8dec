import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process of a group. A lab starts in its own group, so every process that is left of the group is an orphan. */
export type Member = { pid: number; command: string };

/** The parts of a lab, and a path in the command line of each. */
export const parts = {
  coordinator: 'bench/lab.ts',
  server: 'server-process.ts',
  fleet: 'load-generator.ts',
  link: 'link-process.ts',
} as const;

export type Part = keyof typeof parts;

/** The processes of a group, without zombies. */
export function membersOf(group: number): Member[] {
  return (process.platform === 'linux' ? fromProc() : fromPs())
    .filter((one) => one.group === group && !one.isDead)
    .map(({ pid, command }) => ({ pid, command: command || commandOf(pid) }));
}

type Listed = Member & { group: number; isDead: boolean };

function fromProc(): Listed[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = readOrNothing(`/proc/${pid}/stat`);
      // The name is in parentheses and may contain anything, so fields are counted from its end.
      const [state = '', , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return stat
        ? [{ pid: Number(pid), group: Number(group), isDead: /[ZX]/.test(state), command: '' }]
        : [];
    });
}

function commandOf(pid: number): string {
  return readOrNothing(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

/** The process may have ended. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function fromPs(): Listed[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,state=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, group, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid ? [{ pid: Number(pid), group: Number(group), isDead: state.startsWith('Z'), command }] : [];
  });
}
