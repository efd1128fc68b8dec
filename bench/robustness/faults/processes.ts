import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * The processes of a process group, and what each of them is. A lab that is started in a group of its own
 * takes all of its processes with it, so that whoever is left of the group is an orphan.
 */
export type Member = { pid: number; command: string };

/** The parts of a lab, by what their command lines name. */
export const parts = {
  coordinator: 'bench/lab.ts',
  server: 'server-process.ts',
  fleet: 'fleet-process.ts',
  link: 'link-process.ts',
} as const;

export type Part = keyof typeof parts;

/** Everybody who lives in this group. A dead process whose parent has not looked yet does not count. */
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
      // The name stands in parentheses and may hold anything, so the fields are counted from its end.
      const [state = '', , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return stat
        ? [{ pid: Number(pid), group: Number(group), isDead: /[ZX]/.test(state), command: '' }]
        : [];
    });
}

function commandOf(pid: number): string {
  return readOrNothing(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

/** A process may have gone between two looks. */
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
