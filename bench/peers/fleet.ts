import { nowMs } from '../../servers/meter/clock.ts';
import type { Measured } from '../analysis/peers.ts';
import { until } from '../harness/process-meter.ts';
import { Contender, type Program, programOf, serverOf } from './contender.ts';
import { type Contest, entering } from './contest.ts';

/**
 * The fleet: what a simulated client costs, so that it is the server that a trial measures. All of them hang
 * on one of the lab's own servers, and each is a program of its own.
 */
const crowd = 500;
const idleCrowd = 10_000;
const messagesPerSecond = 20;
const windowMs = 1500;
const polling = { clients: 100, intervalMs: 25 };

type Receiving = { name: string; program(url: string, clients: number): Program['program'] };

/** A program in `clients/`. Its arguments are the URL, the number of clients, and `more`. */
const receiving = (name: string, file: string, ...more: string[]): Receiving => ({
  name,
  program: (url, clients) => programOf(`./clients/${file}`, url, `${clients}`, ...more),
});

const pushed = [
  receiving('push client', 'ours.ts', 'push'),
  receiving('bare net', 'net.js'),
  receiving('ws client', 'ws.js'),
  receiving('Artillery', 'artillery.js'),
];

const everyMs = `${polling.intervalMs}`;
const polled = [
  receiving('short-poll client', 'ours.ts', 'short-poll', everyMs),
  receiving('undici', 'undici.js', everyMs),
  receiving('autocannon', 'autocannon.js', everyMs),
];

/** The contest. The idle crowd is left out where a process may not open so many files. */
export function fleet({ clientsMax }: { clientsMax: number }): Contest {
  const turns = clientsMax >= idleCrowd ? [receive, stayIdle] : [receive];
  return {
    name: 'fleet',
    // Every program is a new one in every round, and warms up within it.
    enter: [
      ...pushed.map((one) => entering(one.name, ...turns.map((turn) => () => turn(one)))),
      ...polled.map((one) => entering(one.name, () => ask(one))),
    ],
  };
}

/** Messages to some hundred clients: what one costs its receiver, and how fast they connect. */
function receive(one: Receiving): Promise<Measured[]> {
  return beside('push', one, crowd, async ({ server, program }) => {
    const beganMs = nowMs();
    await connect(program);
    const perSecond = (crowd * 1000) / (nowMs() - beganMs);
    await play(server, 500);
    const [countBefore, cpuBefore] = [await countOf(program), program.cpuMs];
    await play(server, windowMs);
    const [count, cpuMs] = [(await countOf(program)) - countBefore, program.cpuMs - cpuBefore];
    const due = crowd * Math.round((windowMs / 1000) * messagesPerSecond);
    if (count !== due) throw new Error(`${one.name} received ${count} of ${due} messages`);
    return [
      { case: 'push', quantity: 'client CPU per message', value: (cpuMs * 1000) / count },
      { case: 'push', quantity: 'connects per second', value: perSecond },
    ];
  });
}

/** Ten thousand clients to whom nothing happens: the memory that one of them takes, on both sides. */
function stayIdle(one: Receiving): Promise<Measured[]> {
  return beside('push', one, idleCrowd, async ({ server, program }) => {
    const before = { client: program.memoryBytes, server: server.memoryBytes };
    await connect(program);
    await until(nowMs() + 1000);
    const each = (bytes: number) => bytes / idleCrowd / 1000;
    return [
      {
        case: '10,000 idle',
        quantity: 'client memory per idle client',
        value: each(program.memoryBytes - before.client),
      },
      {
        case: '10,000 idle',
        quantity: 'server memory per idle client',
        value: each(server.memoryBytes - before.server),
      },
    ];
  });
}

/** A hundred clients that ask together, four thousand times a second in all: what one poll costs whoever asks. */
function ask(one: Receiving): Promise<Measured[]> {
  return beside('short-poll', one, polling.clients, async ({ program }) => {
    await connect(program);
    await until(nowMs() + 1000);
    const [countBefore, cpuBefore] = [await countOf(program), program.cpuMs];
    await until(nowMs() + 2000);
    const [count, cpuMs] = [(await countOf(program)) - countBefore, program.cpuMs - cpuBefore];
    return [{ case: 'short poll', quantity: 'client CPU per poll', value: (cpuMs * 1000) / count }];
  });
}

/** Starts a server and a program that is to hang on it, and ends both whatever happens. */
async function beside(
  transport: 'push' | 'short-poll',
  { name, program: programFor }: Receiving,
  members: number,
  measure: (pair: { server: Contender; program: Contender }) => Promise<Measured[]>,
): Promise<Measured[]> {
  const server = new Contender({ name: 'the server', program: serverOf('ours.ts', transport, 'http') });
  let program: Contender | undefined;
  try {
    const url = `${transport === 'push' ? 'ws' : 'http'}://127.0.0.1:${await server.port()}`;
    program = new Contender({ name, program: programFor(url, members) });
    await program.readLine();
    return await measure({ server, program });
  } finally {
    await Promise.all([server.stop(), program?.stop()]);
  }
}

async function connect(program: Contender): Promise<void> {
  program.writeLines(['connect']);
  await program.readLine();
}

async function countOf(program: Contender): Promise<number> {
  program.writeLines(['count']);
  return Number(await program.readLine());
}

/** The server sends messages; then there is time for all clients to receive them. */
async function play(server: Contender, durationMs: number): Promise<void> {
  await server.play({ bodyBytes: 200, turnsPerSecond: messagesPerSecond }, durationMs);
  await until(nowMs() + 200);
}
