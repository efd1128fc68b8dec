import { linearRegression } from 'simple-statistics';
import type { TransportName } from '../../../clients/transports.ts';
import { defaultLimits } from '../../../servers/guards/limits.ts';
import { fitCosts } from '../../analysis/costs.ts';
import {
  type Figures,
  figuresOf,
  fitted,
  lanesBy,
  NotEnough,
  named,
  type Quantity,
  quotient,
  total,
} from '../../analysis/figures.ts';
import { messagesMin } from '../../analysis/findings.ts';
import { freshestIntervalMs } from '../../analysis/models.ts';
import { significant, whole, withRange, writeKiB, writeMedian, writeMs } from '../../analysis/statistics.ts';
import { memoryPerClientKiB } from '../../analysis/trial-quantities.ts';
import type { Experiment, GroupPlan, Machine, TrialPlan } from '../../experiment.ts';
import type { Fit, Trial } from '../../result.ts';

const instantMs = 100;

/** The verdict rests on this crowd, in every profile. */
const judgedCrowd = 1000;

/** As many push clients as this, or as one server and this machine take, if that is fewer. */
const largestCrowd = 50_000;

/** Connections that a server takes without being told to take more, and what it needs beside the clients'. */
const { connections: connectionsByDefault } = defaultLimits;
const spareConnections = 1000;

/** The largest crowd that a server takes without being told to: what `full` has where nothing else limits it. */
export const crowdByDefault = connectionsByDefault - spareConnections;

const sizes = {
  quick: { repeats: 1, durationMs: 500, clients: { push: [100, judgedCrowd] } },
  default: {
    repeats: 1,
    durationMs: 1000,
    clients: { push: [100, judgedCrowd, 2000], notify: [1000], 'long-poll': [100, 1000] },
  },
  full: {
    repeats: 5,
    durationMs: 2000,
    clients: {
      push: [100, judgedCrowd, 10_000, largestCrowd],
      sse: [3000],
      'tcp-push': [3000],
      notify: [1000],
      'long-poll': [100, 1000, 10_000],
    },
  },
} as const;

/**
 * Time from message to message for each client of the crowd, so that every crowd hears as many deliveries a second
 * and what the server does beside delivering weighs the same in all. Some four times of what a delivery takes both sides.
 */
const apartMsPerClient = (transport: TransportName) => (asks(transport) ? 0.7 : 0.2);

/** Never faster than this. */
const apartMsMin = 50;

/**
 * When servers write their first signs of life: after the window, and before clients take silence for a dead
 * connection (45 s). In a window of three messages one round of pings and their answers weighs as much as both.
 */
const heartbeatMs = 40_000;

/** The most clients in one load generator. A larger crowd has several, as far as there are cores. */
const clientsPerLoadGenerator = 5000;

/** Crowds of this size and above are measured so often only: connecting them takes long. */
const large = { clients: 10_000, repeats: 3 };

