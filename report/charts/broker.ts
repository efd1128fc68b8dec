import { throughPerSecond, windowOf, windowPerSecond } from '../../bench/analysis/models.ts';
import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { counted, listed, sentencePer, threeDigits, whole, writeMs } from '../units.ts';
import { compareAxis } from './compare-axis.ts';
import type { Axis, DotRow, Figure, LinePanel, LineSeries, Point } from './figure.ts';
import { decadeBelow, dotsKey, roundAbove } from './figure.ts';
import { type Lane, lanesOf, leftOutNotes, usableTrials } from './lanes.ts';
import {
  countCell,
  numberCell,
  numberColumn,
  severalRuns,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';

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
  const rows = lanes.flatMap(dotRow);
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
          x: {
            title: 'Latency (log scale)',
            scale: 'logarithmic',
            unit: 'ms',
            min: decadeBelow(Math.min(...values)),
            max: roundAbove(Math.max(...values)),
          },
          rows,
        },
      ],
      table: agesTable(lanes),
    },
  ];
}

function dotRow({ name, transport, trials }: Lane): DotRow[] {
  const median = spread(trials.map(({ delayMs }) => delayMs.p50));
  const mean = spread(trials.map(({ delayMs }) => delayMs.mean));
  const model = spread(trials.map(({ model }) => model?.meanMs));
  if (!median?.median || !mean?.median) return [];
  const { low, high } = median;
  return [
    {
      name,
      transport,
      median: median.median,
      mean: mean.median,
      low,
      high,
      ...(model && { model: model.median }),
    },
  ];
}

function agesTable(lanes: readonly Lane[]): Table {
  return {
    id: 'broker-ages-table',
    caption:
      'Latency and requests by consumer. An empty get returned no message. Consumers with push send no requests.',
    columns: [
      wordColumn('consumer'),
      numberColumn('runs'),
      numberColumn('deliveries'),
      ...['latency p50', 'latency p99', 'mean latency', 'model: mean latency'].map((title) =>
        numberColumn(title, 'ms'),
      ),
      numberColumn('requests'),
      numberColumn('empty gets', '%'),
      numberColumn('model: empty gets', '%'),
    ],
    rows: lanes.map(({ name, trials }) => {
      const asks = trials.filter(({ requests }) => requests.total > 0);
      return [
        wordCell(name),
        countCell(trials.length),
        countCell(trials.reduce((sum, { delayMs }) => sum + delayMs.count, 0)),
        spreadCell(spread(trials.map(({ delayMs }) => delayMs.p50))),
        spreadCell(spread(trials.map(({ delayMs }) => delayMs.p99))),
        spreadCell(spread(trials.map(({ delayMs }) => delayMs.mean))),
        spreadCell(spread(trials.map(({ model }) => model?.meanMs))),
        spreadCell(spread(asks.map(({ requests }) => requests.total))),
        spreadCell(spread(asks.map(({ requests }) => (100 * requests.empty) / requests.total))),
        spreadCell(spread(asks.map(({ model }) => model?.emptyShare && 100 * model.emptyShare))),
      ];
    }),
  };
}

/** What waits in the queue and what the consumer holds, over time, a panel for each consumer on one scale. */
function queueFigure(lanes: readonly Lane[]): Figure[] {
  const first = lanes[0]?.trials[0];
  if (!first) return [];
  const { parameters, durationMs } = first;
  const perSecond = parameters.ratePerSecond - 1000 / (parameters.handlingMs ?? Number.POSITIVE_INFINITY);
  const x: Axis = { title: 'Time since the start', scale: 'linear', unit: 'ms', min: 0, max: durationMs };
  const surplus = (perSecond * durationMs) / 1000;
  const highest = Math.max(
    surplus,
    ...lanes.flatMap(({ trials }) => trials.flatMap((trial) => [most(trial, 'ready'), most(trial, 'held')])),
  );
  const y: Axis = { title: 'Messages', scale: 'linear', unit: 'number', min: 0, max: roundAbove(highest) };
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
        'Solid line: messages in the queue. Thick dotted line, hollow markers: messages held by the consumer, delivered but not yet acknowledged. MQTT QoS 0 has no acknowledgements, so its line shows messages delivered but not yet handled. Thin dotted line: model of the backlog, (λ − μ)·t, for send rate λ and handling rate μ. All panels have the same scale and show the first run.',
      ],
      panels: lanes.map((lane, index) => queuePanel(lane, index, x, y, model)),
      table: queueTable(lanes),
    },
  ];
}

function queuePanel(
  { name, transport, trials }: Lane,
  index: number,
  x: Axis,
  y: Axis,
  model: Point[],
): LinePanel {
  const held = Math.max(...trials.map(({ consumed }) => consumed?.heldMax ?? 0));
  const [first] = trials;
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
    title: `${name}: holds up to ${counted(held, 'message')}`,
    says: `${name}: the consumer held up to ${counted(held, 'message')}, and up to ${whole(first ? most(first, 'ready') : 0)} waited in its queue.`,
    size: 'third',
    x,
    y,
    series: [
      { name: 'model: backlog', transport, role: 'model', unnamed: true, points: model },
      line('ready', 'in the queue'),
      line('held', 'held by the consumer'),
    ],
    labels: 'end',
  };
}

