import { linearRegression } from 'simple-statistics';
import type { TransportName } from '../../clients/transports.ts';
import { NotEnough } from '../analysis/findings.ts';
import { freshestIntervalMs } from '../analysis/models.ts';
import { spread, threeDigits, whole, withRange, writeMs } from '../analysis/statistics.ts';
import { type Experiment, type GroupPlan, rotate, type TrialPlan } from '../experiment.ts';

const instantMs = 100;
const sizes = {
  quick: {
    repeats: 1,
    durationMs: 500,
    ratePerSecond: 5,
    clients: { push: [100, 1000] },
  },
  default: {
    repeats: 1,
    durationMs: 1000,
    ratePerSecond: 2,
    clients: { push: [100, 500, 2000], notify: [1000], 'long-poll': [100, 1000] },
  },
  full: {
    repeats: 5,
    durationMs: 2000,
    ratePerSecond: 1,
    clients: {
      push: [100, 1000, 10_000],
      sse: [3000],
      'tcp-push': [3000],
      notify: [1000],
      'long-poll': [100, 500, 2000],
    },
  },
} as const;

export const crowd: Experiment = {
  text: {
    id: 'crowd',
    title: 'The crowd',
    claim: 'Push is real time for everybody at once',
    question: 'One message, many clients: when does the last one get it?',
    prediction: {
      choices: [
        {
          text: 'All at the same moment: push is a broadcast.',
          why: 'There is no broadcast on TCP. The server writes to one socket after the other.',
        },
        {
          text: 'The last client waits for all before it, so its delay grows with the crowd.',
          why: 'A fan-out is serial: with s per delivery the last of N clients waits N·s.',
        },
        {
          text: 'Push breaks down at some thousand connections, because each needs a thread.',
          why: 'One thread with an event loop holds ten thousand sockets. What grows is the time to write to all of them.',
        },
        {
          text: 'Polling scales better: clients come one by one, so nobody waits.',
          why: 'N clients that poll need N/T answers a second. With a capacity of R the freshest they can be is N/R.',
        },
      ],
      right: 1,
    },
    howToRead:
      'Both axes are logarithmic. The delay is that of the slowest clients (99th percentile) as the crowd grows. A straight line that climbs as steeply as the crowd grows means: each further client adds the same wait. The line for short polls is the shortest interval that the server’s measured capacity allows.',
    why: 'Somebody has to be last. The server builds a push frame once and writes it to every socket in turn. A long poll costs more per client: an HTTP answer, and a new request at once from everybody.',
    caveat:
      'All clients live in one process on the same machine; the delay of the last one includes the time that this process takes to read. The server’s own span, from first to last write, is in the table.',
  },

  rule: `Holds when 99 % of the messages reach the largest crowd of push clients within ${instantMs} ms in every run; otherwise "depends", with the number of clients at which the fitted cost per delivery reaches ${instantMs} ms.`,

  plan(profile, machine) {
    const { repeats, durationMs, ratePerSecond, clients } = sizes[profile];
    const groups = Object.entries<readonly number[]>(clients).flatMap(([transport, numbers]) =>
      numbers.map((number): GroupPlan => ({ transport: transport as TransportName, clients: number })),
    );
    const possible = groups.filter((group) => group.clients <= machine.clientsMax);
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const group of rotate(possible, repeat))
        trials.push({ groups: [group], schedule: { kind: 'periodic', ratePerSecond }, durationMs, repeat });
    return { trials, capacity: { connections: 50, durationMs: profile === 'full' ? 3000 : 1000 } };
  },

  judge({ trials, capacities }) {
    const push = trials.filter(({ transport }) => transport === 'push');
    const largest = Math.max(...push.map(({ clients }) => clients.count));
    const atLargest = push.filter(({ clients }) => clients.count === largest);
    const last = spread(atLargest.map(({ delayMs }) => delayMs.p99));
    const perDelivery = spread(
      atLargest.map(({ server, messages }) => (server.cpuMs * 1000) / Math.max(1, messages.delivered)),
    );
    const smallest = Math.min(...push.map(({ clients }) => clients.count));
    if (!last || !perDelivery || smallest === largest)
      throw new NotEnough('There are not two sizes of crowd to compare');

    const line = linearRegression(push.map(({ clients, delayMs }) => [clients.count, delayMs.p99 ?? 0]));
    const reach = (instantMs - line.b) / line.m;
    const capacity = capacities[0]?.requestsPerSecond;
    const polled = capacity
      ? ` Short polls of that crowd cannot be fresher than ${writeMs(freshestIntervalMs(largest, capacity))}: the server answers ${whole(capacity)} polls a second.`
      : '';
    return {
      verdict: last.high <= instantMs ? 'holds' : 'depends',
      sentence:
        `${whole(largest)} push clients had 99 % of their messages within ${withRange(last, writeMs)}, ` +
        `at ${threeDigits(perDelivery.median)} µs of server CPU per delivery; ` +
        `every further thousand clients add ${writeMs(line.m * 1000)}${last.high > instantMs ? `, so ${instantMs} ms are reached at about ${whole(reach)} clients` : ''}.${polled}`,
      evidence: push.map(({ id }) => id),
      model: 'last client: d + N·s',
    };
  },
};
