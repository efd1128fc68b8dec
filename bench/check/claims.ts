import { median } from 'simple-statistics';
import { fitCpuCosts } from '../analysis/cpu-costs.ts';
import { NotEnough } from '../analysis/findings.ts';
import type { Evidence } from '../experiment.ts';
import { overheadBytes } from '../experiments/published.ts';
import type { Parameters, Trial } from '../result.ts';
import type { Claim } from './claim.ts';

/**
 * Every quantitative claim of LAB.md. Ranges are wide enough for another machine and narrow enough to fail
 * where a server does not do what its pattern says; milliseconds are never claimed, ratios are.
 */
export const claims: readonly Claim[] = [
  {
    id: 'push-now',
    experiment: 'freshness',
    says: 'The median message is at least 10 times older with a 1 s poll than with push.',
    figure: 'median age, poll over push',
    low: 10,
    measure: ({ trials }) => [
      ageOf(trials, 'short-poll', { intervalMs: 1000 }) / ageOf(alone(trials), 'push'),
    ],
  },
  {
    id: 'half-interval',
    experiment: 'freshness',
    says: 'A short poll’s messages are 0.4 to 0.6 of its interval old on average, whatever the interval.',
    figure: 'mean age, in intervals',
    low: 0.4,
    high: 0.6,
    measure: ({ trials }) =>
      [1000, 250].map(
        (intervalMs) =>
          typical(trials, 'short-poll', { intervalMs }, (trial) => trial.delayMs.mean) / intervalMs,
      ),
  },
  {
    id: 'tail-of-a-poll',
    experiment: 'freshness',
    says: 'One message in a hundred is 1.7 to 2.2 times as old as the mean of a 1 s poll says.',
    figure: '99th percentile over mean',
    low: 1.7,
    high: 2.2,
    measure: ({ trials }) => [
      typical(
        trials,
        'short-poll',
        { intervalMs: 1000 },
        ({ delayMs: { p99, mean } }) => p99 && mean && p99 / mean,
      ),
    ],
  },
  {
    id: 'faster-is-not-now',
    experiment: 'freshness',
    says: 'Polling 4 times as often makes messages 3 to 5 times younger.',
    figure: 'mean age, 1 s poll over 250 ms poll',
    low: 3,
    high: 5,
    measure: ({ trials }) => [
      typical(trials, 'short-poll', { intervalMs: 1000 }, ({ delayMs }) => delayMs.mean) /
        typical(trials, 'short-poll', { intervalMs: 250 }, ({ delayMs }) => delayMs.mean),
    ],
  },
  {
    id: 'still-ten-times',
    experiment: 'freshness',
    says: 'A message of the 250 ms poll is still at least 10 times as old as one that was pushed beside it.',
    figure: 'median age, 250 ms poll over push',
    low: 10,
    measure: ({ trials }) => [
      ageOf(together(trials), 'short-poll', { intervalMs: 250 }) / ageOf(together(trials), 'push'),
    ],
  },
  {
    id: 'long-poll-near',
    experiment: 'freshness',
    says: 'On one machine a long poll’s median message is at most 0.25 times as old as a 250 ms poll’s.',
    figure: 'median age, long poll over 250 ms poll',
    high: 0.25,
    measure: ({ trials }) => [
      ageOf(together(trials), 'long-poll') / ageOf(together(trials), 'short-poll', { intervalMs: 250 }),
    ],
  },
  {
    id: 'held',
    experiment: 'freshness',
    says: 'At most 0.05 of the long polls come back empty.',
    figure: 'empty answers, as a share',
    high: 0.05,
    measure: ({ trials }) => [
      typical(together(trials), 'long-poll', {}, ({ requests }) => requests.empty / requests.total),
    ],
  },
  {
    id: 'one-way',
    experiment: 'distance',
    says: 'Push takes 0.95 to 1.25 ways, near or far.',
    figure: 'mean age in ways, at each distance and rate',
    low: 0.95,
    high: 1.25,
    measure: ({ trials }) => waysOf(trials, 'push', ({ oneWayMs = 0 }) => oneWayMs > 0),
  },
  {
    id: 're-arm-gap',
    experiment: 'distance',
    says: '80 ms away and at 50 messages a second, a long poll takes 1.5 to 3 ways on average.',
    figure: 'mean age in ways',
    low: 1.5,
    high: 3,
    measure: ({ trials }) =>
      waysOf(trials, 'long-poll', ({ oneWayMs, ratePerSecond }) => oneWayMs === 80 && ratePerSecond === 50),
  },
  {
    id: 'asks-in-vain',
    experiment: 'idle-cost',
    says: 'At one message in 2 s, 0.45 to 0.55 of the 1 s polls come back empty.',
    figure: 'empty polls, as a share',
    low: 0.45,
    high: 0.55,
    measure: ({ trials }) => [
      typical(trials, 'short-poll', { intervalMs: 1000 }, ({ requests }) => requests.empty / requests.total),
    ],
  },
  {
    id: 'never-asks',
    experiment: 'idle-cost',
    says: 'Pushed clients send exactly 0 requests for their messages.',
    figure: 'requests',
    low: 0,
    high: 0,
    measure: ({ trials }) => [typical(trials, 'push', {}, ({ requests }) => requests.total)],
  },
  {
    id: 'polls-cost-the-server',
    experiment: 'idle-cost',
    says: 'The same clients take at least 3 times as much of the server’s processor when they poll once a second.',
    figure: 'server CPU, 1 s poll over push',
    low: 3,
    measure: ({ trials }) => [
      typical(trials, 'short-poll', { intervalMs: 1000 }, cpuPerSecond) /
        typical(trials, 'push', {}, cpuPerSecond),
    ],
  },
  {
    id: 'idle-is-not-free',
    experiment: 'idle-cost',
    says: 'A pushed client that waits keeps 1 to 20 KiB of the server’s memory.',
    figure: 'memory per client in KiB',
    low: 1,
    high: 20,
    measure: ({ trials }) => [
      typical(trials, 'push', {}, ({ server }) => kibibytes(server.memoryPerClientBytes)),
    ],
  },
  {
    id: 'a-batch-is-cheap',
    experiment: 'break-even',
    says: 'A message in a poll’s answer costs the server at most 0.5 times what the poll itself costs.',
    figure: 'fitted cost of a batched message over a poll’s, on Express',
    high: 0.5,
    measure: ({ trials }) => {
      const costs = fitCpuCosts(trials, 'express');
      if (!costs) throw new NotEnough('There are too few trials to fit the costs');
      return [costs.batched.value / costs.poll.value];
    },
  },
  {
    // Decided after a look: it was 1.1 to 6 times, until requests were born as Express's own (servers/express-born.ts).
    id: 'framework-tax',
    experiment: 'break-even',
    says: 'A poll through Express, as these servers use it, costs the server at most 3 times one without a framework.',
    figure: 'server CPU of the same polls, Express over bare HTTP',
    high: 3,
    measure: ({ trials }) => [frameworkTax(trials)],
  },
  {
    id: 'woken-for-each',
    experiment: 'light-client',
    says: 'At 100 messages a second a pushed client takes at least 1.5 times as much of its own processor as one that asks for the latest value once a second.',
    figure: 'client CPU, push over poll',
    low: 1.5,
    measure: ({ trials }) => {
      const fast = trials.filter(({ parameters }) => parameters.ratePerSecond === 100);
      const latest = fast.filter(({ contract }) => contract === 'latest');
      return [
        typical(fast, 'push', {}, ({ clients }) => clients.cpuMs) /
          typical(latest, 'short-poll', { intervalMs: 1000 }, ({ clients }) => clients.cpuMs),
      ];
    },
  },
  {
    id: 'seldom-connected',
    experiment: 'light-client',
    says: 'A client that asks every few seconds and hangs up is connected for at most 0.05 of the time.',
    figure: 'share of the time connected',
    high: 0.05,
    measure: ({ trials }) => [
      typical(trials, 'short-poll', { keepAlive: false }, ({ clients, durationMs }) =>
        clients.connectedMs === undefined ? undefined : clients.connectedMs / durationMs,
      ),
    ],
  },
  {
    id: 'one-after-the-other',
    experiment: 'crowd',
    says: 'In the largest crowd the 99th percentile is at least 2 times that of the smallest.',
    figure: '99th percentile of push, largest crowd over smallest',
    low: 2,
    measure: ({ trials }) => {
      const pushed = trials.filter(({ transport }) => transport === 'push');
      const sizes = pushed.map(({ parameters }) => parameters.clients);
      const lateIn = (clients: number) => typical(pushed, 'push', { clients }, ({ delayMs }) => delayMs.p99);
      return [lateIn(Math.max(...sizes)) / lateIn(Math.min(...sizes))];
    },
  },
  {
    id: 'no-bound',
    experiment: 'overwhelmed',
    says: 'Without a bound at least 1 MiB waits in the server for one slow client.',
    figure: 'longest backlog in MiB',
    low: 1,
    measure: ({ trials }) => [typical(trials, 'push', { policy: 'unbounded' }, backlogMebibytes)],
  },
  {
    id: 'polling-is-flow-control',
    experiment: 'overwhelmed',
    says: 'With polling at most 0.1 MiB waits there.',
    figure: 'longest backlog in MiB',
    high: 0.1,
    measure: ({ trials }) => [typical(trials, 'short-poll', {}, backlogMebibytes)],
  },
  {
    id: 'a-bound-has-a-price',
    experiment: 'overwhelmed',
    says: 'With a bound that drops the oldest, 0.05 to 0.9 of the slow client’s messages are lost.',
    figure: 'share of its messages that the slow client lost',
    low: 0.05,
    high: 0.9,
    measure: ({ trials }) => [
      typical(trials, 'push', { policy: 'drop-oldest' }, ({ cohorts }) => {
        const slow = cohorts?.find(({ name }) => name === 'slow')?.messages;
        return slow && (slow.expected - slow.delivered) / slow.expected;
      }),
    ],
  },
  {
    id: 'no-log-no-mercy',
    experiment: 'offline',
    says: 'Push without a log loses 0.9 to 1.1 of the messages of the absence.',
    figure: 'messages missed, over those of the absence',
    low: 0.9,
    high: 1.1,
    measure: ({ trials }) => missedShare(trials, 'push', false),
  },
  {
    id: 'a-cursor-loses-nothing',
    experiment: 'offline',
    says: 'Push with a cursor, SSE, long poll and short poll lose exactly 0.',
    figure: 'messages missed',
    low: 0,
    high: 0,
    measure: ({ trials }) =>
      (['push', 'sse', 'long-poll', 'short-poll'] as const).flatMap((transport) =>
        missedShare(trials, transport, true),
      ),
  },
  {
    id: 'herd-of-fixed-waits',
    experiment: 'herd',
    says: 'After an outage with a fixed wait, at least 2 times as many come back in the busiest moment as with a jittered one.',
    figure: 'most connects in one sample, fixed over jittered',
    low: 2,
    measure: ({ trials }) => [
      typical(trials, 'push', { backoff: 'fixed' }, mostConnects) /
        typical(trials, 'push', { backoff: 'jittered' }, mostConnects),
    ],
  },
  {
    id: 'one-way-is-enough',
    experiment: 'path',
    says: 'On a path without Upgrade exactly 1 of WebSocket and SSE works: SSE.',
    figure: 'SSE that works, less WebSocket that works',
    low: 1,
    high: 1,
    measure: ({ trials }) => [works(trials, 'sse', 'no-upgrade') - works(trials, 'push', 'no-upgrade')],
  },
  {
    id: 'a-buffer-breaks-a-stream',
    experiment: 'path',
    says: 'Where a proxy collects answers, exactly 1 of the two works: WebSocket.',
    figure: 'WebSocket that works, less SSE that works',
    low: 1,
    high: 1,
    measure: ({ trials }) => [works(trials, 'push', 'buffering') - works(trials, 'sse', 'buffering')],
  },
  {
    id: 'everybody-hears-of-everybody',
    experiment: 'chat-room',
    says: 'N people who come in cause exactly 1 times N(N + 1)/2 announcements.',
    figure: 'announcements heard over N(N + 1)/2',
    low: 1,
    high: 1,
    measure: ({ probes }) =>
      found(
        probes.flatMap(({ name, values: { visitors = 0, announcementsHeard } }) =>
          name === 'party/fixed' && announcementsHeard !== undefined
            ? [announcementsHeard / ((visitors * (visitors + 1)) / 2)]
            : [],
        ),
        'There is no room in which people came in',
      ),
  },
  {
    id: 'never-forgets',
    experiment: 'chat-room',
    says: 'The lecture’s room still tells exactly 1 connection for each one that has gone.',
    figure: 'connections remembered, over those that left',
    low: 1,
    high: 1,
    measure: (evidence) => remembered(evidence, 'naive'),
  },
  {
    id: 'forgets',
    experiment: 'chat-room',
    says: 'The room done right remembers exactly 0 of them.',
    figure: 'connections remembered, over those that left',
    low: 0,
    high: 0,
    measure: (evidence) => remembered(evidence, 'fixed'),
  },
  {
    id: 'a-prefetch-is-credit',
    experiment: 'broker',
    says: 'An overwhelmed consumer never has more than 1 times its prefetch in hand.',
    figure: 'most messages in hand, in prefetches',
    high: 1,
    measure: ({ trials }) =>
      found(
        overwhelmedConsumers(trials).flatMap(({ parameters: { prefetch = 0 }, consumed }) =>
          prefetch > 0 && consumed ? [consumed.heldMax / prefetch] : [],
        ),
        'There is no usable trial of an overwhelmed consumer with a prefetch',
      ),
  },
  {
    id: 'no-prefetch-no-bound',
    experiment: 'broker',
    says: 'Without a prefetch it has at least 100 messages in hand, and the queue is as good as empty.',
    figure: 'most messages in hand, less what waited in the queue at the end',
    low: 100,
    measure: ({ trials }) => [
      typical(
        overwhelmedConsumers(trials),
        'amqp',
        { prefetch: 0 },
        ({ consumed }) => consumed && consumed.heldMax - (consumed.queue?.ready.at(-1) ?? 0),
      ),
    ],
  },
  {
    id: 'a-get-is-a-short-poll',
    experiment: 'broker',
    says: 'A message that is fetched every 200 ms is 0.35 to 0.75 of that old on average: a short poll, whoever is asked.',
    figure: 'mean age, in intervals',
    low: 0.35,
    high: 0.75,
    measure: ({ trials }) => [
      typical(
        trials.filter(({ parameters }) => parameters.schedule === 'poisson'),
        'amqp-get',
        { intervalMs: 200 },
        ({ delayMs }) => delayMs.mean,
      ) / 200,
    ],
  },
  {
    id: 'headers',
    experiment: 'published',
    says: 'A poll that finds nothing carries at least 50 times the overhead of a WebSocket frame.',
    figure: 'bytes beside the message, poll over frame',
    low: 50,
    measure: ({ probes }) => {
      const { poll, frame } = overheadBytes(probes, 'plain');
      if (!poll || !frame) throw new NotEnough('There are no bytes of an empty poll and of a frame');
      return [poll / frame];
    },
  },
  {
    id: 'sleeping-is-not-slow',
    experiment: 'honest',
    says: 'A handler that merely sleeps leaves at most 0.1 MiB waiting in the server.',
    figure: 'longest backlog in MiB, where the slow client sleeps',
    high: 0.1,
    measure: ({ trials }) => [typical(trials, 'push', { slowBy: 'sleep' }, backlogMebibytes)],
  },
  {
    id: 'not-reading-is-slow',
    experiment: 'honest',
    says: 'One that stops reading leaves at least 1 MiB.',
    figure: 'longest backlog in MiB, where the slow client stops reading',
    low: 1,
    measure: ({ trials }) => [typical(trials, 'push', { slowBy: 'pause' }, backlogMebibytes)],
  },
];

