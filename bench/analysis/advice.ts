/**
 * Which should I use? From what a poll and a pushed message were measured to cost, what push and a short
 * poll would cost somebody who knows three things: how often messages come, how old one may be, and how
 * many clients there are. Pure, and light enough to run in a page.
 *
 * A short poll is as rare as it may be: its interval T is the acceptable age, since the unluckiest message
 * waits for a whole T. The distance comes on top of every age here, and is the same for all but long polls.
 */
import type { Fit, Probe } from '../result.ts';
import { type PollCosts, predictedCpu } from './break-even.ts';
import type { Cost } from './costs.ts';
import { ratioByFieller } from './fieller.ts';
import { pollIpBytes, pushedIpBytes } from './ip-bytes.ts';
import { emptyPollShare } from './models.ts';
import { threeDigits, whole, writeEnd, writeMs } from './writing.ts';

/** What somebody needs: messages per second for each client, the oldest that one may be, and how many clients. */
export type Need = { ratePerSecond: number; ageMaxMs: number; clients: number };

/** What things cost on one machine. Safe to write into a page: plain numbers. */
export type Prices = {
  /** Microseconds of server CPU. Polls on Express and on bare HTTP, where they were fitted. */
  express?: PollCosts;
  http?: PollCosts;
  /** Bytes between application and TCP, where they were counted. */
  bytes?: { emptyPoll: Ways; pollWithMessage: Ways; webSocketDown: number };
  /** Costs that the fit put below nothing, by their titles: they count as nothing. */
  belowNothing?: string[];
  /** The loads that the costs were fitted at: anything else is extrapolated. */
  fittedAt?: { clients: number; ratePerSecond: Range; intervalMs: Range };
};

type Ways = { up: number; down: number };
type Range = { min: number; max: number };

/** One way to serve the need, and what it takes. */
export type Option = {
  transport: 'push' | 'long-poll' | 'short-poll';
  name: string;
  /** What its server is built on, where that matters. */
  on?: string;
  /** Server CPU as a share of one core, with its interval: 0.5 is half a core, 2 are two cores. */
  share: Cost;
  requestsPerSecond: number;
  /** Bytes of IP in both directions; `undefined` where nobody counted them. */
  bytesPerSecond?: number;
  meanAgeMs: number;
  worstAgeMs: number;
  /** Whether one core bears it and the unluckiest message is still young enough. */
  fits: boolean;
};

export type Advice = {
  choice: 'push' | 'short-poll' | 'either' | 'neither';
  /** The choice in a word or two, to stand above the reason. */
  headline: string;
  /** The numbers behind it. */
  sentence: string;
  options: Option[];
};

/** The three fields of the need, in the order in which they are asked, with what they take. */
export const needFields = [
  {
    key: 'ratePerSecond',
    label: 'Messages for each client',
    name: 'message rate',
    unit: 'per second',
    min: 0.001,
    max: 10_000,
    usual: 1,
  },
  {
    key: 'ageMaxMs',
    label: 'A message may be this old',
    name: 'acceptable age',
    unit: 'ms',
    min: 10,
    max: 3_600_000,
    usual: 1000,
  },
  {
    key: 'clients',
    label: 'Clients',
    name: 'number of clients',
    unit: '',
    min: 1,
    max: 1_000_000,
    usual: 1000,
  },
] as const;

/** Needs that people have, to begin with. */
export const workedExamples: readonly { title: string; need: Need }[] = [
  { title: 'a chat', need: { ratePerSecond: 1, ageMaxMs: 500, clients: 1000 } },
  { title: 'a dashboard', need: { ratePerSecond: 50, ageMaxMs: 5000, clients: 200 } },
  { title: 'rare alerts', need: { ratePerSecond: 0.001, ageMaxMs: 30_000, clients: 20_000 } },
  { title: 'a price ticker', need: { ratePerSecond: 100, ageMaxMs: 250, clients: 500 } },
];

/** Collects prices from what a run fitted and counted; `undefined` where push or every poll is missing. */
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
 * A cost with its interval as it was fitted, which may reach below 0. A value below 0 counts as 0, and is
 * named; a cost whose whole interval is below 0 says that the fit went wrong, and is no price.
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

