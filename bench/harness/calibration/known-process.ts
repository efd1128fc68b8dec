import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { nowMs } from '../../../servers/meter/clock.ts';
import { Endpoint } from '../../../servers/meter/endpoint.ts';
import { newTally } from '../../../servers/meter/tally.ts';
import { type Handlers, serveCalls } from '../child.ts';
import { meterWindow } from '../process-meter.ts';

/** A server that uses a given amount of CPU, memory, files and network. */

const held: Buffer[] = [];
let endpoint: Endpoint | undefined;

/** Allocates and keeps bytes, then collects garbage. */
function hold({ bytes }: { bytes: number }): void {
  if (bytes > 0) held.push(Buffer.alloc(bytes, 1));
  globalThis.gc?.();
}

/** Opens files, and keeps them open. */
function open({ files }: { files: number }): void {
  for (let file = 0; file < files; file += 1) openSync(import.meta.filename, 'r');
}

/** Burns a slice of CPU every 100 ms. Returns the CPU used, by its own count. */
async function burn({ sliceMs, slices }: { sliceMs: number; slices: number }): Promise<NodeJS.CpuUsage> {
  const before = process.cpuUsage();
  const usedMs = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const startMs = performance.now();
  for (let slice = 0; slice < slices; slice += 1) {
    while (usedMs() < (slice + 1) * sliceMs) for (let turn = 0; turn < 1e5; turn += 1) Math.sqrt(turn);
    await new Promise((resolve) => setTimeout(resolve, startMs + (slice + 1) * 100 - performance.now()));
  }
  return process.cpuUsage(before);
}

/** Milliseconds of CPU within a window that begins now, as a trial reads them. */
async function meter({ durationMs }: { durationMs: number }): Promise<number> {
  const startMs = nowMs();
  return (await meterWindow(startMs, startMs + durationMs)).cpuMs;
}

/** Listens, and sends bytes to every client. Returns the port. */
async function listen({ bytes }: { bytes: number }): Promise<number> {
  endpoint = new Endpoint(
    createServer((socket) => socket.end(Buffer.alloc(bytes, 'x'))),
    newTally(),
  );
  await endpoint.listen();
  return endpoint.port;
}

/** Bytes to clients, as the servers of the lab count them. */
function sentBytes(): number {
  return endpoint?.bytes.toClients ?? 0;
}

const handlers = { hold, open, burn, meter, listen, sentBytes } satisfies Handlers;

export type KnownHandlers = typeof handlers;

serveCalls(handlers);
