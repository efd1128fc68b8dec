/**
 * Push or polling, and how many servers? Calculates the server load of push and of a short poll from the measured
 * costs of a poll and a pushed message, for a message rate, an acceptable latency and a number of clients. Pure, and
 * light enough to run in a page.
 *
 * The poll interval T is the acceptable latency, because the unluckiest message waits for a whole T. All latencies
 * here leave out the network, which adds the same one-way delay to all transports but long polling.
 */
import { median } from 'simple-statistics';
import { table } from '../figures/markdown.ts';
import type { Fit, Probe, Result, Trial } from '../result.ts';
import { type PollCosts, predictedCpu } from './break-even.ts';
import type { Cost } from './costs.ts';
import { NotEnough } from './figures.ts';
import { ratioByFieller, varianceOf } from './interval.ts';
import { pollIpBytes, pushedIpBytes } from './ip-bytes.ts';
import { emptyPollShare } from './models.ts';
import { threeDigits, whole, writeEnd, writeMs } from './writing.ts';

/** A load: messages per second for each client, the acceptable latency, and the number of clients. */
export type Need = { ratePerSecond: number; ageMaxMs: number; clients: number };

/** The measured costs on one machine. Safe to write into a page: plain numbers. */
export type Prices = {
  /** Microseconds of server CPU, for polls on Express and on bare HTTP. */
  express?: PollCosts;
  http?: PollCosts;
  /** Bytes between application and TCP. */
  bytes?: { emptyPoll: Ways; pollWithMessage: Ways; webSocketDown: number };
  /** Titles of the costs whose fit is below 0. They count as 0. */
  belowNothing?: string[];
  /** The loads at which the costs were fitted. All others are extrapolated. */
  fittedAt?: { clients: number; ratePerSecond: Range; intervalMs: Range };
};

type Ways = { up: number; down: number };
type Range = { min: number; max: number };

/** One transport, with its load and latency. */
export type Option = {
  transport: 'push' | 'long-poll' | 'short-poll';
  name: string;
  /** The HTTP server of a poll. */
  on?: string;
  /** Server CPU as a share of one core, with its interval: 0.5 is half a core, 2 are two cores. */
  share: Cost;
  requestsPerSecond: number;
  /** Bytes of IP in both directions; `undefined` without a measurement. */
  bytesPerSecond?: number;
  meanAgeMs: number;
  worstAgeMs: number;
  /** Whether one core is enough and no message exceeds the acceptable latency. */
  fits: boolean;
};

export type Advice = {
  choice: 'push' | 'short-poll' | 'either' | 'neither';
  /** The choice in a few words. */
  headline: string;
  /** The numbers behind it. */
  sentence: string;
  options: Option[];
};

/** The fields of the form, in order, with their ranges. */
export const needFields = [
  {
    key: 'ratePerSecond',
    label: 'Messages per client',
    name: 'message rate',
    unit: 'per second',
    min: 0.001,
    max: 10_000,
    usual: 1,
  },
  {
    key: 'ageMaxMs',
    label: 'Acceptable latency',
    name: 'latency',
    unit: 'ms',
    min: 10,
    max: 3_600_000,
    usual: 1000,
  },
  {
    key: 'clients',
    label: 'Number of clients',
    name: 'number of clients',
    unit: '',
    min: 1,
    max: 1_000_000,
    usual: 1000,
  },
] as const;

/** Typical loads. */
export const workedExamples: readonly { title: string; need: Need }[] = [
  { title: 'Chat', need: { ratePerSecond: 1, ageMaxMs: 500, clients: 1000 } },
  { title: 'Dashboard', need: { ratePerSecond: 50, ageMaxMs: 5000, clients: 200 } },
  { title: 'Rare alerts', need: { ratePerSecond: 0.001, ageMaxMs: 30_000, clients: 20_000 } },
  { title: 'Price ticker', need: { ratePerSecond: 100, ageMaxMs: 250, clients: 500 } },
];

