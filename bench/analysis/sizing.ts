import { median } from 'simple-statistics';
import { table } from '../figures/markdown.ts';
import type { Fit, Result, Trial } from '../result.ts';
import { NotEnough } from './figures.ts';
import { threeDigits, whole } from './writing.ts';

/**
 * Predicts servers, memory and bandwidth for more clients than one machine can hold. This is arithmetic on
 * costs that were measured with a few hundred clients: a starting point for a plan, not a result.
 */

/** The assumed load and limits: choices, not measurements. */
export const wanted = {
  ratePerSecond: 0.5,
  intervalMs: 1000,
  /** A pushed message reaches the last client within this time. */
  withinMs: 1000,
  /** Share of a core that may be in use, averaged over time. */
  busyShare: 0.5,
  /** Linux gives out the ports 32768 to 60999: so many connections of one address to one server. */
  clientsPerAgent: 28_232,
} as const;

/** A measured cost, with its interval if it was fitted. */
export type Measured = {
  name: string;
  value: number;
  low?: number;
  high?: number;
  unit: string;
  source: string;
};

/** The costs in the arithmetic. */
export type SizingCosts = Record<
  | 'push'
  | 'poll'
  | 'batched'
  | 'pushMemory'
  | 'pollMemory'
  | 'pushBytes'
  | 'pollBytes'
  | 'pushClient'
  | 'pollClient',
  Measured
>;

/** The resources for a number of clients. `low` and `high` come from the ends of the fits' intervals. */
export type Sizing = {
  clients: number;
  transport: 'push' | 'short-poll';
  servers: { count: number; low: number; high: number; arithmetic: string };
  agents: { count: number; arithmetic: string };
  memoryBytes: number;
  bitsPerSecond: number;
};

/** The measured part of a client’s memory: without the process, the kernel and TLS. */
const memoryUnit = 'bytes in the server (heap and buffers, plaintext)';

/** Takes the costs from a result. Throws `NotEnough` where `break-even` or `idle-cost` is missing. */
export function sizingCosts({ fits, trials }: Result): SizingCosts {
  const fitted = (name: string): Measured => {
    const fit: Fit | undefined = fits.find((one) => one.experiment === 'break-even' && one.name === name);
    if (!fit) throw new NotEnough(`The result has no fitted cost "${name}": run the experiment break-even`);
    const { title, value, low, high } = fit;
    return {
      name: title,
      value,
      low,
      high,
      unit: 'µs of server CPU',
      source: `fit to ${fit.n} trials`,
    };
  };
  const seen = (
    name: string,
    unit: string,
    of: (trial: Trial) => number | undefined,
    ofPoll = false,
  ): Measured => {
    const idle = trials.filter(
      ({ experiment, transport, status, parameters }) =>
        experiment === 'idle-cost' &&
        status === 'ok' &&
        (ofPoll
          ? transport === 'short-poll' && parameters.intervalMs === wanted.intervalMs
          : transport === 'push'),
    );
    const values = idle.flatMap((trial) => of(trial) ?? []);
    if (values.length === 0)
      throw new NotEnough(`The result has no trial for ${name}: run the experiment idle-cost`);
    return {
      name,
      value: median(values),
      unit,
      source: `${idle[0]?.clients.count} clients, ${values.length === 1 ? '1 run' : `median of ${values.length} runs`}`,
    };
  };
  const bytes = ({ bytes: { toClients, toServer } }: Trial) => toClients + toServer;
  const usEach = ({ cpuMs }: Trial['clients'], count: number) =>
    cpuMs === null ? undefined : (cpuMs * 1000) / count;
  return {
    push: fitted('push'),
    poll: fitted('poll/express'),
    batched: fitted('batched/express'),
    pushMemory: seen(
      'server memory per push client',
      memoryUnit,
      ({ server }) => server.memoryPerClientBytes,
    ),
    pollMemory: seen(
      'server memory per polling client',
      memoryUnit,
      ({ server }) => server.memoryPerClientBytes,
      true,
    ),
    pushBytes: seen('bytes per pushed message', 'bytes', (trial) => bytes(trial) / trial.messages.delivered),
    pollBytes: seen(
      'bytes per poll and response',
      'bytes',
      (trial) => bytes(trial) / trial.requests.total,
      true,
    ),
    pushClient: seen('client CPU per pushed message', 'µs of client CPU', ({ clients, messages }) =>
      usEach(clients, messages.delivered),
    ),
    pollClient: seen(
      'client CPU per poll',
      'µs of client CPU',
      ({ clients, requests }) => usEach(clients, requests.total),
      true,
    ),
  };
}