export const crowd: Experiment = {
  text: {
    id: 'crowd',
    title: 'The crowd',
    claim: `Push is real time for ${whole(judgedCrowd)} clients at once`,
    question: 'When does the last of many clients get a message?',
    prediction: {
      choices: [
        {
          text: 'Later with each additional client: the server writes to the clients one by one.',
          why: 'Fan-out is serial: if one delivery takes s, the last of N clients waits N·s.',
        },
        {
          text: 'At the same moment as the first client: push is a broadcast.',
          why: 'There is no broadcast on TCP. The server writes to one socket after another.',
        },
        {
          text: 'Never: push fails at a few thousand connections, because each connection needs a thread.',
          why: 'One thread with an event loop serves ten thousand sockets. Only the time to write to all clients grows.',
        },
        {
          text: 'Earlier with polling: requests come one at a time, so no client has to wait.',
          why: 'N clients that poll every T need N/T responses per second. With a capacity of R, the shortest interval is N/R.',
        },
      ],
      right: 0,
    },
    howToRead:
      'Both axes are logarithmic. The latency is the 99th percentile: only 1% of the deliveries took longer. A straight line with slope 1 means that each client adds the same delay. The line for short polls is the shortest interval that the server’s measured capacity allows.',
    why: 'The server builds a push frame once and writes it to one socket after another. A long poll costs more per client: an HTTP response, and then a new request from every client at once.',
    caveat:
      'All clients run on this machine, up to 5,000 in one process. The latency of the last client includes the time that the process needs to read. The time from the server’s first to its last write is in the table. Push clients usually get four heartbeats per minute. Here, all heartbeats are sent after the measurement. With many clients, one round of heartbeats costs more than a message.',
  },

  rule: `The claim holds if 99% of the deliveries to ${whole(judgedCrowd)} push clients take at most ${instantMs} ms, in the median run. Otherwise the claim does not hold.`,

  plan(profile, machine) {
    const { repeats, clients } = sizes[profile];
    const groups = Object.entries<readonly number[]>(clients).flatMap(([transport, numbers]) =>
      numbers.flatMap((number) => groupOf(transport as TransportName, number, machine)),
    );
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const group of groups)
        if (group.clients < large.clients || repeat <= large.repeats)
          trials.push(trialOf(group, sizes[profile].durationMs, repeat, machine));
    const durationMs = profile === 'full' ? 3000 : 1000;
    return { trials, probes: [{ name: 'capacity', connections: 50, durationMs }] };
  },

  fits: ({ trials }) => exponentOf(trials),

  figures({ trials, capacities }) {
    const push = trials
      .filter(({ transport }) => transport === 'push')
      .sort((a, b) => a.clients.count - b.clients.count);
    const crowds = lanesBy(push, ({ clients }) => `push/${clients.count}`);
    const own = crowds.flatMap((lane) => figuresOf(lane, ...quantities));
    const [smallest, largest] = [crowds[0], crowds.at(-1)].map((lane) => named(own, `p99/${lane?.name}`));
    return [
      ...own,
      largest === smallest
        ? undefined
        : quotient('p99Times', '99th percentile of push, largest crowd ÷ smallest crowd', largest, smallest),
      ...growthOf(push),
      ...exponentOf(trials).map((fit) => fitted(fit.name, fit.title, fit, push.filter(isLarge))),
      ...figuresOf({ runs: capacities.slice(0, 1) }, [
        'pollCapacity',
        'poll responses per second',
        (capacity) => capacity.requestsPerSecond,
      ]),
    ];
  },

  judge(figures) {
    const crowds = figures.under('clients/push').map(({ value }) => value);
    const [smallest = 0, largest = 0] = [crowds[0], crowds.at(-1)];
    const few = `Nothing to compare: expected a trial with ${whole(judgedCrowd)} clients and a trial with fewer clients`;
    if (smallest === judgedCrowd) throw new NotEnough(few);
    const [late, lateInSmallest, lateInLargest] = figures.need(
      few,
      `p99/push/${judgedCrowd}`,
      `p99/push/${smallest}`,
      `p99/push/${largest}`,
    );
    return {
      verdict: late.value <= instantMs ? 'holds' : 'does not hold',
      sentence: [
        `99% of the deliveries to ${whole(judgedCrowd)} push clients took at most ${withRange(late, writeMs)}, to ${whole(smallest)} clients at most ${withRange(lateInSmallest, writeMs)}.`,
        largest > judgedCrowd
          ? `To ${whole(largest)} clients, 99% took at most ${withRange(lateInLargest, writeMs)}.`
          : '',
        growthSentence(figures),
        priceSentence(figures, largest),
        exponentSentence(figures),
        capacitySentence(figures, largest),
      ]
        .filter(Boolean)
        .join(' '),
      model: 'last client: d + N·s',
    };
  },
};

/** Of push clients. */
const quantities: Quantity<Trial>[] = [
  ['clients', 'clients', ({ clients }) => clients.count],
  ['p99', '99th percentile latency', ({ delayMs }) => delayMs.p99, 'ms'],
  ['cpuPerDelivery', 'server CPU per delivery', cpuPerDeliveryUs, 'µs'],
  ['memory', 'memory per client', memoryPerClientKiB, 'KiB'],
];

function cpuPerDeliveryUs({ server, messages }: Trial): number {
  return (server.cpuMs * 1000) / Math.max(1, messages.delivered);
}

/** A line through the 99th percentiles of all crowds, and the crowd at which it reaches the limit, if that is one. */
function growthOf(push: readonly Trial[]) {
  const { m, b } = linearRegression(push.map(({ clients, delayMs }) => [clients.count, delayMs.p99 ?? 0]));
  if (!(m > 0)) return [];
  const limit = (instantMs - b) / m;
  return [
    total('p99PerThousand', '99th percentile latency that 1,000 more clients add', m * 1000, push, 'ms'),
    b < instantMs
      ? total('clientsAtLimit', `clients for a 99th percentile of ${instantMs} ms`, limit, push)
      : undefined,
  ];
}

