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
    says: 'The median latency of a 1 s poll is at least 10 times that of push.',
    figure: 'median latency, poll ÷ push',
    low: 10,
    measure: ({ trials }) => [
      ageOf(trials, 'short-poll', { intervalMs: 1000 }) / ageOf(alone(trials), 'push'),
    ],
  },
  {
    id: 'half-interval',
    experiment: 'freshness',
    says: 'The mean latency of a short poll is 40 to 60% of its interval, whatever the interval.',
    figure: 'mean latency ÷ interval',
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
    says: 'The 99th percentile of a 1 s poll is 1.7 to 2.2 times its mean.',
    figure: '99th percentile ÷ mean',
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
    says: 'Polling 4 times as often makes the mean latency 3 to 5 times shorter.',
    figure: 'mean latency, 1 s poll ÷ 250 ms poll',
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
    says: 'The median latency of a 250 ms poll is still at least 10 times that of push.',
    figure: 'median latency, 250 ms poll ÷ push',
    low: 10,
    measure: ({ trials }) => [
      ageOf(together(trials), 'short-poll', { intervalMs: 250 }) / ageOf(together(trials), 'push'),
    ],
  },
  {
    id: 'long-poll-near',
    experiment: 'freshness',
    says: 'Without a network delay, the median latency of a long poll is at most 25% of a 250 ms poll’s.',
    figure: 'median latency, long poll ÷ 250 ms poll',
    high: 0.25,
    measure: ({ trials }) => [
      ageOf(together(trials), 'long-poll') / ageOf(together(trials), 'short-poll', { intervalMs: 250 }),
    ],
  },
  {
    id: 'held',
    experiment: 'freshness',
    says: 'At most 5% of the long polls come back empty.',
    figure: 'share of empty responses',
    high: 0.05,
    measure: ({ trials }) => [
      typical(together(trials), 'long-poll', {}, ({ requests }) => requests.empty / requests.total),
    ],
  },
  {
    id: 'one-way',
    experiment: 'distance',
    says: 'A pushed message takes 0.95 to 1.25 times the one-way delay, near or far.',
    figure: 'mean latency ÷ one-way delay, at each delay and rate',
    low: 0.95,
    high: 1.25,
    measure: ({ trials }) => waysOf(trials, 'push', ({ oneWayMs = 0 }) => oneWayMs > 0),
  },
  {
    id: 're-arm-gap',
    experiment: 'distance',
    says: 'With a one-way delay of 80 ms and 50 messages/s, a long poll takes 1.5 to 3 times the one-way delay on average.',
    figure: 'mean latency ÷ one-way delay',
    low: 1.5,
    high: 3,
    measure: ({ trials }) =>
      waysOf(trials, 'long-poll', ({ oneWayMs, ratePerSecond }) => oneWayMs === 80 && ratePerSecond === 50),
  },
  {
    id: 'empty-polls',
    experiment: 'idle-cost',
    says: 'With one message every 2 s, 45 to 55% of the 1 s polls come back empty.',
    figure: 'share of empty polls',
    low: 0.45,
    high: 0.55,
    measure: ({ trials }) => [
      typical(trials, 'short-poll', { intervalMs: 1000 }, ({ requests }) => requests.empty / requests.total),
    ],
  },
  {
    id: 'never-asks',
    experiment: 'idle-cost',
    says: 'Push clients send no requests for their messages.',
    figure: 'requests',
    low: 0,
    high: 0,
    measure: ({ trials }) => [typical(trials, 'push', {}, ({ requests }) => requests.total)],
  },
  {
    id: 'polls-cost-the-server',
    experiment: 'idle-cost',
    says: 'The same clients cost at least 3 times as much server CPU when they poll once a second.',
    figure: 'server CPU, 1 s poll ÷ push',
    low: 3,
    measure: ({ trials }) => [
      typical(trials, 'short-poll', { intervalMs: 1000 }, cpuPerSecond) /
        typical(trials, 'push', {}, cpuPerSecond),
    ],
  },
  {
    id: 'idle-is-not-free',
    experiment: 'idle-cost',
    says: 'An idle push client keeps 1 to 20 KiB of server memory.',
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
    says: 'A message in a response costs at most 50% of the server CPU of the poll itself.',
    figure: 'fitted cost of a batched message ÷ fitted cost of a poll, on Express',
    high: 0.5,
    measure: ({ trials }) => {
      const costs = fitCpuCosts(trials, 'express');
      if (!costs) throw new NotEnough('Too few trials to fit the costs');
      return [costs.batched.value / costs.poll.value];
    },
  },
  {
    id: 'framework-tax',
    experiment: 'break-even',
    says: 'A poll on Express costs at least 1.1 times the server CPU of a poll on bare HTTP.',
    figure: 'server CPU of the same polls, Express ÷ bare HTTP, limit set after a first look',
    low: 1.1,
    measure: ({ trials }) => [frameworkTax(trials)],
  },
  {
    id: 'woken-for-each',
    experiment: 'light-client',
    says: 'At 100 messages/s a push client uses at least 1.5 times the CPU of a client that polls for the latest value once a second.',
    figure: 'client CPU, push ÷ poll',
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
    id: 'rarely-connected',
    experiment: 'light-client',
    says: 'A client that polls every few seconds and then disconnects is connected for at most 5% of the time.',
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
    figure: '99th percentile of push, largest crowd ÷ smallest crowd',
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
    says: 'Without a queue limit, at least 1 MiB waits in the server for one slow client.',
    figure: 'longest send queue, MiB',
    low: 1,
    measure: ({ trials }) => [typical(trials, 'push', { policy: 'unbounded' }, backlogMebibytes)],
  },
  {
    id: 'polling-is-flow-control',
    experiment: 'overwhelmed',
    says: 'With polling, at most 0.1 MiB waits in the server.',
    figure: 'longest send queue, MiB',
    high: 0.1,
    measure: ({ trials }) => [typical(trials, 'short-poll', {}, backlogMebibytes)],
  },
  {
    id: 'a-bound-has-a-price',
    experiment: 'overwhelmed',
    says: 'With drop-oldest, the slow client loses 5 to 90% of its messages.',
    figure: 'share of messages that the slow client lost',
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
    says: 'Push without a log loses 0.9 to 1.1 times the messages sent during the absence.',
    figure: 'messages missed ÷ messages sent during the absence',
    low: 0.9,
    high: 1.1,
    measure: ({ trials }) => missedShare(trials, 'push', false),
  },
  {
    id: 'a-cursor-loses-nothing',
    experiment: 'offline',
    says: 'Push with a cursor, SSE, long poll and short poll lose no message.',
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
    says: 'After an outage, at least 2 times as many clients reconnect in the busiest moment with fixed backoff as with jitter.',
    figure: 'peak connections per sample, fixed backoff ÷ jitter',
    low: 2,
    measure: ({ trials }) => [
      typical(trials, 'push', { backoff: 'fixed' }, mostConnects) /
        typical(trials, 'push', { backoff: 'jittered' }, mostConnects),
    ],
  },
  {
    id: 'one-way-is-enough',
    experiment: 'path',
    says: 'Through a proxy that strips Upgrade, SSE works and WebSocket does not.',
    figure: '1 if SSE works and WebSocket fails',
    low: 1,
    high: 1,
    measure: ({ trials }) => [works(trials, 'sse', 'no-upgrade') - works(trials, 'push', 'no-upgrade')],
  },
  {
    id: 'a-buffer-breaks-a-stream',
    experiment: 'path',
    says: 'Through a buffering proxy, WebSocket works and SSE does not.',
    figure: '1 if WebSocket works and SSE fails',
    low: 1,
    high: 1,
    measure: ({ trials }) => [works(trials, 'push', 'buffering') - works(trials, 'sse', 'buffering')],
  },
  {
    id: 'everybody-hears-of-everybody',
    experiment: 'chat-room',
    says: 'N arrivals cause exactly N(N + 1)/2 announcements.',
    figure: 'announcements received ÷ N(N + 1)/2',
    low: 1,
    high: 1,
    measure: ({ probes }) =>
      found(
        probes.flatMap(({ name, values: { visitors = 0, announcementsHeard } }) =>
          name === 'party/fixed' && announcementsHeard !== undefined
            ? [announcementsHeard / ((visitors * (visitors + 1)) / 2)]
            : [],
        ),
        'No usable run of a chat room with arrivals',
      ),
  },
  {
    id: 'never-forgets',
    experiment: 'chat-room',
    says: 'The lecture’s server keeps every closed connection in its list.',
    figure: 'closed connections kept in the list ÷ people who left',
    low: 1,
    high: 1,
    measure: (evidence) => remembered(evidence, 'naive'),
  },
  {
    id: 'forgets',
    experiment: 'chat-room',
    says: 'The fixed server keeps none of them.',
    figure: 'closed connections kept in the list ÷ people who left',
    low: 0,
    high: 0,
    measure: (evidence) => remembered(evidence, 'fixed'),
  },
  {
    id: 'a-prefetch-is-credit',
    experiment: 'broker',
    says: 'A slow consumer never holds more messages than its prefetch.',
    figure: 'most unacknowledged messages ÷ prefetch limit',
    high: 1,
    measure: ({ trials }) =>
      found(
        overwhelmedConsumers(trials).flatMap(({ parameters: { prefetch = 0 }, consumed }) =>
          prefetch > 0 && consumed ? [consumed.heldMax / prefetch] : [],
        ),
        'No usable trial of a slow consumer with a prefetch limit',
      ),
  },
  {
    id: 'no-prefetch-no-bound',
    experiment: 'broker',
    says: 'Without a prefetch it holds at least 100 messages, and the queue is nearly empty.',
    figure: 'most unacknowledged messages minus messages left in the queue',
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
    says: 'With one basic.get every 200 ms the mean latency is 35 to 75% of that interval, as with a short poll.',
    figure: 'mean latency ÷ interval',
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
    says: 'An empty poll carries at least 50 times the header bytes of a WebSocket frame.',
    figure: 'header bytes, poll ÷ frame',
    low: 50,
    measure: ({ probes }) => {
      const { poll, frame } = overheadBytes(probes, 'plain');
      if (!poll || !frame) throw new NotEnough('No byte counts of an empty poll and of a frame');
      return [poll / frame];
    },
  },
  {
    id: 'sleeping-is-not-slow',
    experiment: 'honest',
    says: 'A handler that only sleeps leaves at most 0.1 MiB waiting in the server.',
    figure: 'longest send queue while the handler sleeps, MiB',
    high: 0.1,
    measure: ({ trials }) => [typical(trials, 'push', { slowBy: 'sleep' }, backlogMebibytes)],
  },
  {
    id: 'not-reading-is-slow',
    experiment: 'honest',
    says: 'A client that stops reading leaves at least 1 MiB waiting in the server.',
    figure: 'longest send queue while the client stops reading, MiB',
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
  return median(found(values, `No usable trial of ${transport}${words.join(',')}`));
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
    `No usable trial of ${transport} with a one-way delay`,
  );
}

function conditionOf({ parameters: { oneWayMs, ratePerSecond } }: Trial): string {
  return `one-way delay ${oneWayMs} ms, ${ratePerSecond} messages/s`;
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
  return median(found(pairs, 'No usable pair of Express and bare HTTP'));
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
