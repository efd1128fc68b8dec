import { once } from 'node:events';
import { connect } from 'node:net';
import { isProgram } from '../../../servers/commands/begin.ts';
import { begin, command } from '../../../servers/commands/command.ts';
import { Child } from '../child.ts';
import { cpuOf, descriptorsOf, memoryOf } from '../meter.ts';
import type { KnownHandlers } from './known-process.ts';

/**
 * Compares the meters with a process that uses a known amount: `npm run bench:meter`. Exit codes: 0 all readings are
 * within their tolerance; 1 a reading is not; 2 the command line is wrong.
 */

/** A known amount and a reading of it. `tolerance` is a share of the known amount. */
export type Reading = { quantity: string; unit: string; known: number; read: number; tolerance: number };

const burnedMsPerSecond = 200;
const mebi = 2 ** 20;
const heldBytes = 50 * mebi;
const openedFiles = 50;
const sentBytes = 1_234_567;
const limitMs = 10 * 60_000;

/** The share of a page depends on the other processes that use it. */
const withShared = 'memory, with shared pages';

/** On a busy machine the process may not get its CPU before the window ends. */
const trialsOwn = 'CPU, in the window of a trial';

/** Readings that depend on other processes of this machine. */
export const disturbed: readonly string[] = [withShared, trialsOwn];

/** Runs the process twice for that number of seconds, and reads its use. */
export async function calibrate(seconds: number): Promise<Reading[]> {
  const child = new Child<KnownHandlers>('./calibration/known-process.ts');
  try {
    // What runs for the first time takes memory of its own.
    for (let call = 0; call < 5; call += 1) await child.call('hold', { bytes: 0 });
    const pid = child.pid as number;
    const memoryBefore = memoryOf(pid);
    await child.call('hold', { bytes: heldBytes });
    const memory = memoryOf(pid);

    const openBefore = descriptorsOf(pid);
    await child.call('open', { files: openedFiles });
    const open = descriptorsOf(pid) - openBefore;

    const burning = { sliceMs: burnedMsPerSecond / 10, slices: seconds * 10 };
    const cpuBefore = cpuOf(pid);
    const own = await child.call('burn', burning, limitMs);
    const cpu = cpuOf(pid);
    const userMs = cpu.userMs - cpuBefore.userMs;
    const usedMs = userMs + cpu.systemMs - cpuBefore.systemMs;
    const [windowMs] = await Promise.all([
      child.call('meter', { durationMs: seconds * 1000 + 50 }, limitMs),
      child.call('burn', burning, limitMs),
    ]);

    const receivedBytes = await receive(await child.call('listen', { bytes: sentBytes }));
    const sent = await child.call('sentBytes', undefined);
    const reading = (quantity: string, unit: string, known: number, read: number): Reading => {
      return { quantity, unit, known, read, tolerance: unit === 'ms' || unit === 'MiB' ? 0.05 : 0 };
    };
    const grown = (of: 'bytes' | 'ownBytes') => (memory[of] - memoryBefore[of]) / mebi;
    return [
      reading('CPU', 'ms', seconds * burnedMsPerSecond, usedMs),
      reading('CPU, by its own count', 'ms', (own.user + own.system) / 1000, usedMs),
      reading('user CPU, by its own count', 'ms', own.user / 1000, userMs),
      reading(trialsOwn, 'ms', seconds * burnedMsPerSecond, windowMs),
      reading('memory', 'MiB', heldBytes / mebi, grown('ownBytes')),
      reading(withShared, 'MiB', heldBytes / mebi, grown('bytes')),
      reading('open files', '', openedFiles, open),
      reading('bytes, at the client', 'B', sentBytes, receivedBytes),
      reading('bytes, at the server', 'B', sentBytes, sent),
    ];
  } finally {
    await child.stop();
  }
}

/** Whether a reading is within its tolerance. */
export function isWithin({ known, read, tolerance }: Reading): boolean {
  return Math.abs(read - known) <= tolerance * known;
}

async function receive(port: number): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  socket.resume();
  await once(socket, 'close');
  return socket.bytesRead;
}

if (isProgram(import.meta.url)) {
  begin(command('npm run bench:meter --', 'Compares the meters with a process that uses a known amount.'));
  const readings = await calibrate(5);
  for (const reading of readings) {
    const { quantity, unit, known, read } = reading;
    const off = `${read < known ? '' : '+'}${((read / known - 1) * 100).toFixed(2)}%`;
    const digits = reading.tolerance === 0 ? 0 : 1;
    console.log(
      `${isWithin(reading) ? 'ok ' : 'OFF'}  ${quantity.padEnd(28)} ${known.toFixed(digits).padStart(9)} ${unit.padEnd(3)} read ${read.toFixed(digits).padStart(9)} ${unit.padEnd(3)} ${off}`,
    );
  }
  process.exitCode = readings.every(isWithin) ? 0 : 1;
}
