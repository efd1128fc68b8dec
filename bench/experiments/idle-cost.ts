import { NotEnough } from '../analysis/findings.ts';
import { longPollRequestsPerSecond, shortPollRequestsPerSecond } from '../analysis/models.ts';
import {
  type Digits,
  significant,
  spread,
  whole,
  withRange,
  writeBytes,
  writeMedian,
  writeMs,
} from '../analysis/statistics.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../experiment.ts';
import type { Trial } from '../result.ts';

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
          why: 'An idle connection costs no work, but it keeps server memory for as long as it is open.',
        },
        {
          text: 'Push costs memory; a short poll costs work for every request.',
          why: 'That is the trade-off. A client that keeps its connection open between two polls costs the memory as well.',
        },
        {
          text: 'Nobody pays anything: without news there is no work for the server.',
          why: 'A short poll can’t know that there is no news. The client has to send a request, and the server has to respond.',
        },
        {
          text: 'Long polling costs most: it keeps a connection open and sends requests too.',
          why: 'A long poll sends one request per message or timeout. While it waits, it costs one idle connection and one pending request.',
        },
      ],
      right: 1,
    },
    howToRead:
      'All clients wait for the same few messages. Each panel shows one cost; a shorter bar is cheaper. The marker is the prediction of the model.',
    why: 'N clients that poll every T send N/T requests per second, with or without news. Push and long poll send nothing until there is a message. Both cost memory instead: a socket, its buffers and, for a long poll, a pending request.',
    caveat:
      'Memory is the server’s heap and buffers per client, after a garbage collection. The kernel’s memory for a socket comes on top; it is equal for all clients that stay connected. Short polls here keep their connection open between polls, as browsers do.',
  },

  rule: 'The claim holds if push clients sent no request for their messages, in every run. Otherwise it does not hold. CPU and memory are measured too, but are not part of the claim.',

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

  judge({ trials }) {
    const push = trials.filter(({ transport }) => transport === 'push');
    const polls = trials.filter(({ parameters }) => parameters.intervalMs === intervalMs);
    const longPolls = trials.filter(({ transport }) => transport === 'long-poll');
    const pushAsks = spread(push.map(requestsPerMessage));
    const pollAsks = spread(polls.map(requestsPerMessage));
    const pushCpu = spread(push.map(cpuPerSecond));
    const pollCpu = spread(polls.map(cpuPerSecond));
    const pushMemory = spread(push.map(({ server }) => server.memoryPerClientBytes));
    const pollMemory = spread(polls.map(({ server }) => server.memoryPerClientBytes));
    const empty = spread(polls.map(({ requests }) => (100 * requests.empty) / requests.total));
    if (!pushAsks || !pollAsks || !pushCpu || !pollCpu || !pushMemory || !pollMemory || !empty)
      throw new NotEnough('No usable pair of a push trial and a poll trial');

    const clients = polls[0]?.clients.count ?? 0;
    const asked = shortPollRequestsPerSecond(clients, intervalMs);
    const held = spread(longPolls.map(modelRequestsPerSecond));
    return {
      verdict: pushAsks.high === 0 ? 'holds' : 'does not hold',
      sentence: [
        `Push clients sent ${withRange(pushAsks, significant)} requests per message, clients that poll once a second sent ${withRange(pollAsks, significant)}.`,
        `${writeMedian(empty, significant)}% of the poll responses were empty.`,
        `Push used ${withRange(pushCpu, cpu)}, polling ${withRange(pollCpu, writeMs)} (${whole(clients)} clients each).`,
        `An idle push client kept ${withRange(pushMemory, writeBytes)} of server memory, a polling client ${withRange(pollMemory, writeBytes)} (heap and buffers, plaintext).`,
      ].join(' '),
      evidence: [...push, ...polls].map(({ id }) => id),
      model: `requests per second: short poll N/T = ${whole(asked)}, ${held ? `long poll N·λ = ${whole(held.median)}, ` : ''}push 0`,
    };
  },
};

/** By the messages that really came: in a short window they are more or fewer than the rate says. */
function modelRequestsPerSecond({ parameters, clients, appended, durationMs }: Trial): number {
  const { schedule, holdMs = 0 } = parameters;
  return clients.count * longPollRequestsPerSecond(schedule, (appended * 1000) / durationMs, holdMs);
}

/** By the messages that were due in the window, whose requests these are: it holds whole periods of both. */
function requestsPerMessage({ requests, messages }: Trial): number | undefined {
  return messages.expected > 0 ? requests.total / messages.expected : undefined;
}

function cpuPerSecond(trial: Trial): number {
  return (trial.server.cpuMs * 1000) / trial.durationMs;
}

function cpu(value: number, digits?: Digits): string {
  return `${significant(value, digits)} ms of server CPU per second`;
}
