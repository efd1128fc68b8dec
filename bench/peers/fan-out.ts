import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nowMs } from '../../servers/meter/clock.ts';
import { quantileOf } from '../analysis/peers.ts';
import type { Child } from '../harness/child.ts';
import { until } from '../harness/process-meter.ts';
import type { AudienceHandlers } from './audience-process.ts';
import { Contender, programOf } from './contender.ts';
import type { Contest, Entered } from './contest.ts';
import type { Language } from './languages.ts';
import { messageLine } from './message-line.ts';

/**
 * Fan-out: what one delivery costs the server when a thousand clients are told the same. Every contender is
 * given the same lines at the same instants, and its audience is the same bare sockets.
 */
const members = 1000;
const windowMs = 1500;

type Case = { name: string; perTurn: number; bodyBytes: number; turnsPerSecond: number };

const cases: Case[] = [
  { name: 'one message per turn', perTurn: 1, bodyBytes: 200, turnsPerSecond: 20 },
  { name: 'bursts of ten', perTurn: 10, bodyBytes: 200, turnsPerSecond: 2 },
  { name: '16 KiB', perTurn: 1, bodyBytes: 16 * 1024, turnsPerSecond: 4 },
];

/** What goes before each: the connections are new. */
const warmUp: Case = { name: 'warm-up', perTurn: 1, bodyBytes: 200, turnsPerSecond: 20 };
const warmUpMs = 400;

/** A server that takes part: what it wants to hear, and how it is started. */
export type Fanning = {
  name: string;
  language: Language;
  program: readonly [string, string[]];
  /** Where the program runs. Default: where this one does. */
  folder?: string;
};

/** Servers that push over WebSocket: the lab's, with less memory per client, and a plain one. */
export const pushServers: readonly Fanning[] = [
  { name: 'push', language: 'lab-websocket', program: programOf('./servers/ours.ts', '0', 'push') },
  {
    name: 'WebSocket by hand',
    language: 'lab-websocket',
    program: programOf('./servers/raw-web-socket.ts', '0'),
  },
  { name: 'ws loop', language: 'websocket', program: programOf('./servers/ws-loop.js') },
];

const contenders: readonly Fanning[] = [
  ...pushServers,
  { name: 'SSE', language: 'lab-sse', program: programOf('./servers/ours.ts', '0', 'sse', 'http') },
  { name: 'TCP push', language: 'tcp-push', program: programOf('./servers/ours.ts', '0', 'tcp-push') },
  { name: 'bare TCP loop', language: 'tcp', program: programOf('./servers/tcp-loop.js') },
  { name: 'websocket library', language: 'websocket', program: programOf('./servers/websocket-library.js') },
  { name: 'Socket.IO', language: 'socket.io', program: programOf('./servers/socket-io.js') },
  { name: 'better-sse', language: 'sse', program: programOf('./servers/better-sse.js') },
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
export function fanOut(audience: Child<AudienceHandlers>, others: readonly Fanning[] = []): Contest {
  return {
    name: 'fan-out',
    practisedTurns: 1,
    enter: [...contenders, ...bun(), ...others].map((fanning) => () => enter(audience, fanning)),
  };
}

async function enter(
  audience: Child<AudienceHandlers>,
  { name, language, program, folder }: Fanning,
): Promise<Entered> {
  const contender = new Contender(name, ...program, folder);
  const port = Number(await contender.hear());
  if (!(port > 0)) throw new Error(`${name} did not print its port first`);
  return {
    name,
    end: () => contender.end(),
    turns: cases.map((one) => async () => {
      try {
        await audience.call('gather', { language, port, members });
        await until(nowMs() + 200);
        await play(audience, contender, warmUp, warmUpMs);
        const { cpuMs, messages, lastMs } = await play(audience, contender, one, windowMs);
        const value = (cpuMs * 1000) / (messages * members);
        return [
          { case: one.name, quantity: 'server CPU per delivery', value },
          { case: one.name, quantity: 'last client, p99', value: quantileOf(lastMs, 0.99) },
        ];
      } finally {
        await audience.call('leave', undefined);
      }
    }),
  };
}

/** Says all lines of a window at their instants, and waits until everybody has heard all of them. */
async function play(
  audience: Child<AudienceHandlers>,
  contender: Contender,
  { perTurn, bodyBytes, turnsPerSecond }: Case,
  durationMs: number,
): Promise<{ cpuMs: number; messages: number; lastMs: number[] }> {
  await audience.call('forget', undefined);
  const turns = Math.max(1, Math.round((durationMs / 1000) * turnsPerSecond));
  const startMs = nowMs() + 30;
  const saidMs: number[] = [];
  const before = contender.cpuMs;
  for (let turn = 0; turn < turns; turn += 1) {
    await until(startMs + (turn * 1000) / turnsPerSecond);
    const lines = Array.from({ length: perTurn }, (_, index) =>
      messageLine(turn * perTurn + index + 1, nowMs(), bodyBytes),
    );
    contender.say(lines);
    for (const _ of lines) saidMs.push(nowMs());
  }
  const messages = turns * perTurn;
  const heard = await audience.call('hearOut', { messages, limitMs: 10_000 });
  // What a server does after it has written, such as taking back its buffers, is part of the price.
  await until(nowMs() + 50);
  const cpuMs = contender.cpuMs - before;
  const wrong = heard.received.filter((count) => count !== messages).length;
  if (wrong > 0)
    throw new Error(
      `${contender.name}: ${wrong} of ${members} clients did not receive exactly ${messages} messages`,
    );
  return { cpuMs, messages, lastMs: heard.lastAtMs.map((atMs, index) => atMs - (saidMs[index] as number)) };
}