/** Collects the costs of a run; `undefined` where push or every poll is missing. */
export function pricesFrom(fits: readonly Fit[], probes: readonly Probe[]): Prices | undefined {
  const push = costOf(fits, 'push');
  const of = (framework: string): PollCosts | undefined => {
    const poll = costOf(fits, `poll/${framework}`);
    const batched = costOf(fits, `batched/${framework}`);
    return push && poll && batched && { push, poll, batched };
  };
  const express = of('express');
  const http = of('http');
  if (!express && !http) return undefined;
  const bytes = bytesFrom(probes);
  const belowNothing = fits.filter(({ name, value }) => isPrice(name) && value < 0).map(({ title }) => title);
  return {
    ...(express && { express }),
    ...(http && { http }),
    ...(bytes && { bytes }),
    ...(belowNothing.length > 0 && { belowNothing }),
  };
}

function isPrice(name: string): boolean {
  return name === 'push' || /^(poll|batched)\//.test(name);
}

/**
 * A cost with its fitted interval, which may reach below 0. A value below 0 counts as 0 and is reported. A cost
 * whose whole interval is below 0 comes from a failed fit and is left out.
 */
function costOf(fits: readonly Fit[], name: string): Cost | undefined {
  const fit = fits.find((one) => one.name === name);
  if (!fit || fit.high <= 0) return undefined;
  return { value: Math.max(0, fit.value), low: fit.low, high: fit.high };
}

function bytesFrom(probes: readonly Probe[]): Prices['bytes'] {
  const of = (name: string): Ways | undefined => {
    const values = probes.find((probe) => probe.name === `${name}/plain`)?.values;
    return values && { up: values.upBytes ?? 0, down: values.downBytes ?? 0 };
  };
  const emptyPoll = of('empty-poll');
  const pollWithMessage = of('poll-with-message');
  const webSocket = of('web-socket');
  if (!emptyPoll || !pollWithMessage || !webSocket) return undefined;
  return { emptyPoll, pollWithMessage, webSocketDown: webSocket.down };
}

/** Reads the form. Each invalid field has a problem that names the expected range. */
export function readNeed(
  texts: Record<keyof Need, string>,
):
  | { need: Need; problems?: undefined }
  | { need?: undefined; problems: Partial<Record<keyof Need, string>> } {
  const need: Partial<Need> = {};
  const problems: Partial<Record<keyof Need, string>> = {};
  for (const { key, name, min, max } of needFields) {
    const text = texts[key].trim();
    const value = text === '' ? Number.NaN : Number(text);
    const isCount = key !== 'clients' || Number.isInteger(value);
    if (value >= min && value <= max && isCount) need[key] = value;
    else
      problems[key] =
        `${text === '' ? `No ${name}` : `Invalid ${name} “${text}”`}: expected a ${key === 'clients' ? 'whole number' : 'number'} from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}.`;
  }
  return Object.keys(problems).length > 0 ? { problems } : { need: need as Need };
}

/** Compares push with short polls for one load, and recommends a transport. */
export function adviceFor(need: Need, prices: Prices): Advice {
  const options = optionsFor(need, prices);
  const push = options.find(({ transport }) => transport === 'push') as Option;
  const polls = options.filter(({ transport }) => transport === 'short-poll');
  const poll = [...polls].sort((a, b) => a.share.value - b.share.value)[0] as Option;
  return { ...verdictOn(push, poll, polls, need), options };
}

/** All options in order: push, long poll, short polls. */
function optionsFor(need: Need, prices: Prices): Option[] {
  const polls = [prices.express && 'Express', prices.http && 'bare HTTP'].filter(
    (name) => name !== undefined,
  );
  const costs = (prices.http ?? prices.express) as PollCosts;
  return [
    pushOption(need, costs, prices),
    longPollOption(need, costs, prices),
    ...polls.map((on) =>
      shortPollOption(need, (on === 'Express' ? prices.express : prices.http) as PollCosts, on, prices),
    ),
  ];
}

/**
 * Push. A fan-out is serial on one thread, so the last client waits for the CPU time of all deliveries:
 * N · c_push, and the average client for half of that.
 */
function pushOption(need: Need, costs: PollCosts, { bytes }: Prices): Option {
  const { ratePerSecond, clients } = need;
  return optionOf(need, {
    transport: 'push',
    name: 'push (WebSocket)',
    share: cpuShare(predictedCpu(costs, ratePerSecond, 1000).push, clients),
    requestsPerSecond: 0,
    bytesPerSecond: bytes && clients * ratePerSecond * pushedIpBytes(bytes.webSocketDown),
    worstAgeMs: lastClientMs(clients, costs.push.value),
  });
}

