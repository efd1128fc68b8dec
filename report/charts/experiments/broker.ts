import { throughPerSecond, windowOf, windowPerSecond } from '../../../bench/analysis/models.ts';
import { spread } from '../../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../../bench/result.ts';
import { counted, listed, sentencePer, threeDigits, whole, writeMs } from '../../units.ts';
import { linear, logarithmic, timeAxis } from '../axes.ts';
import { dotsKey, type Figure, type LineSeries, type Point } from '../figure.ts';
import { type Lane, lanesOf, leftOutNotes, usableTrials } from '../lanes.ts';
import { type Metric, meanLatency, modelMean, p50, p99, perClient } from '../metrics.ts';
import { compare, dots, modelLine } from '../panels.ts';
import { counts, deliveries, medians, names, numbers, runsColumn, severalRuns, tableOf } from '../table.ts';

/**
 * Does the same trade-off hold inside a broker? Ages, pushed and polled; what lies where when a consumer
 * is too slow; what a prefetch lets through; and what comes again when consumers die.
 */
export function brokerFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'broker');
  const calm = trials.filter(({ parameters }) => parameters.schedule === 'poisson');
  const bursts = trials.filter(({ parameters }) => parameters.schedule === 'burst');
  const deaths = trials.filter(({ parameters }) => parameters.awayMs !== undefined);
  const overwhelmed = trials.filter(({ consumed }) => consumed?.queue !== undefined);
  return [
    ...agesFigure(lanesOf(calm), leftOutNotes(result, 'broker')),
    ...queueFigure(lanesOf(overwhelmed)),
    ...windowFigure(lanesOf(bursts)),
    ...deathFigure(lanesOf(deaths)),
  ];
}

function agesFigure(lanes: readonly Lane[], notes: string[]): Figure[] {
  const rows = dots(lanes, modelMean).filter(({ median, mean }) => median > 0 && mean > 0);
  if (rows.length === 0) return [];
  const values = rows.flatMap(({ median, mean, model = mean }) => [median, mean, model]);
  return [
    {
      id: 'broker-ages',
      title: 'Latency of broker consumers: push and polling',
      notes: [dotsKey, ...notes],
      panels: [
        {
          kind: 'dots',
          id: 'broker-ages-all',
          title: 'All consumers side by side, each with its own queue',
          says: sentencePer(rows.map(({ name, median }) => `${name}: median latency ${writeMs(median)}`)),
          size: 'wide',
          x: logarithmic('Latency (log scale)', 'ms', values),
          rows,
        },
      ],
      table: tableOf(
        {
          id: 'broker-ages-table',
          caption:
            'Latency and requests by consumer. An empty get returned no message. Push consumers send no requests.',
        },
        lanes,
        [
          names('consumer'),
          runsColumn,
          deliveries,
          ...[p50, p99, meanLatency, modelMean].map(medians),
          ...[
            asked({ name: 'requests', read: ({ requests }) => requests.total }),
            asked({
              name: 'empty gets',
              unit: '%',
              read: ({ requests }) => (100 * requests.empty) / requests.total,
            }),
            asked({
              name: 'model: empty gets',
              unit: '%',
              read: ({ model }) => model?.emptyShare && 100 * model.emptyShare,
            }),
          ].map(medians),
        ],
      ),
    },
  ];
}

/** Only consumers that ask send requests. */
function asked(metric: Metric): Metric {
  return { ...metric, read: (trial) => (trial.requests.total > 0 ? metric.read(trial) : undefined) };
}

/** What waits in the queue and what the consumer holds, over time, a panel for each consumer on one scale. */
function queueFigure(lanes: readonly Lane[]): Figure[] {
  const first = lanes[0]?.runs[0];
  if (!first) return [];
  const { parameters, durationMs } = first;
  const perSecond = parameters.ratePerSecond - 1000 / (parameters.handlingMs ?? Number.POSITIVE_INFINITY);
  const surplus = (perSecond * durationMs) / 1000;
  const highest = Math.max(
    surplus,
    ...lanes.flatMap(({ runs }) => runs.flatMap((trial) => [mostOf(trial, 'ready'), mostOf(trial, 'held')])),
  );
  const model = [
    { x: 0, y: 0 },
    { x: durationMs, y: surplus },
  ];
  const share = threeDigits(100_000 / (parameters.handlingMs ?? 1) / parameters.ratePerSecond);
  return [
    {
      id: 'broker-queue',
      title: `Where messages pile up when a consumer handles ${share}% of the message rate`,
      notes: [
        'The solid line shows the messages in the queue. The thick dotted line with hollow markers shows the unacknowledged messages that the consumer holds. MQTT QoS 0 has no acknowledgements: its line shows delivered messages that the consumer has not handled. The thin dotted line is the model of the backlog, (λ − μ)·t, for send rate λ and handling rate μ. All panels have the same scale and show the first run.',
      ],
      panels: lanes.map(({ name, transport, runs }, index) => {
        const most = Math.max(...runs.map((trial) => held.read(trial) ?? 0));
        const [first] = runs;
        const line = (what: 'ready' | 'held', words: string): LineSeries => ({
          name: words,
          transport,
          role: 'measured',
          thin: true,
          dotted: what === 'held',
          points: first ? pointsOf(first, what) : [],
        });
        return {
          kind: 'lines',
          id: `broker-queue-${index}`,
          title: `${name}: holds up to ${counted(most, 'message')}`,
          says: `${name}: the consumer held up to ${counted(most, 'message')}, the queue up to ${counted(first ? mostOf(first, 'ready') : 0, 'message')}.`,
          size: 'third',
          x: timeAxis(durationMs),
          y: linear('Messages', 'number', [highest]),
          series: [
            { ...modelLine({ name: 'model: backlog', transport }, model), unnamed: true },
            line('ready', 'in the queue'),
            line('held', 'held by the consumer'),
          ],
          labels: 'end',
        };
      }),
      table: tableOf(
        {
          id: 'broker-queue-table',
          caption:
            'Maximum number of messages in each consumer and in its queue, and the messages left at the end.',
        },
        lanes,
        [
          names('consumer'),
          runsColumn,
          medians(held),
          medians({ name: 'most messages in the queue', read: (trial) => mostOf(trial, 'ready') }),
          medians({ name: 'messages handled', read: perClient(({ messages }) => messages.delivered) }),
          medians({ name: 'messages left', read: perClient(({ messages }) => messages.backlogAtEnd) }),
        ],
      ),
    },
  ];
}

