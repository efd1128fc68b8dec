import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runsTypeScript } from '../../harness/child.ts';
import { type Aftermath, aftermath, type Expectation, type Problem } from './aftermath.ts';
import { LabRun, type LabSetting, sendSignal } from './lab-run.ts';
import { type Part, parts } from './processes.ts';
import { openRelay } from './relay.ts';

/** The outcome of one fault. `struck`: the lab still ran when the fault came. */
export type Outcome = Aftermath & { says: string; struck: boolean };

/** One kind of fault. `inject` draws everything random before it begins, so that a seed repeats the fault. */
export type Fault = {
  kind: string;
  /** Why this machine can't inject it; `undefined` when it can. */
  missing?(): string | undefined;
  /** Injects it into a lab that writes to `folder`. */
  inject(random: () => number, folder: string): Promise<Outcome>;
};

/** One fault in a lab: how the lab starts, what happens to it while it runs, and what it may come to. */
type LabFault = {
  says: string;
  setting?: Omit<LabSetting, 'folder'>;
  expected?: Expectation;
  /** Returns whether the lab still ran. Default: the setting is the fault. */
  strike?: (run: LabRun) => Promise<boolean>;
  cleanUp?: () => void;
};

/** The usual duration of a lab. Later faults strike nothing, and are counted as such. */
const labMs = 4000;

const nameOf: Record<Part, string> = {
  coordinator: 'coordinator',
  server: 'server',
  fleet: 'load generator',
  link: 'delay proxy',
};
const allParts = Object.keys(parts) as Part[];

const isRoot = process.getuid?.() === 0;

/** Every kind of fault. */
export const faults: readonly Fault[] = [
  ...(['server', 'fleet', 'link', 'coordinator'] as const).map((part) =>
    labFault(`kill -9 of the ${nameOf[part]}`, (random) => {
      const afterMs = within(0, labMs, random);
      return {
        says: `the ${nameOf[part]} is killed ${afterMs} ms after its start`,
        expected: part === 'coordinator' ? { otherExitCodes: ['SIGKILL'], mayLeaveHalf: true } : {},
        strike: (run) => run.signal(part, 'SIGKILL', afterMs),
      };
    }),
  ),
  labFault('stop and continue a process', (random) => {
    const part = oneOf(allParts, random);
    const [afterMs, stoppedMs] = [within(0, labMs, random), within(50, 1500, random)];
    return {
      says: `the ${nameOf[part]} is stopped for ${stoppedMs} ms, ${afterMs} ms after its start`,
      expected: { mustSurvive: true },
      async strike(run) {
        const pid = await run.partOf(part);
        const struck = await run.signal(part, 'SIGSTOP', afterMs);
        if (!struck || pid === undefined) return false;
        await pause(stoppedMs);
        sendSignal(pid, 'SIGCONT');
        return true;
      },
    };
  }),
  labFault('interrupt', (random) => {
    const signal = oneOf(['SIGINT', 'SIGTERM'] as const, random);
    const afterMs = within(0, 1.5 * labMs, random);
    return {
      says: `${signal} to the coordinator, ${afterMs} ms after its start`,
      expected: { otherExitCodes: [130, signal] },
      strike: (run) => run.signal('coordinator', signal, afterMs),
    };
  }),
  labFault('few file descriptors', (random) => {
    // With about forty Node can't load the lab's files, and says so itself.
    const limit = within(48, 255, random);
    return {
      says: `${limit} file descriptors from the start`,
      setting: { shell: `ulimit -n ${limit}` },
      expected: { otherExitCodes: [3], remedy: /open files.*ulimit -n/ },
    };
  }),
  labFault('file descriptors exhausted for a while', (random) => {
    const part = oneOf(['server', 'fleet', 'link'] as const, random);
    const [atMs, forMs] = [within(300, 2500, random), within(50, 800, random)];
    const env = {
      FAULT_HOG_PART: parts[part],
      FAULT_HOG_AT_MS: `${atMs}`,
      FAULT_HOG_FOR_MS: `${forMs}`,
    };
    return {
      says: `the ${nameOf[part]} has no file descriptor left for ${forMs} ms, ${atMs} ms after its start`,
      setting: { shell: 'ulimit -n 300', preload: { module: 'hog-descriptors.js', env } },
    };
  }),
  labFault(
    'read-only folder',
    (random, folder) => {
      const afterMs = within(0, 1.5 * labMs, random);
      const disk = isRoot ? mount(folder, 'size=4m') : undefined;
      return {
        says: `the folder is read-only ${afterMs} ms after the start`,
        async strike(run) {
          await Promise.race([pause(afterMs), run.ended]);
          if (disk) disk.makeReadOnly();
          else execFileSync('chmod', ['555', folder]);
          return run.isRunning;
        },
        ...withoutSpace(folder, () => (disk ? disk.unmount() : execFileSync('chmod', ['755', folder]))),
      };
    },
    () =>
      isRoot && !canMount()
        ? 'root can write to every folder, and cannot mount a file system here'
        : undefined,
  ),
  labFault(
    'full disk',
    (random, folder) => {
      const kilobytes = 4 * within(1, 60, random);
      const disk = mount(folder, `size=${kilobytes}k`);
      return { says: `a disk of ${kilobytes} KiB`, ...withoutSpace(folder, disk.unmount) };
    },
    () => (isRoot && canMount() ? undefined : 'it needs root, to mount a small disk'),
  ),
  { kind: 'taken port', inject: takePort },
  labFault('changed clock', (random) => {
    const part = oneOf([...allParts, undefined], random);
    const atMs = within(200, labMs, random);
    const stepMs = oneOf([-1, 1], random) * within(100, 7_200_000, random);
    const env = {
      FAULT_CLOCK_PART: part ? parts[part] : '',
      FAULT_CLOCK_AT_MS: `${atMs}`,
      FAULT_CLOCK_STEP_MS: `${stepMs}`,
    };
    return {
      says: `the wall clock of ${part ? `the ${nameOf[part]}` : 'every process'} is set by ${stepMs} ms, ${atMs} ms after its start`,
      setting: { preload: { module: 'clock-step.js', env } },
      expected: { mustSurvive: true },
    };
  }),
  labFault('connections reset', async (random) => {
    const withinMs = within(50, 1000, random);
    const relay = await openRelay(0.2, withinMs, random);
    return {
      says: `20% of all connections are reset within ${withinMs} ms`,
      setting: { preload: { module: 'through-relay.js', env: { FAULT_RELAY_PORT: `${relay.port}` } } },
      expected: { mustSurvive: true },
      strike: (run) => run.ended.then(() => relay.counts.resets > 0),
      cleanUp: relay.close,
    };
  }),
];

