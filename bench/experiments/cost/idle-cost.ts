import { figuresOf, lanesOf, named, type Quantity, quotient } from '../../analysis/figures.ts';
import { longPollRequestsPerSecond, shortPollRequestsPerSecond } from '../../analysis/models.ts';
import {
  type Digits,
  significant,
  whole,
  withRange,
  writeKiB,
  writeMedian,
  writeMs,
  writePercent,
} from '../../analysis/statistics.ts';
import {
  emptyShare,
  memoryPerClientKiB,
  requestsPerMessage,
  requestsPerSecond,
  serverCpuPerSecond,
} from '../../analysis/trial-quantities.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../../experiment.ts';
import type { Trial } from '../../result.ts';

const ratePerSecond = 0.5;
/** An interval at which a page looks alive. */
const intervalMs = 1000;

/** Whole message periods and whole poll intervals: three messages, and as many polls as belong to them. */
const durationMs = 6000;

const pushKinds = ['push', 'sse', 'tcp-push', 'notify', 'long-poll'] as const;
const sizes = {
  quick: {
    repeats: 1,
    clients: 200,
    transports: ['push'],
  },
  default: {
    repeats: 1,
    clients: 500,
    transports: ['push', 'sse', 'long-poll'],
  },
  full: {
    repeats: 5,
    clients: 500,
    transports: pushKinds,
  },
} as const;

export const idleCost: Experiment = {
  text: {
    id: 'idle-cost',
    title: 'Idle clients',
    claim: 'A push client doesn’t have to request anything',
    question: 'What does an idle client cost?',
    prediction: {
      choices: [
        {
          text: 'Push costs nothing: idle connections are free.',
          why: 'An idle connection costs no work, but it uses server memory while it is open.',
        },
        {
          text: 'Push costs memory; a short poll costs work for every request.',
          why: 'A polling client that keeps its connection open between two polls costs memory as well.',
        },
        {
          text: 'An idle client costs nothing: without messages, the server has no work.',
          why: 'A polling client sends its requests even when there are no messages. The server has to respond to every request.',
        },
        {
          text: 'Long polling costs most: it keeps a connection open and sends requests too.',
          why: 'A long poll sends one request per message or timeout. While the long poll waits, it costs one idle connection and one pending request.',
        },
      ],
      right: 1,
    },
    howToRead:
      'All clients wait for the same few messages. Each panel shows one cost; a shorter bar is cheaper. The marker is the prediction of the model.',
    why: 'N clients with a poll interval of T send N/T requests per second, with or without messages. Push and long poll send nothing until there is a message. Instead, each client costs memory: a socket, its buffers and, for a long poll, a pending request.',
    caveat:
      'Memory is the server’s heap and buffers per client, after a garbage collection. The kernel needs additional memory for each socket, equally much for all connected clients. Short polls here keep their connection open between polls, as browsers do.',
  },

  rule: 'The claim holds if push clients sent no request for their messages, in every run. Otherwise the claim does not hold. CPU and memory are measured too, but are not part of the claim.',

  plan(profile) {
    const { repeats, clients, transports } = sizes[profile];
    const groups: GroupPlan[] = [
      ...transports.map((transport) => ({ transport, clients })),
      { transport: 'short-poll', clients, intervalMs },
    ];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const group of groups)
        trials.push({
          groups: [group],
          schedule: { kind: 'periodic', ratePerSecond },
          durationMs,
          repeat,
          measureMemory: true,
        });
    return { trials };
  },

  figures({ trials }) {
    const own = lanesOf(trials).flatMap((lane) => figuresOf(lane, ...quantities));
    const [poll, push] = [named(own, `serverCpu/${polls}`), named(own, 'serverCpu/push')];
    return [...own, quotient('serverCpuTimes', 'server CPU, 1 s poll ÷ push', poll, push)];
  },

  judge(figures) {
    const [asksOfPush, asksOfPoll, cpuOfPush, cpuOfPoll, memoryOfPush, memoryOfPoll, empty, clients, model] =
      figures.need(
        'No usable pair of a push trial and a poll trial',
        'requestsPerMessage/push',
        `requestsPerMessage/${polls}`,
        'serverCpu/push',
        `serverCpu/${polls}`,
        'memory/push',
        `memory/${polls}`,
        `emptyShare/${polls}`,
        `clients/${polls}`,
        `modelRequests/${polls}`,
      );
    const ofLongPoll = figures.get('modelRequests/long-poll');
    return {
      verdict: asksOfPush.high === 0 ? 'holds' : 'does not hold',
      sentence: [
        `Push clients sent ${withRange(asksOfPush, significant)} requests per message, clients with one poll per second sent ${withRange(asksOfPoll, significant)}.`,
        `${writeMedian(empty, writePercent)} of the poll responses were empty.`,
        `Push used ${withRange(cpuOfPush, cpu)}, polling ${withRange(cpuOfPoll, writeMs)} (${whole(clients.value)} clients each).`,
        `An idle push client kept ${withRange(memoryOfPush, writeKiB)} of server memory, a polling client ${withRange(memoryOfPoll, writeKiB)} (heap and buffers, plaintext).`,
      ].join(' '),
      model: `requests per second: short poll N/T = ${whole(model.value)}, ${ofLongPoll ? `long poll N·λ = ${whole(ofLongPoll.value)}, ` : ''}push 0`,
    };
  },
};

/** The lane of the polls. */
const polls = `short-poll/${intervalMs}`;

const quantities: Quantity<Trial>[] = [
  ['clients', 'clients', ({ clients }) => clients.count],
  ['requests', 'requests', ({ requests }) => requests.total],
  ['requestsPerSecond', 'requests per second', requestsPerSecond],
  ['requestsPerMessage', 'requests per message', requestsPerMessage],
  ['emptyShare', 'share of empty polls', emptyShare],
  ['serverCpu', 'server CPU', serverCpuPerSecond, 'ms/s'],
  ['memory', 'memory per client', memoryPerClientKiB, 'KiB'],
  ['modelRequests', 'requests per second by the model', modelRequestsPerSecond],
];

/** By the messages that really came: in a short window they are more or fewer than the rate says. */
function modelRequestsPerSecond({
  transport,
  parameters,
  clients,
  appended,
  durationMs,
}: Trial): number | undefined {
  if (parameters.intervalMs === intervalMs) return shortPollRequestsPerSecond(clients.count, intervalMs);
  if (transport !== 'long-poll') return undefined;
  const { schedule, holdMs = 0 } = parameters;
  return clients.count * longPollRequestsPerSecond(schedule, (appended * 1000) / durationMs, holdMs);
}

function cpu(value: number, digits?: Digits): string {
  return `${significant(value, digits)} ms of server CPU per second`;
}