/**
 * Long poll, as an upper bound: a whole poll for each message. Messages that arrive between two polls share a
 * response, which costs less. The timer of a pending request is left out. The server answers pending requests
 * one after the other, so the last client waits for the CPU time of N polls.
 */
function longPollOption(need: Need, costs: PollCosts, { http, bytes }: Prices): Option {
  const { ratePerSecond, clients } = need;
  const each = predictedCpu(costs, ratePerSecond, 1000 / ratePerSecond).poll;
  return optionOf(need, {
    transport: 'long-poll',
    name: `long poll on ${http ? 'bare HTTP' : 'Express'} (upper bound)`,
    share: cpuShare(each, clients),
    requestsPerSecond: clients * ratePerSecond,
    bytesPerSecond:
      bytes && clients * ratePerSecond * pollIpBytes(bytes.pollWithMessage.up, bytes.pollWithMessage.down),
    worstAgeMs: lastClientMs(clients, costs.poll.value + costs.batched.value),
  });
}

/** A short poll with the longest interval that the acceptable latency allows. */
function shortPollOption(need: Need, costs: PollCosts, on: string, { bytes }: Prices): Option {
  const { ratePerSecond, ageMaxMs, clients } = need;
  const pollsPerSecond = (clients * 1000) / ageMaxMs;
  return optionOf(need, {
    transport: 'short-poll',
    name: `short poll every ${writeMs(ageMaxMs)} on ${on}`,
    on,
    share: cpuShare(predictedCpu(costs, ratePerSecond, ageMaxMs).poll, clients),
    requestsPerSecond: pollsPerSecond,
    bytesPerSecond: bytes && pollsPerSecond * meanPollBytes(bytes, ratePerSecond, ageMaxMs),
    worstAgeMs: ageMaxMs,
  });
}

function optionOf(need: Need, option: Omit<Option, 'meanAgeMs' | 'fits'>): Option {
  return {
    ...option,
    meanAgeMs: option.worstAgeMs / 2,
    fits: option.share.value <= 1 && option.worstAgeMs <= need.ageMaxMs,
  };
}

/** CPU of all clients as a share of one core, from milliseconds per second and client. */
function cpuShare(perClient: Cost, clients: number): Cost {
  const share = (value: number) => (clients * value) / 1000;
  return { value: share(perClient.value), low: share(perClient.low), high: share(perClient.high) };
}

/** Milliseconds until the last of all clients is served, one after the other, at `us` microseconds each. */
function lastClientMs(clients: number, us: number): number {
  return (clients * us) / 1000;
}

/** Mean IP bytes of a poll: some responses are empty (Poisson), the others carry all messages since the poll before. */
function meanPollBytes(
  { emptyPoll, pollWithMessage }: NonNullable<Prices['bytes']>,
  ratePerSecond: number,
  intervalMs: number,
): number {
  const empty = emptyPollShare('poisson', ratePerSecond, intervalMs);
  const emptyBytes = pollIpBytes(emptyPoll.up, emptyPoll.down);
  if (empty === 1) return emptyBytes;
  const batch = (ratePerSecond * intervalMs) / 1000 / (1 - empty);
  const downBytes = emptyPoll.down + batch * (pollWithMessage.down - emptyPoll.down);
  return empty * emptyBytes + (1 - empty) * pollIpBytes(pollWithMessage.up, downBytes);
}

