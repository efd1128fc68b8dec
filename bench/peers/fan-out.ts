import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { quantile } from 'simple-statistics';
import { nowMs } from '../../servers/meter/clock.ts';
import { until } from '../harness/process-meter.ts';
import { type Audience, receivedByAll } from './audience.ts';
import { Contender, type Playing, type Program, serverOf } from './contender.ts';
import type { Contest, Entered } from './contest.ts';
import type { Language } from './languages.ts';

/**
 * Fan-out: what one delivery costs the server when a thousand clients are told the same. Every contender is
 * given the same lines at the same instants, and its audience is the same bare sockets.
 */
const members = 1000;
const windowMs = 1500;

const cases: (Playing & { name: string })[] = [
  { name: 'one message per turn', bodyBytes: 200, turnsPerSecond: 20 },
  { name: 'bursts of ten', perTurn: 10, bodyBytes: 200, turnsPerSecond: 2 },
  { name: '16 KiB', bodyBytes: 16 * 1024, turnsPerSecond: 4 },
];

/** What goes before each: the connections are new. */
const warmUp: Playing = { bodyBytes: 200, turnsPerSecond: 20 };
const warmUpMs = 400;

/** A server that takes part: the protocol that it speaks, and how it is started. */
export type Fanning = Program & { language: Language };

/** Servers that push over WebSocket: the lab's, with less memory per client, and a plain one. */
export const pushServers: readonly Fanning[] = [
  { name: 'push', language: 'lab-websocket', program: serverOf('ours.ts', 'push') },
  { name: 'WebSocket by hand', language: 'lab-websocket', program: serverOf('raw-web-socket.ts') },
  { name: 'ws loop', language: 'websocket', program: serverOf('ws-loop.js') },
];

const contenders: readonly Fanning[] = [
  ...pushServers,
  { name: 'SSE', language: 'lab-sse', program: serverOf('ours.ts', 'sse', 'http') },
  { name: 'TCP push', language: 'tcp-push', program: serverOf('ours.ts', 'tcp-push') },
  { name: 'bare TCP loop', language: 'tcp', program: serverOf('tcp-loop.js') },
  { name: 'websocket library', language: 'websocket', program: serverOf('websocket-library.js') },
  { name: 'Socket.IO', language: 'socket.io', program: serverOf('socket-io.js') },
  { name: 'better-sse', language: 'sse', program: serverOf('better-sse.js') },
];

/** Bun, where npm has installed its program for this machine. */
function bun(): Fanning[] {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const [program, script] = [
    `node_modules/@oven/bun-${platform}-${arch}/bin/bun`,
    'servers/bun-publish.js',
  ].map((file) => fileURLToPath(new URL(file, import.meta.url))) as [string, string];
  if (!existsSync(program)) return [];
  return [{ name: 'Bun’s publish', language: 'websocket', program: [program, [script, '0']] }];
}

/** The contest, with those who were named on the command line beside the known ones. */
export function fanOut(audience: Audience, others: readonly Fanning[] = []): Contest {
  return {
    name: 'fan-out',
    practisedTurns: 1,
    enter: [...contenders, ...bun(), ...others].map((fanning) => () => enter(audience, fanning)),
  };
}

async function enter(audience: Audience, { language, ...program }: Fanning): Promise<Entered> {
  const contender = new Contender(program);
  const port = await contender.port();
  return {
    name: program.name,
    end: () => contender.stop(),
    turns: cases.map((one) => async () => {
      try {
        await audience.call('connectAll', { language, port, members });
        await until(nowMs() + 200);
        await play(audience, contender, warmUp, warmUpMs);
        const { cpuMs, lastMs } = await play(audience, contender, one, windowMs);
        const value = (cpuMs * 1000) / (lastMs.length * members);
        return [
          { case: one.name, quantity: 'server CPU per delivery', value },
          { case: one.name, quantity: 'last client, p99', value: quantile(lastMs, 0.99) },
        ];
      } finally {
        await audience.call('disconnectAll', undefined);
      }
    }),
  };
}

/** Sends all messages of a window, and waits until all clients have them. `lastMs`: the latency of each message at the last client. */
async function play(
  audience: Audience,
  contender: Contender,
  playing: Playing,
  durationMs: number,
): Promise<{ cpuMs: number; lastMs: number[] }> {
  await audience.call('reset', undefined);
  const startMs = nowMs() + 30;
  const before = contender.cpuMs;
  const sentMs = await contender.play(playing, durationMs, startMs);
  const lastAtMs = await receivedByAll(audience, contender, sentMs.length);
  // What a server does after it has written, such as taking back its buffers, is part of the price.
  await until(nowMs() + 50);
  const cpuMs = contender.cpuMs - before;
  return { cpuMs, lastMs: lastAtMs.map((atMs, index) => atMs - (sentMs[index] as number)) };
}