type Wanted = Partial<Parameters>;

/** The median over the runs of one condition. Throws `NotEnough` where there is no usable run. */
function typical(
  trials: readonly Trial[],
  transport: Trial['transport'],
  wanted: Wanted,
  of: (trial: Trial) => number | null | undefined,
): number {
  const values = trials
    .filter((trial) => trial.transport === transport && fits(trial, wanted))
    .map(of)
    .filter((value) => typeof value === 'number');
  const words = Object.entries(wanted).map(([name, value]) => ` ${name} ${value}`);
  return median(found(values, `There is no usable trial of ${transport}${words.join(',')}`));
}

function fits({ parameters }: Trial, wanted: Wanted): boolean {
  return Object.entries(wanted).every(([name, value]) => parameters[name as keyof Parameters] === value);
}

function found<Value>(values: Value[], otherwise: string): Value[] {
  if (values.length === 0) throw new NotEnough(otherwise);
  return values;
}

function ageOf(trials: readonly Trial[], transport: Trial['transport'], wanted: Wanted = {}): number {
  return typical(trials, transport, wanted, ({ delayMs }) => delayMs.p50);
}

/** Consumers that handle less than comes, and don't die. */
function overwhelmedConsumers(trials: readonly Trial[]): Trial[] {
  return trials.filter(({ parameters }) => parameters.handlingMs !== undefined && !parameters.awayMs);
}

