import { nowMs } from '../../servers/meter/clock.ts';
import type { Measured } from '../analysis/peers.ts';
import { until } from '../harness/process-meter.ts';
import { Contender, programOf } from './contender.ts';
import type { Contest, Entered } from './contest.ts';
import { messageLine } from './message-line.ts';

/**
 * The fleet: what a simulated client costs, so that it is the server that a trial measures. All of them hang
 * on one of the lab's own servers, and each is a program of its own.
 */
const crowd = 500;
const idleCrowd = 10_000;
const messagesPerSecond = 20;
const windowMs = 1500;
const polling = { clients: 100, intervalMs: 25 };

type Receiving = { name: string; program: (url: string, clients: number) => readonly [string, string[]] };

const pushed: Receiving[] = [
  {
    name: 'push client',
    program: (url, clients) => programOf('./clients/ours.ts', url, `${clients}`, 'push'),
  },
  { name: 'bare net', program: (url, clients) => programOf('./clients/net.js', url, `${clients}`) },
  { name: 'ws client', program: (url, clients) => programOf('./clients/ws.js', url, `${clients}`) },
  { name: 'Artillery', program: (url, clients) => programOf('./clients/artillery.js', url, `${clients}`) },
];

const { clients, intervalMs } = polling;
const polled: Receiving[] = [
  {
    name: 'short-poll client',
    program: (url) => programOf('./clients/ours.ts', url, `${clients}`, 'short-poll', `${intervalMs}`),
  },
  { name: 'undici', program: (url) => programOf('./clients/undici.js', url, `${clients}`, `${intervalMs}`) },
  {
    name: 'autocannon',
    program: (url) => programOf('./clients/autocannon.js', url, `${clients}`, `${intervalMs}`),
  },
];

/** The contest. The idle crowd is left out where a process may not open so many files. */
export function fleet({ clientsMax }: { clientsMax: number }): Contest {
  return {
    name: 'fleet',
    // Every program is a new one in every round, and warms up within it.
    enter: [
      ...pushed.map((receiving) => async (): Promise<Entered> => {
        const turns = [() => receive(receiving)];
        if (clientsMax >= idleCrowd) turns.push(() => stayIdle(receiving));
        return { name: receiving.name, turns, end: async () => {} };
      }),
      ...polled.map((receiving) => async (): Promise<Entered> => {
        return { name: receiving.name, turns: [() => ask(receiving)], end: async () => {} };
      }),
    ],
  };
}

/** Messages to some hundred clients: what one costs its receiver, and how fast they connect. */
function receive(receiving: Receiving): Promise<Measured[]> {
  return beside('push', receiving, crowd, async ({ server, program }) => {
    const beganMs = nowMs();
    await connect(program);
    const perSecond = (crowd * 1000) / (nowMs() - beganMs);
    await play(server, 500);
    const [countBefore, cpuBefore] = [await countOf(program), program.cpuMs];
    await play(server, windowMs);
    const [count, cpuMs] = [(await countOf(program)) - countBefore, program.cpuMs - cpuBefore];
    const due = crowd * Math.round((windowMs / 1000) * messagesPerSecond);
    if (count !== due) throw new Error(`${receiving.name} received ${count} of ${due} messages`);
    return [
      { case: 'push', quantity: 'client CPU per message', value: (cpuMs * 1000) / count },
      { case: 'push', quantity: 'connects per second', value: perSecond },
    ];
  });
}

/** Ten thousand clients to whom nothing happens: the memory that one of them takes, on both sides. */
function stayIdle(receiving: Receiving): Promise<Measured[]> {
  return beside('push', receiving, idleCrowd, async ({ server, program }) => {
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
function ask(receiving: Receiving): Promise<Measured[]> {
  return beside('short-poll', receiving, clients, async ({ program }) => {
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
  const server = new Contender('the server', ...programOf('./servers/ours.ts', '0', transport, 'http'));
  let program: Contender | undefined;
  try {
    const scheme = transport === 'push' ? 'ws' : 'http';
    program = new Contender(name, ...programFor(`${scheme}://127.0.0.1:${await server.hear()}`, members));
    await program.hear();
    return await measure({ server, program });
  } finally {
    await Promise.all([server.end(), program?.end()]);
  }
}

async function connect(program: Contender): Promise<void> {
  program.say(['connect']);
  await program.hear();
}

async function countOf(program: Contender): Promise<number> {
  program.say(['count']);
  return Number(await program.hear());
}

/** Has the server tell everybody one message after the other, and waits until they must have them. */
async function play(server: Contender, durationMs: number): Promise<void> {
  const startMs = nowMs();
  const messages = Math.round((durationMs / 1000) * messagesPerSecond);
  for (let index = 0; index < messages; index += 1) {
    await until(startMs + (index * 1000) / messagesPerSecond);
    server.say([messageLine(index + 1, nowMs(), 200)]);
  }
  await until(nowMs() + 200);
}
