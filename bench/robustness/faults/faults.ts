import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runsTypeScript } from '../../harness/child.ts';
import { type Aftermath, aftermath, type Expectation, type Problem } from './aftermath.ts';
import { type LabRun, type LabSetting, pause, LabRun as Run, sendSignal } from './lab-run.ts';
import { type Part, parts } from './processes.ts';
import { openRelay } from './relay.ts';

/** What came of one fault. `struck` is false where the lab had ended before it could. */
export type Outcome = Aftermath & { says: string; struck: boolean };

/** One kind of fault. All that is random about one is drawn before it begins, so that a seed brings it back. */
export type Fault = {
  kind: string;
  /** Why there can be none of this kind here; `undefined` where there can. */
  missing?(): string | undefined;
  /** Does it to a lab whose folder this is. */
  inject(random: () => number, folder: string): Promise<Outcome>;
};

/** A lab takes about so long. What falls later than its end strikes nobody, and is counted so. */
const labMs = 4000;

const nameOf: Record<Part, string> = {
  coordinator: 'coordinator',
  server: 'server',
  fleet: 'load generator',
  link: 'delay proxy',
};

/** Every kind of fault. */
export const faults: readonly Fault[] = [
  ...(['server', 'fleet', 'link', 'coordinator'] as const).map(kill),
  {
    kind: 'stop and continue a process',
    async inject(random, folder) {
      const part = oneOf(Object.keys(parts) as Part[], random);
      const [afterMs, stoppedMs] = [within(0, labMs, random), within(50, 1500, random)];
      return underFault(
        `the ${nameOf[part]} is stopped for ${stoppedMs} ms, ${afterMs} ms after its start`,
        { folder },
        { isToBeBorne: true },
        async (run) => {
          const pid = await run.partOf(part);
          const struck = await run.signal(part, 'SIGSTOP', afterMs);
          if (!struck || pid === undefined) return false;
          await pause(stoppedMs);
          sendSignal(pid, 'SIGCONT');
          return true;
        },
      );
    },
  },
  {
    kind: 'interrupt',
    async inject(random, folder) {
      const signal = oneOf(['SIGINT', 'SIGTERM'] as const, random);
      const afterMs = within(0, 1.5 * labMs, random);
      return underFault(
        `${signal} to the coordinator, ${afterMs} ms after its start`,
        { folder },
        { otherExitCodes: [130, signal] },
        (run) => run.signal('coordinator', signal, afterMs),
      );
    },
  },
  {
    kind: 'few file descriptors',
    async inject(random, folder) {
      // With some forty Node can't load the lab's files, and says so itself.
      const limit = within(48, 255, random);
      return underFault(
        `${limit} file descriptors from the start`,
        { folder, shell: `ulimit -n ${limit}` },
        { otherExitCodes: [3], remedy: /open files.*ulimit -n/ },
        async () => true,
      );
    },
  },
  {
    kind: 'file descriptors exhausted for a while',
    async inject(random, folder) {
      const part = oneOf(['server', 'fleet', 'link'] as const, random);
      const [atMs, forMs] = [within(300, 2500, random), within(50, 800, random)];
      const env = {
        FAULT_HOG_PART: parts[part],
        FAULT_HOG_AT_MS: `${atMs}`,
        FAULT_HOG_FOR_MS: `${forMs}`,
      };
      return underFault(
        `the ${nameOf[part]} has no file descriptor left for ${forMs} ms, ${atMs} ms after its start`,
        { folder, shell: 'ulimit -n 300', preload: { module: 'hog-descriptors.js', env } },
        {},
        async () => true,
      );
    },
  },
  {
    kind: 'read-only folder',
    missing: () =>
      process.getuid?.() === 0 && !canMount()
        ? 'root can write to every folder, and cannot mount a file system here'
        : undefined,
    async inject(random, folder) {
      const afterMs = within(0, 1.5 * labMs, random);
      const mounted = process.getuid?.() === 0 ? mount(folder, 'size=4m') : undefined;
      try {
        return await underFault(
          `the folder is read-only ${afterMs} ms after the start`,
          { folder },
          { otherExitCodes: [3], remedy: /--out/, drawElsewhere: `${folder}.html` },
          async (run) => {
            await Promise.race([pause(afterMs), run.ended]);
            if (mounted) mounted.makeReadOnly();
            else execFileSync('chmod', ['555', folder]);
            return run.isRunning;
          },
        );
      } finally {
        rmSync(`${folder}.html`, { force: true });
        if (mounted) mounted.unmount();
        else execFileSync('chmod', ['755', folder]);
      }
    },
  },
  {
    kind: 'full disk',
    missing: () =>
      process.getuid?.() === 0 && canMount() ? undefined : 'it needs root, to mount a small disk',
    async inject(random, folder) {
      const kilobytes = 4 * within(1, 60, random);
      const mounted = mount(folder, `size=${kilobytes}k`);
      try {
        return await underFault(
          `a disk of ${kilobytes} KiB`,
          { folder },
          { otherExitCodes: [3], remedy: /--out/, drawElsewhere: `${folder}.html` },
          async () => true,
        );
      } finally {
        rmSync(`${folder}.html`, { force: true });
        mounted.unmount();
      }
    },
  },
  { kind: 'taken port', inject: (random) => takePort(random) },
  {
    kind: 'changed clock',
    async inject(random, folder) {
      const part = oneOf([...(Object.keys(parts) as Part[]), undefined], random);
      const atMs = within(200, labMs, random);
      const stepMs = oneOf([-1, 1], random) * within(100, 7_200_000, random);
      const env = {
        FAULT_CLOCK_PART: part ? parts[part] : '',
        FAULT_CLOCK_AT_MS: `${atMs}`,
        FAULT_CLOCK_STEP_MS: `${stepMs}`,
      };
      return underFault(
        `the wall clock of ${part ? `the ${nameOf[part]}` : 'every process'} is set by ${stepMs} ms, ${atMs} ms after its start`,
        { folder, preload: { module: 'clock-step.js', env } },
        { isToBeBorne: true },
        async () => true,
      );
    },
  },
  {
    kind: 'connections reset',
    async inject(random, folder) {
      const withinMs = within(50, 1000, random);
      const relay = await openRelay(0.2, withinMs, random);
      try {
        return await underFault(
          `20% of all connections are reset within ${withinMs} ms`,
          { folder, preload: { module: 'through-relay.js', env: { FAULT_RELAY_PORT: `${relay.port}` } } },
          { isToBeBorne: true },
          async (run) => {
            await run.ended;
            return relay.counts.resets > 0;
          },
        );
      } finally {
        relay.close();
      }
    },
  },
];