const held: Metric = { name: 'most messages held', read: ({ consumed }) => consumed?.heldMax };

/** Per consumer, since several may share a trial. */
function pointsOf({ consumed, clients }: Trial, what: 'ready' | 'held'): Point[] {
  const { atMs = [], [what]: counts = [] } = consumed?.queue ?? {};
  return atMs.map((x, index) => ({ x, y: (counts[index] ?? 0) / clients.count }));
}

function mostOf(trial: Trial, what: 'ready' | 'held'): number {
  return Math.max(0, ...pointsOf(trial, what).map(({ y }) => y));
}

/** Messages per second over a distance, beside what a window lets through. */
function windowFigure(lanes: readonly Lane[]): Figure[] {
  const rows = lanes.flatMap(({ name, transport, runs }) => {
    const through = spread(runs.map(throughPerSecond));
    return through ? [{ name, transport, filled: through.median, hollow: windowModel(runs[0]) }] : [];
  });
  if (rows.length === 0) return [];
  const distanceMs = lanes[0]?.runs[0]?.parameters.oneWayMs;
  const from = distanceMs ? `at a one-way delay of ${writeMs(distanceMs)}` : 'without added delay';
  return [
    {
      id: 'broker-windows',
      title: `Throughput by prefetch, ${from}`,
      notes: [
        'All messages are sent at once. Throughput is the number of messages divided by the maximum latency. Hollow markers show the model: prefetch ÷ round-trip time. Without a prefetch, the machine limits the throughput.',
      ],
      panels: [
        compare(
          { id: 'broker-windows-all', title: 'Throughput of each consumer', size: 'wide' },
          'Throughput (messages per second, log scale)',
          { hollow: 'model', filled: 'measured' },
          rows,
          whole,
          threeDigits,
        ),
      ],
      table: tableOf(
        { id: 'broker-windows-table', caption: `Throughput by consumer. ${severalRuns}` },
        lanes,
        [
          names('consumer'),
          runsColumn,
          counts('messages', ({ runs }) => runs[0]?.appended ?? 0),
          medians({ name: 'throughput', unit: 'messages/s', read: throughPerSecond }),
          numbers('model: throughput', 'messages/s', ({ runs }) => windowModel(runs[0])),
        ],
      ),
    },
  ];
}

/** What the window of a consumer lets through; `undefined` where there is none, or no distance that we know. */
function windowModel(trial: Trial | undefined): number | undefined {
  const { oneWayMs } = trial?.parameters ?? {};
  if (!trial || !oneWayMs) return undefined;
  const window = windowOf({ transport: trial.transport, ...trial.parameters });
  return window === 0 ? undefined : windowPerSecond(window, oneWayMs);
}

/** What came of the death of consumers: nothing to draw, a number each. */
function deathFigure(lanes: readonly Lane[]): Figure[] {
  const first = lanes[0]?.runs[0];
  if (!first) return [];
  const losers = lanes.filter(({ runs }) => runs.some(({ messages }) => messages.missed > 0));
  const none =
    losers.length === 0
      ? 'No consumer lost a message.'
      : `Messages were lost with ${listed(losers.map(({ name }) => name))}.`;
  return [
    {
      id: 'broker-deaths',
      title: 'Redelivery after a consumer dies',
      notes: [
        `All consumers died at once while they held messages. New consumers started ${writeMs(first.parameters.awayMs ?? 0)} later. ${none} ${counted(first.messages.expected / first.clients.count, 'message')} per consumer.`,
      ],
      panels: [],
      table: tableOf(
        {
          id: 'broker-deaths-table',
          caption:
            'A message counts as redelivered if the broker marked it as sent before. A message was handled twice if its acknowledgement was lost when the consumer died.',
          staysOpen: true,
        },
        lanes,
        [
          names('consumer'),
          runsColumn,
          medians(held),
          medians({ name: 'redelivered', read: ({ consumed }) => consumed?.redelivered }),
          medians({ name: 'handled twice', read: ({ messages }) => messages.duplicated }),
          medians({ name: 'lost', read: ({ messages }) => messages.missed }),
        ],
      ),
    },
  ];
}