/** Trials of one transport by itself; those that ran side by side. */
function alone(trials: readonly Trial[]): Trial[] {
  return trials.filter((trial) => companionsOf(trial, trials).length === 0);
}

function together(trials: readonly Trial[]): Trial[] {
  return trials.filter((trial) => companionsOf(trial, trials).length > 0);
}

function companionsOf(trial: Trial, trials: readonly Trial[]): Trial[] {
  return trials.filter((other) => other !== trial && other.together === trial.together);
}

/** Mean ages in ways, the way being what the echo measured in the same trial; the median run of each condition. */
function waysOf(
  trials: readonly Trial[],
  transport: Trial['transport'],
  isWanted: (parameters: Parameters) => boolean,
): number[] {
  const wanted = trials.filter((trial) => trial.transport === transport && isWanted(trial.parameters));
  const conditions = new Set(wanted.map(conditionOf));
  return found(
    [...conditions].map((condition) =>
      typical(
        wanted.filter((trial) => conditionOf(trial) === condition),
        transport,
        {},
        ({ delayMs, linkMs }) => delayMs.mean && linkMs?.mean && delayMs.mean / linkMs.mean,
      ),
    ),
    `There is no usable trial of ${transport} from far away`,
  );
}

function conditionOf({ parameters: { oneWayMs, ratePerSecond } }: Trial): string {
  return `${oneWayMs} ms away, ${ratePerSecond} a second`;
}