/** Where the line is at the limit before the first client, the machine was too slow to say how many clients it takes. */
function growthSentence(figures: Figures): string {
  const [added, limit] = [figures.get('p99PerThousand'), figures.get('clientsAtLimit')];
  if (!added) return '';
  const reaches = limit
    ? `, and reaches ${instantMs} ms at about ${significant(limit.value, 2)} clients`
    : '';
  return `A line fitted to the 99th percentiles adds ${writeMs(added.value, 2)} per 1,000 clients${reaches}.`;
}

function priceSentence(figures: Figures, crowd: number): string {
  const perDelivery = figures.get(`cpuPerDelivery/push/${crowd}`);
  const memory = figures.get(`memory/push/${crowd}`);
  if (!perDelivery) return '';
  return `With ${whole(crowd)} clients, a delivery used ${writeMedian(perDelivery, significant)} µs of server CPU${memory ? `. A client used ${writeMedian(memory, writeKiB)} of server memory (heap and buffers, plaintext)` : ''}.`;
}

function exponentSentence(figures: Figures): string {
  const exponent = figures.get('exponent');
  if (!exponent) return '';
  return `From ${whole(powerFromClients)} clients on, server CPU per message grows with the number of clients to the power of ${exponent.value.toFixed(2)} (95%: ${exponent.low.toFixed(2)} to ${exponent.high.toFixed(2)}).`;
}

function capacitySentence(figures: Figures, crowd: number): string {
  const capacity = figures.get('pollCapacity');
  if (!capacity) return '';
  return `The shortest poll interval for ${whole(crowd)} clients is ${writeMs(freshestIntervalMs(crowd, capacity.value), 2)}: the server responds to ${significant(capacity.value, 2)} polls per second.`;
}

/** The clients of one trial, where the machine can hold them; of the largest crowd as many of them as it can. */
function groupOf(transport: TransportName, wanted: number, { clientsMax }: Machine): GroupPlan[] {
  const holds = Math.floor(Math.min(wanted, clientsMax) / 1000) * 1000;
  const clients = wanted === largestCrowd && holds > large.clients ? holds : wanted;
  if (clients > clientsMax) return [];
  const connections = clients + spareConnections;
  const server = { heartbeatMs, ...(connections > connectionsByDefault && { limits: { connections } }) };
  return [{ transport, clients, server }];
}

function trialOf(group: GroupPlan, durationMs: number, repeat: number, { cores }: Machine): TrialPlan {
  const apartMs = Math.max(apartMsMin, group.clients * apartMsPerClient(group.transport));
  const loadGenerators = Math.min(cores, Math.ceil(group.clients / clientsPerLoadGenerator));
  return {
    groups: [group],
    schedule: { kind: 'periodic', ratePerSecond: 1000 / apartMs },
    durationMs: Math.max(messagesMin, Math.ceil(durationMs / apartMs)) * apartMs,
    repeat,
    measureMemory: true,
    ...(loadGenerators > 1 && { loadGenerators }),
  };
}

/**
 * A power is fitted to crowds of this size and above. What a message costs whoever hears it, a turn of the loop
 * and a frame, is as much as some 70 deliveries: in a crowd of 100 it hides how the rest grows. This was decided after a look:
 * with the crowds of 100 the power of that run was 0.88, without them 0.94.
 */
const powerFromClients = 1000;

function isLarge({ transport, clients, server, appended }: Trial): boolean {
  return transport === 'push' && clients.count >= powerFromClients && server.cpuMs > 0 && appended > 0;
}

/** How the server's CPU per message grows with the crowd of push clients: the slope between their logarithms. */
function exponentOf(trials: readonly Trial[]): Omit<Fit, 'experiment'>[] {
  const rows = trials.filter(isLarge).map(({ clients, server, appended }) => ({
    y: Math.log(server.cpuMs / appended),
    x: { exponent: Math.log(clients.count) },
  }));
  if (new Set(rows.map(({ x }) => x.exponent)).size < 2 || rows.length < 3) return [];
  const { costs, n } = fitCosts(rows, ['exponent']);
  return [
    {
      name: 'exponent',
      title: 'exponent with which server CPU per message grows with the number of clients, from 1,000 on',
      unit: '',
      ...costs.exponent,
      n,
    },
  ];
}

/** Whether its clients ask for every message. */
function asks(transport: TransportName): boolean {
  return transport === 'long-poll' || transport === 'notify';
}