/** Per consumer, since several may share a trial. */
function pointsOf({ consumed, clients }: Trial, what: 'ready' | 'held'): Point[] {
  const { atMs = [], [what]: counts = [] } = consumed?.queue ?? {};
  return atMs.map((x, index) => ({ x, y: (counts[index] ?? 0) / clients.count }));
}

function most(trial: Trial, what: 'ready' | 'held'): number {
  return Math.max(0, ...pointsOf(trial, what).map(({ y }) => y));
}

function queueTable(lanes: readonly Lane[]): Table {
  return {
    id: 'broker-queue-table',
    caption:
      'Per consumer: the most messages held, the most messages in the queue, and the messages left at the end.',
    columns: [
      wordColumn('consumer'),
      numberColumn('runs'),
      numberColumn('most messages held'),
      numberColumn('most messages in the queue'),
      numberColumn('messages handled'),
      numberColumn('messages left'),
    ],
    rows: lanes.map(({ name, trials }) => [
      wordCell(name),
      countCell(trials.length),
      spreadCell(spread(trials.map(({ consumed }) => consumed?.heldMax))),
      spreadCell(spread(trials.map((trial) => most(trial, 'ready')))),
      spreadCell(spread(trials.map(({ messages, clients }) => messages.delivered / clients.count))),
      spreadCell(spread(trials.map(({ messages, clients }) => messages.backlogAtEnd / clients.count))),
    ]),
  };
}

/** Messages per second over a distance, beside what a window lets through. */
function windowFigure(lanes: readonly Lane[]): Figure[] {
  const rows = lanes.flatMap((lane) => {
    const through = spread(lane.trials.map(throughPerSecond));
    return through ? [{ lane, through: through.median, model: windowModel(lane.trials[0]) }] : [];
  });
  if (rows.length === 0) return [];
  const distanceMs = rows[0]?.lane.trials[0]?.parameters.oneWayMs;
  const values = rows.flatMap(({ through, model = through }) => [through, model]);
  const { axis, place } = compareAxis('Throughput (messages per second, log scale)', values, threeDigits);
  const from = distanceMs ? `at a one-way delay of ${writeMs(distanceMs)}` : 'without added delay';
  return [
    {
      id: 'broker-windows',
      title: `Throughput by prefetch, ${from}`,
      notes: [
        'All messages are sent at once. Throughput is the number of messages divided by the highest latency. Hollow markers: the model, one prefetch of messages per round trip. Without a prefetch, the machine limits the throughput.',
      ],
      panels: [
        {
          kind: 'compare',
          id: 'broker-windows-all',
          title: 'Throughput of each consumer',
          says: sentencePer(
            rows.map(
              ({ lane, through, model }) =>
                `${lane.name}: ${whole(through)} messages per second${model ? `, model ${whole(model)}` : ''}`,
            ),
          ),
          size: 'wide',
          axis,
          words: { hollow: 'model', filled: 'measured' },
          rows: rows.map(({ lane, through, model }) => ({
            name: lane.name,
            transport: lane.transport,
            filled: place(through, whole(through)),
            ...(model && { hollow: place(model, whole(model)) }),
          })),
        },
      ],
      table: windowTable(lanes),
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

function windowTable(lanes: readonly Lane[]): Table {
  return {
    id: 'broker-windows-table',
    caption: `Throughput by consumer. ${severalRuns}`,
    columns: [
      wordColumn('consumer'),
      numberColumn('runs'),
      numberColumn('messages'),
      numberColumn('throughput', 'messages/s'),
      numberColumn('model: throughput', 'messages/s'),
    ],
    rows: lanes.map(({ name, trials }) => [
      wordCell(name),
      countCell(trials.length),
      countCell(trials[0]?.appended ?? 0),
      spreadCell(spread(trials.map(throughPerSecond))),
      numberCell(windowModel(trials[0])),
    ]),
  };
}

/** What came of the death of consumers: nothing to draw, a number each. */
function deathFigure(lanes: readonly Lane[]): Figure[] {
  const first = lanes[0]?.trials[0];
  if (!first) return [];
  const losers = lanes.filter(({ trials }) => trials.some(({ messages }) => messages.missed > 0));
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
      table: {
        id: 'broker-deaths-table',
        caption:
          '“Redelivered”: the broker marked the message as sent before. “Handled twice”: the acknowledgement was lost when the consumer died.',
        columns: [
          wordColumn('consumer'),
          numberColumn('runs'),
          numberColumn('most messages held'),
          numberColumn('redelivered'),
          numberColumn('handled twice'),
          numberColumn('lost'),
        ],
        rows: lanes.map(({ name, trials }) => [
          wordCell(name),
          countCell(trials.length),
          spreadCell(spread(trials.map(({ consumed }) => consumed?.heldMax))),
          spreadCell(spread(trials.map(({ consumed }) => consumed?.redelivered))),
          spreadCell(spread(trials.map(({ messages }) => messages.duplicated))),
          spreadCell(spread(trials.map(({ messages }) => messages.missed))),
        ]),
        staysOpen: true,
      },
    },
  ];
}