/** The choice between push and the cheapest short poll. */
function verdictOn(
  push: Option,
  poll: Option,
  polls: readonly Option[],
  { ageMaxMs, clients }: Need,
): Pick<Advice, 'choice' | 'headline' | 'sentence'> {
  const pollShares = polls.map(({ on, share }) => `${writeShare(share)} on ${on}`).join(' and ');
  const both = `Push uses ${writeShare(push.share)}. A short poll every ${writeMs(ageMaxMs)} uses ${pollShares}.`;
  const ages = `Mean latency: push ${writeMs(push.meanAgeMs)}, short poll ${writeMs(poll.meanAgeMs)}.`;
  if (!push.fits && !poll.fits)
    return {
      choice: 'neither',
      headline: 'Neither method fits on one core',
      sentence: `${both}${tooLate(push, ageMaxMs)} One core serves about ${clientsOnOneCore(push, clients)} with push and ${clientsOnOneCore(poll, clients)} with a ${poll.name}. Use more processes, or accept a higher latency.`,
    };
  if (!poll.fits)
    return {
      choice: 'push',
      headline: 'Push: polling needs more than one core',
      sentence: `${both} ${ages}`,
    };
  if (!push.fits)
    return {
      choice: 'short-poll',
      headline: `Short poll: push ${push.share.value > 1 ? 'needs more than one core' : 'exceeds the latency'}`,
      sentence: `${both}${tooLate(push, ageMaxMs)} ${ages}`,
    };
  if (push.share.low <= poll.share.high && poll.share.low <= push.share.high)
    return {
      choice: 'either',
      headline: 'Both push and polling: no clear difference in CPU',
      sentence: `${both} The intervals overlap, so there is no clear difference. ${ages}`,
    };
  const isPushCheaper = push.share.value < poll.share.value;
  const [cheap, costly] = isPushCheaper ? [push, poll] : [poll, push];
  const times = timesAsMuch(costly.share, cheap.share);
  return {
    choice: cheap.transport as 'push' | 'short-poll',
    headline: `${isPushCheaper ? 'Push' : 'Short poll'}: ${times ? `${isPushCheaper ? 'a short poll' : 'push'} uses ${threeDigits(times.value)} times the CPU` : 'clearly less CPU'}`,
    sentence: [
      both,
      times
        ? `The ratio is ${threeDigits(times.value)} (95%: ${threeDigits(times.low)} to ${threeDigits(times.high)}).`
        : 'The ratio is not determined, because the smaller cost may be 0.',
      ages,
    ].join(' '),
  };
}

/** The ratio of two shares; `undefined` where the second may be 0. */
function timesAsMuch(a: Cost, b: Cost): Cost | undefined {
  const interval = ratioByFieller({
    a: a.value,
    b: b.value,
    varianceA: varianceOf(a),
    varianceB: varianceOf(b),
    covariance: 0,
    reach: 1,
  });
  return interval && { value: a.value / b.value, ...interval };
}

/** Where the serial fan-out makes push unfit, and not the CPU. */
function tooLate({ share, worstAgeMs }: Option, ageMaxMs: number): string {
  if (share.value > 1 || worstAgeMs <= ageMaxMs) return '';
  return ` Push serves one client after the other: the last client would wait ${writeMs(worstAgeMs)}.`;
}

/** "1,000 clients (909 to 1,110)", or "1,000 clients (909 or more)" where a client may cost nothing. */
function clientsOnOneCore({ share }: Option, clients: number): string {
  const at = (of: number) => whole(Math.floor(clients / of));
  return `${at(share.value)} clients (${at(share.high)} ${share.low > 0 ? `to ${at(share.low)}` : 'or more'})`;
}

/** Warns where a fitted cost is below 0, and where the load is outside the fitted range. */
export function doubtAbout(need: Need, { fittedAt, belowNothing = [] }: Prices): string | undefined {
  const counted = belowNothing.map((title) => `The fitted cost “${title}” is below 0 and counts as 0.`);
  const doubts = [...counted, extrapolation(need, fittedAt)].filter(Boolean);
  return doubts.length > 0 ? doubts.join(' ') : undefined;
}

function extrapolation({ ratePerSecond, ageMaxMs }: Need, fittedAt: Prices['fittedAt']): string {
  if (!fittedAt) return '';
  const { ratePerSecond: rates, intervalMs: intervals } = fittedAt;
  const parts = [
    ratePerSecond < rates.min || ratePerSecond > rates.max
      ? `${threeDigits(rates.min)} to ${threeDigits(rates.max)} messages per second`
      : '',
    ageMaxMs < intervals.min || ageMaxMs > intervals.max
      ? `polls every ${writeMs(intervals.min)} to ${writeMs(intervals.max)}`
      : '',
  ].filter(Boolean);
  return parts.length === 0
    ? ''
    : `These results are extrapolated: the costs were fitted at ${parts.join(' and ')}.`;
}