/** kill -9 of one part. */
function kill(part: Part): Fault {
  return {
    kind: `kill -9 of the ${nameOf[part]}`,
    async inject(random, folder) {
      const afterMs = within(0, labMs, random);
      return underFault(
        `the ${nameOf[part]} is killed ${afterMs} ms after its start`,
        { folder },
        part === 'coordinator' ? { otherExitCodes: ['SIGKILL'], mayLeaveHalf: true } : {},
        (run) => run.signal(part, 'SIGKILL', afterMs),
      );
    },
  };
}

/** Runs a lab, does something to it meanwhile, and looks at what is left. */
async function underFault(
  says: string,
  setting: LabSetting,
  expected: Expectation,
  strike: (run: LabRun) => Promise<boolean>,
): Promise<Outcome> {
  const run = new Run(setting);
  const [struck, left] = await Promise.all([strike(run), aftermath(run, setting.folder, expected)]);
  return { says, struck, ...left };
}

/** A command that is told to listen where somebody else does. */
async function takePort(random: () => number): Promise<Outcome> {
  const command = oneOf(['servers/main.ts', 'servers/chat-main.ts', 'bench/classroom/main.ts'], random);
  const other = createServer();
  await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
  const { port } = other.address() as { port: number };
  const noOpen = command.startsWith('bench') ? ['--no-open'] : [];
  const args = [...runsTypeScript, command, '--port', `${port}`, ...noOpen];
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const { exitCode, said } = await new Promise<{ exitCode: number | string; said: string }>((ended) => {
    execFile(
      process.execPath,
      args,
      { cwd, timeout: 60_000, killSignal: 'SIGKILL' },
      (error, _stdout, said) => ended({ exitCode: error ? (error.code ?? error.signal ?? 'none') : 0, said }),
    );
  });
  other.close();
  // The classroom takes several ports in a row, and may find another of them taken as well.
  const isExplained = /port \d+ is in use/.test(said) && said.includes('--port');
  const problems: Problem[] =
    exitCode === 3 && isExplained
      ? []
      : [
          {
            failing: 'exit code',
            sentence: `exit code ${exitCode}; its last lines: ${said.trim().slice(-300)}`,
          },
        ];
  return { says: `${command} with a port in use`, struck: true, exitCode, problems, reasons: [] };
}

/** A file system of its own at a folder. */
function mount(folder: string, options: string) {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  return {
    makeReadOnly: () => execFileSync('mount', ['-o', 'remount,ro', folder], { stdio: 'ignore' }),
    // Lazily: a report may still be drawn there.
    unmount: () => execFileSync('umount', ['-l', folder]),
  };
}

let mountable: boolean | undefined;

/** Whether whoever runs this may mount something. Containers have a root that may not. */
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