function cpuPerSecond({ server, durationMs }: Trial): number {
  return server.cpuMs / durationMs;
}

function kibibytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1024;
}

function backlogMebibytes({ series }: Trial): number | undefined {
  return series && Math.max(...series.longestBacklogBytes) / 1024 / 1024;
}

function mostConnects({ series }: Trial): number | undefined {
  return series?.connects && Math.max(...series.connects);
}

/** The same polls on Express and on nothing: the median of the pairs. */
function frameworkTax(trials: readonly Trial[]): number {
  const polls = trials.filter(({ transport }) => transport === 'short-poll');
  const pairs = polls
    .filter(({ parameters }) => parameters.framework === 'express')
    .flatMap((express) => {
      const { framework: _, ...same } = express.parameters;
      const bare = polls.find(
        (other) =>
          other.parameters.framework === 'http' && other.repeat === express.repeat && fits(other, same),
      );
      return bare ? [cpuPerSecond(express) / cpuPerSecond(bare)] : [];
    });
  return median(found(pairs, 'There is no usable pair of Express and bare HTTP'));
}

/** Messages that each client missed, over those of its absence, where the log kept everything. */
function missedShare(trials: readonly Trial[], transport: Trial['transport'], replay: boolean): number[] {
  const away = trials.filter(
    ({ parameters }) =>
      parameters.awayMs && parameters.retentionMs === undefined && parameters.replay === replay,
  );
  return [
    typical(
      away,
      transport,
      {},
      ({ messages, parameters: { clients, ratePerSecond, awayMs = 0 } }) =>
        messages.missed / (clients * ratePerSecond * (awayMs / 1000)),
    ),
  ];
}

/** 1 where the transport works on this path behind the embedded proxy, 0 where it does not. */
function works(trials: readonly Trial[], transport: Trial['transport'], path: string): number {
  return typical(trials, transport, { path, proxy: 'embedded' }, (trial) =>
    trial.path ? Number(trial.path.outcome === 'works') : undefined,
  );
}

function remembered({ probes }: Evidence, kind: 'naive' | 'fixed'): number[] {
  return found(
    probes.flatMap(({ name, values: { cycles, rememberedAfterwards } }) =>
      name === `leak/${kind}` && cycles && rememberedAfterwards !== undefined
        ? [rememberedAfterwards / cycles]
        : [],
    ),
    `There is no ${kind} room that people have left`,
  );
}