/** A share of a core with its interval: "0.174% of a core (below 0 to 0.456)", "2.4 cores (1.1 to 3.7)". */
export function writeShare({ value, low, high }: Cost): string {
  const [factor, unit] = value < 1 ? [100, '% of a core'] : [1, ' cores'];
  const write = (share: number) => threeDigits(share * factor);
  return `${write(value)}${unit} (${writeEnd(low, write)} to ${write(high)})`;
}

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
export type SizingCosts = Record<'push' | 'poll' | 'batched', Measured & Cost> &
  Record<'pushMemory' | 'pollMemory' | 'pushBytes' | 'pollBytes' | 'pushClient' | 'pollClient', Measured>;

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
  const fitted = (name: string): Measured & Cost => {
    const fit = fits.find((one) => one.experiment === 'break-even' && one.name === name);
    if (!fit) throw new NotEnough(`The result has no fitted cost "${name}": run the experiment break-even`);
    const { title, value, low, high, n } = fit;
    return { name: title, value, low, high, unit: 'µs of server CPU', source: `fit to ${n} trials` };
  };
  const idle = trials.filter(({ experiment, status }) => experiment === 'idle-cost' && status === 'ok');
  const own = {
    push: idle.filter(({ transport }) => transport === 'push'),
    poll: idle.filter(
      ({ transport, parameters }) =>
        transport === 'short-poll' && parameters.intervalMs === wanted.intervalMs,
    ),
  };
  const seen = (
    by: 'push' | 'poll',
    name: string,
    unit: string,
    of: (trial: Trial) => number | undefined,
  ): Measured => {
    const values = own[by].flatMap((trial) => of(trial) ?? []);
    if (values.length === 0)
      throw new NotEnough(`The result has no trial for ${name}: run the experiment idle-cost`);
    const runs = values.length === 1 ? '1 run' : `median of ${values.length} runs`;
    return { name, value: median(values), unit, source: `${own[by][0]?.clients.count} clients, ${runs}` };
  };
  const memory = ({ server }: Trial) => server.memoryPerClientBytes;
  const bytesEach = ({ bytes }: Trial, count: number) => (bytes.toClients + bytes.toServer) / count;
  const usEach = ({ clients: { cpuMs } }: Trial, count: number) =>
    cpuMs === null ? undefined : (cpuMs * 1000) / count;
  const delivered = (trial: Trial) => trial.messages.delivered;
  const polls = (trial: Trial) => trial.requests.total;
  const clientUs = 'µs of client CPU';
  return {
    push: fitted('push'),
    poll: fitted('poll/express'),
    batched: fitted('batched/express'),
    pushMemory: seen('push', 'server memory per push client', memoryUnit, memory),
    pollMemory: seen('poll', 'server memory per polling client', memoryUnit, memory),
    pushBytes: seen('push', 'bytes per pushed message', 'bytes', (one) => bytesEach(one, delivered(one))),
    pollBytes: seen('poll', 'bytes per poll and response', 'bytes', (one) => bytesEach(one, polls(one))),
    pushClient: seen('push', 'client CPU per pushed message', clientUs, (one) => usEach(one, delivered(one))),
    pollClient: seen('poll', 'client CPU per poll', clientUs, (one) => usEach(one, polls(one))),
  };
}

/** Resources for push and for a short poll. Each server and each agent is a process with its own core. */
export function sizingsOf(costs: SizingCosts, clients: number): Sizing[] {
  const { ratePerSecond, intervalMs, withinMs, busyShare } = wanted;
  const pollsPerSecond = 1000 / intervalMs;
  const { push, poll, batched } = costs;
  const cpu = predictedCpu(costs, ratePerSecond, intervalMs);
  const [pushShare, pollShare] = [cpuShare(cpu.push, clients), cpuShare(cpu.poll, clients)];
  const crowd = whole(clients);
  return [
    {
      clients,
      transport: 'push',
      servers: {
        ...serversOf((end) =>
          Math.max(pushShare[end] / busyShare, lastClientMs(clients, push[end]) / withinMs),
        ),
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
        ...serversOf((end) => pollShare[end] / busyShare),
        arithmetic: `${crowd} × (${pollsPerSecond}/s × ${threeDigits(poll.value)} µs + ${ratePerSecond}/s × ${threeDigits(batched.value)} µs) ÷ ${busyShare}`,
      },
      agents: agentsOf(clients, pollsPerSecond, costs.pollClient),
      memoryBytes: clients * costs.pollMemory.value,
      bitsPerSecond: clients * pollsPerSecond * costs.pollBytes.value * 8,
    },
  ];
}

/** Whole servers for so many cores, with the ends of their interval. */
function serversOf(cores: (end: keyof Cost) => number): { count: number; low: number; high: number } {
  const whole = (end: keyof Cost) => Math.max(1, Math.ceil(cores(end)));
  return { count: whole('value'), low: whole('low'), high: whole('high') };
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