/** Reads what somebody typed. A field that can't be used says what was expected. */
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
        `${text === '' ? `Missing ${name}` : `Invalid ${name} “${text}”`}: expected a ${key === 'clients' ? 'whole number' : 'number'} from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}.`;
  }
  return Object.keys(problems).length > 0 ? { problems } : { need: need as Need };
}

/** Weighs push against short polls for one need, and says what to use. */
export function adviceFor(need: Need, prices: Prices): Advice {
  const options = optionsFor(need, prices);
  const push = options.find(({ transport }) => transport === 'push') as Option;
  const polls = options.filter(({ transport }) => transport === 'short-poll');
  const poll = [...polls].sort((a, b) => a.share.value - b.share.value)[0] as Option;
  return { ...verdictOn(push, poll, polls, need), options };
}

/** Every way in order: push, long poll, short polls. */
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
 * Push. A fan-out is serial on one thread, so the last client waits for the processor time of all
 * deliveries: N · c_push, and the average client for half of it.
 */
function pushOption(need: Need, costs: PollCosts, { bytes }: Prices): Option {
  const { ratePerSecond, clients } = need;
  return optionOf(need, {
    transport: 'push',
    name: 'push (WebSocket)',
    share: ofAllClients(predictedCpu(costs, ratePerSecond, 1000).push, clients),
    requestsPerSecond: 0,
    bytesPerSecond: bytes && clients * ratePerSecond * pushedIpBytes(bytes.webSocketDown),
    worstAgeMs: (clients * costs.push.value) / 1000,
  });
}

/**
 * Long poll, at most. A message that finds a poll waiting ends it, and the client asks again: a whole poll
 * for each message. That is the most it can take, for messages that come while a client is on its way back
 * share an answer. Parking a poll costs the server a timer more than an empty answer, which is left out.
 * All who wait are answered one after the other, so the last waits for N polls' worth of processor time.
 */
function longPollOption(need: Need, costs: PollCosts, { http, bytes }: Prices): Option {
  const { ratePerSecond, clients } = need;
  const each = predictedCpu(costs, ratePerSecond, 1000 / ratePerSecond).poll;
  return optionOf(need, {
    transport: 'long-poll',
    name: `long poll on ${http ? 'bare HTTP' : 'Express'}, at most`,
    share: ofAllClients(each, clients),
    requestsPerSecond: clients * ratePerSecond,
    bytesPerSecond:
      bytes && clients * ratePerSecond * pollIpBytes(bytes.pollWithMessage.up, bytes.pollWithMessage.down),
    worstAgeMs: (clients * (costs.poll.value + costs.batched.value)) / 1000,
  });
}