/** A fault of a short lab: draws it, runs the lab with it, and checks what is left. */
function labFault(
  kind: string,
  draw: (random: () => number, folder: string) => LabFault | Promise<LabFault>,
  missing?: Fault['missing'],
): Fault {
  return {
    kind,
    missing,
    async inject(random, folder) {
      const fault = await draw(random, folder);
      const { says, setting, expected = {}, strike = async () => true, cleanUp } = fault;
      try {
        const run = new LabRun({ folder, ...setting });
        const [struck, left] = await Promise.all([strike(run), aftermath(run, folder, expected)]);
        return { says, struck, ...left };
      } finally {
        cleanUp?.();
      }
    },
  };
}

/** The outcome of a fault that leaves no space for files in the folder. The report is drawn next to the folder. */
function withoutSpace(folder: string, restore: () => void): Pick<LabFault, 'expected' | 'cleanUp'> {
  const drawElsewhere = `${folder}.html`;
  return {
    expected: { otherExitCodes: [3], remedy: /--out/, drawElsewhere },
    cleanUp() {
      rmSync(drawElsewhere, { force: true });
      restore();
    },
  };
}

/** Starts a command on a port that is in use. */
async function takePort(random: () => number): Promise<Outcome> {
  const command = oneOf(['servers/main.ts', 'servers/chat-main.ts', 'bench/classroom/main.ts'], random);
  const other = createServer();
  await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
  const { port } = other.address() as { port: number };
  const noOpen = command.startsWith('bench') ? ['--no-open'] : [];
  const args = [...runsTypeScript, command, '--port', `${port}`, ...noOpen];
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const limits = { timeout: 60_000, killSignal: 'SIGKILL' } as const;
  const { exitCode, stderr } = await new Promise<{ exitCode: number | string; stderr: string }>((ended) => {
    execFile(process.execPath, args, { cwd, ...limits }, (error, _stdout, stderr) =>
      ended({ exitCode: error ? (error.code ?? error.signal ?? 'none') : 0, stderr }),
    );
  });
  other.close();
  // The classroom needs several consecutive ports, and may find another of them in use.
  const isExplained = /port \d+ is in use/.test(stderr) && stderr.includes('--port');
  const sentence = `exit code ${exitCode}; its last lines: ${stderr.trim().slice(-300)}`;
  const problems: Problem[] = exitCode === 3 && isExplained ? [] : [{ failing: 'exit code', sentence }];
  return { says: `${command} with a port in use`, struck: true, exitCode, problems, reasons: [] };
}

/** Mounts a file system at a folder. */
function mount(folder: string, options: string) {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  return {
    makeReadOnly: () => execFileSync('mount', ['-o', 'remount,ro', folder], { stdio: 'ignore' }),
    // Lazily: a process may still draw a report there.
    unmount: () => execFileSync('umount', ['-l', folder]),
  };
}

let mountable: boolean | undefined;

/** Whether this process may mount a file system. Root in a container may not. */
function canMount(): boolean {
  if (mountable !== undefined) return mountable;
  const folder = mkdtempSync(join(tmpdir(), 'lab-mount-'));
  try {
    mount(folder, 'size=4k').unmount();
    mountable = true;
  } catch {
    mountable = false;
  }
  rmdirSync(folder);
  return mountable;
}

function within(low: number, high: number, random: () => number): number {
  return Math.round(low + random() * (high - low));
}

function oneOf<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)] as Item;
}