/** Resources for push and for a short poll. Each server and each agent is a process with its own core. */
export function sizingsOf(costs: SizingCosts, clients: number): Sizing[] {
  const { ratePerSecond, intervalMs, withinMs, busyShare } = wanted;
  const pollsPerSecond = 1000 / intervalMs;
  /** Cores for work of `us` microseconds per client and second. */
  const cores = (us: number) => (clients * us) / 1e6 / busyShare;
  const pushCores = (us: number) => Math.max(cores(ratePerSecond * us), (clients * us) / 1000 / withinMs);
  const pollCores = (poll: number, batched: number) => cores(pollsPerSecond * poll + ratePerSecond * batched);
  const { push, poll, batched } = costs;
  const of = (end: 'value' | 'low' | 'high', cost: Measured) => cost[end] ?? cost.value;
  const atLeastOne = (count: number) => Math.max(1, Math.ceil(count));
  const crowd = whole(clients);
  return [
    {
      clients,
      transport: 'push',
      servers: {
        count: atLeastOne(pushCores(push.value)),
        low: atLeastOne(pushCores(of('low', push))),
        high: atLeastOne(pushCores(of('high', push))),
        arithmetic: `${crowd} × ${threeDigits(push.value)} µs ÷ ${withinMs / 1000} s`,
      },
      agents: agentsOf(clients, ratePerSecond, costs.pushClient),
      memoryBytes: clients * costs.pushMemory.value,
      bitsPerSecond: clients * ratePerSecond * costs.pushBytes.value * 8,
    },
    {
      clients,
      transport: 'short-poll',
      servers: {
        count: atLeastOne(pollCores(poll.value, batched.value)),
        low: atLeastOne(pollCores(of('low', poll), of('low', batched))),
        high: atLeastOne(pollCores(of('high', poll), of('high', batched))),
        arithmetic: `${crowd} × (${pollsPerSecond}/s × ${threeDigits(poll.value)} µs + ${ratePerSecond}/s × ${threeDigits(batched.value)} µs) ÷ ${busyShare}`,
      },
      agents: agentsOf(clients, pollsPerSecond, costs.pollClient),
      memoryBytes: clients * costs.pollMemory.value,
      bitsPerSecond: clients * pollsPerSecond * costs.pollBytes.value * 8,
    },
  ];
}

/** CPU or ports limit an agent, whichever is reached first. */
function agentsOf(clients: number, perSecond: number, { value }: Measured): Sizing['agents'] {
  const { busyShare, clientsPerAgent } = wanted;
  const byProcessor = (clients * perSecond * value) / 1e6 / busyShare;
  const byPorts = clients / clientsPerAgent;
  return {
    count: Math.ceil(Math.max(byProcessor, byPorts)),
    arithmetic:
      byProcessor > byPorts
        ? `${whole(clients)} × ${perSecond}/s × ${threeDigits(value)} µs ÷ ${busyShare}`
        : `${whole(clients)} ÷ ${whole(clientsPerAgent)} ports`,
  };
}

/** Two tables in Markdown: the measured costs, and the sizes calculated from them. */
export function writeSizing(result: Result, crowds: readonly number[]): string {
  const costs = sizingCosts(result);
  const measured = Object.values(costs).map(({ name, value, low, high, unit, source }) => [
    name,
    `${threeDigits(value)} ${unit}`,
    low === undefined || high === undefined ? '' : `${threeDigits(low)} to ${threeDigits(high)}`,
    source,
  ]);
  const calculated = crowds
    .flatMap((clients) => sizingsOf(costs, clients))
    .map(({ clients, transport, servers, agents, memoryBytes, bitsPerSecond }) => [
      whole(clients),
      transport === 'push' ? 'push' : `poll every ${wanted.intervalMs / 1000} s`,
      `${servers.count} (${servers.low} to ${servers.high}) = ${servers.arithmetic}`,
      `${agents.count} = ${agents.arithmetic}`,
      `${threeDigits(memoryBytes / 1024 ** 3)} GiB = ${whole(clients)} × ${whole(memoryBytes / clients)} B`,
      `${threeDigits(bitsPerSecond / 1e6)} Mbit/s = ${whole(clients)} × ${threeDigits(bitsPerSecond / clients / 8)} B/s × 8`,
    ]);
  return [
    `Measured (${result.environment.cpu}, ${result.environment.cores} cores, profile ${result.lab.profile}):`,
    table(['cost', 'value', '95% interval', 'measured with'], measured),
    `Calculated, not measured: ${wanted.ratePerSecond} messages per second to every client, a pushed message within ${wanted.withinMs / 1000} s, cores at most ${100 * wanted.busyShare}% busy. Each server and each load-generator agent is a process with its own core. TCP and IP headers come on top. Memory is heap and buffers for plaintext: the process, the kernel and TLS use several times as much. A cost whose interval reaches below 0 may be 0. Every plan has at least 1 server.`,
    table(
      [
        'clients',
        'transport',
        'servers',
        'agents',
        'server memory (heap and buffers, plaintext)',
        'bandwidth',
      ],
      calculated,
    ),
  ].join('\n\n');
}