/** A short poll that asks as seldom as it may. */
function shortPollOption(need: Need, costs: PollCosts, on: string, { bytes }: Prices): Option {
  const { ratePerSecond, ageMaxMs, clients } = need;
  const pollsPerSecond = (clients * 1000) / ageMaxMs;
  return optionOf(need, {
    transport: 'short-poll',
    name: `short poll every ${writeMs(ageMaxMs)} on ${on}`,
    on,
    share: ofAllClients(predictedCpu(costs, ratePerSecond, ageMaxMs).poll, clients),
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

/** From milliseconds per second and client to a share of a core. */
function ofAllClients(perClient: Cost, clients: number): Cost {
  const share = (value: number) => (clients * value) / 1000;
  return { value: share(perClient.value), low: share(perClient.low), high: share(perClient.high) };
}

/** IP bytes of a poll on average: some find nothing (Poisson), the others bring all that came meanwhile. */
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
  const both = `Push takes ${writeShare(push.share)}. A short poll every ${writeMs(ageMaxMs)} takes ${pollShares}.`;
  const ages = `A polled message is ${writeMs(poll.meanAgeMs)} old on average, a pushed one ${writeMs(push.meanAgeMs)}.`;
  if (!push.fits && !poll.fits)
    return {
      choice: 'neither',
      headline: 'Neither fits on one core',
      sentence: `${both}${tooLate(push, ageMaxMs)} One core holds about ${clientsOnOneCore(push, clients)} with push and ${clientsOnOneCore(poll, clients)} with the ${poll.name}: share them among more processes, or accept older messages.`,
    };
  if (!poll.fits)
    return { choice: 'push', headline: 'Push: polls don’t fit on one core', sentence: `${both} ${ages}` };
  if (!push.fits)
    return {
      choice: 'short-poll',
      headline: 'Short poll: push doesn’t fit',
      sentence: `${both}${tooLate(push, ageMaxMs)} ${ages}`,
    };
  if (push.share.low <= poll.share.high && poll.share.low <= push.share.high)
    return {
      choice: 'either',
      headline: 'Both fit: no clear difference',
      sentence: `${both} The intervals overlap, so CPU time does not decide. ${ages}`,
    };
  const isPushCheaper = push.share.value < poll.share.value;
  const [cheap, dear] = isPushCheaper ? [push, poll] : [poll, push];
  const times = timesAsMuch(dear.share, cheap.share);
  return {
    choice: cheap.transport as 'push' | 'short-poll',
    headline: `${isPushCheaper ? 'Push' : 'Short poll'}: ${times ? `${threeDigits(times.value)} times` : 'clearly'} cheaper`,
    sentence: [
      both,
      times
        ? `That is ${threeDigits(times.value)} times as much (${threeDigits(times.low)} to ${threeDigits(times.high)}).`
        : 'How many times as much is not determined, since the smaller one may be nothing.',
      ages,
    ].join(' '),
  };
}

/** How many times as much one share is as another; `undefined` where the other may be nothing. */
function timesAsMuch(a: Cost, b: Cost): Cost | undefined {
  const variance = ({ low, high }: Cost) => ((high - low) / 2) ** 2;
  const interval = ratioByFieller({
    a: a.value,
    b: b.value,
    varianceA: variance(a),
    varianceB: variance(b),
    covariance: 0,
    reach: 1,
  });
  return interval && { value: a.value / b.value, ...interval };
}

/** Where it is not the processor but the serial fan-out that makes push unfit. */
function tooLate({ share, worstAgeMs }: Option, ageMaxMs: number): string {
  if (share.value > 1 || worstAgeMs <= ageMaxMs) return '';
  return ` With push the last client would wait ${writeMs(worstAgeMs)}, since a fan-out serves one after the other.`;
}

/** "1,000 clients (909 to 1,110)", or "1,000 clients (909 or more)" where they may cost nothing. */
function clientsOnOneCore({ share }: Option, clients: number): string {
  const at = (of: number) => whole(Math.floor(clients / of));
  return `${at(share.value)} clients (${at(share.high)} ${share.low > 0 ? `to ${at(share.low)}` : 'or more'})`;
}

/** Says so when a cost came out below nothing, and when a need lies outside the loads that the costs were fitted at. */
export function doubtAbout(need: Need, { fittedAt, belowNothing = [] }: Prices): string | undefined {
  const counted = belowNothing.map((title) => `The fit put “${title}” below 0: it counts as 0 here.`);
  const doubts = [...counted, extrapolation(need, fittedAt)].filter(Boolean);
  return doubts.length > 0 ? doubts.join(' ') : undefined;
}

function extrapolation({ ratePerSecond, ageMaxMs }: Need, fittedAt: Prices['fittedAt']): string {
  if (!fittedAt) return '';
  const { ratePerSecond: rates, intervalMs: intervals } = fittedAt;
  const parts = [
    ratePerSecond < rates.min || ratePerSecond > rates.max
      ? `${threeDigits(rates.min)} to ${threeDigits(rates.max)} messages a second`
      : '',
    ageMaxMs < intervals.min || ageMaxMs > intervals.max
      ? `polls every ${writeMs(intervals.min)} to ${writeMs(intervals.max)}`
      : '',
  ].filter(Boolean);
  return parts.length === 0 ? '' : `An extrapolation: the costs were fitted at ${parts.join(' and ')}.`;
}

/** A share of a core with its interval: "0.174% of a core (below 0 to 0.456)", "2.4 cores (1.1 to 3.7)". */
export function writeShare({ value, low, high }: Cost): string {
  const [factor, unit] = value < 1 ? [100, '% of a core'] : [1, ' cores'];
  const write = (share: number) => threeDigits(share * factor);
  return `${write(value)}${unit} (${writeEnd(low, write)} to ${write(high)})`;
}
