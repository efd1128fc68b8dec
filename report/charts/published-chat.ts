import { pricesFrom } from '../../bench/analysis/advice.ts';
import { type PollCosts, predictedCpu } from '../../bench/analysis/break-even.ts';
import { chatUnderLoad } from '../../bench/analysis/published.ts';
import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { nothing, sentencePer, threeDigits, whole } from '../units.ts';
import { compareAxis } from './compare-axis.ts';
import type { ComparePanel, Figure } from './figure.ts';
import { type Lane, lanesOf } from './lanes.ts';
import {
  countCell,
  numberCell,
  numberColumn,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';

/** A ratio to push in one stack that was published, beside ours. */
type Ratio = {
  name: string;
  transport: Trial['transport'];
  published: number;
  measured?: number;
  model?: number;
};

/** Which number of a published pair, and how ours is taken from a trial. */
type Quantity = {
  id: string;
  title: string;
  place: 0 | 1;
  of: (trial: Trial) => number | null;
  model: (trials: readonly Trial[]) => number | undefined;
};

/** The chat of the Oslo thesis: latency and server CPU of each transport, as a multiple of push. */
export function chatFigure(result: Result, all: readonly Trial[]): Figure | undefined {
  const trials = all.filter(({ parameters }) => parameters.publishEveryMs !== undefined);
  const push = trials.filter(({ transport }) => transport === 'push');
  if (push.length === 0 || trials.length === push.length) return undefined;
  const costs = pricesFrom(result.fits, [])?.http;
  const quantities: Quantity[] = [
    {
      id: 'delay',
      title: 'Mean latency, as a multiple of push',
      place: 0,
      of: ({ delayMs }) => delayMs.mean,
      model: (own) => spread(own.map(({ model }) => model?.meanMs))?.median,
    },
    {
      id: 'processor',
      title: 'Server CPU, as a multiple of push',
      place: 1,
      of: ({ server, durationMs }) => server.cpuMs / durationMs,
      model: (own) => spread(own.map((trial) => modelCpu(trial, costs)))?.median,
    },
  ];
  const delivered = trials.reduce((sum, { messages }) => sum + messages.delivered, 0);
  return {
    id: 'published-chat',
    title: `Chat under load: ${chatUnderLoad.clients} clients, each receives every message`,
    notes: [
      `${whole(delivered)} deliveries in this run. Each row compares one published stack with the lab’s own server. ${costs ? 'The model of server CPU uses the costs fitted in “Break-even”. The model covers push and short polls only.' : 'Server CPU has no model: this run fitted no costs.'}`,
    ],
    panels: quantities.map((quantity) => ratioPanel(quantity, trials)),
    table: chatTable(lanesOf(trials), costs),
    sources: [chatUnderLoad.source.full],
  };
}

/** Server CPU per second that the fitted costs predict: for push and short polls, all clients together. */
function modelCpu(trial: Trial, costs: PollCosts | undefined): number | undefined {
  const { transport, parameters, durationMs, appended } = trial;
  if (!costs) return undefined;
  const ratePerSecond = (appended * 1000) / durationMs;
  const { poll, push } = predictedCpu(costs, ratePerSecond, parameters.intervalMs ?? durationMs);
  if (transport === 'push') return push.value;
  return transport === 'short-poll' ? poll.value : undefined;
}

function ratioPanel(quantity: Quantity, trials: readonly Trial[]): ComparePanel {
  const ratios = ratiosOf(quantity, trials);
  const write = (value: number) => `${threeDigits(value)} ×`;
  const { axis, place } = compareAxis(
    'Multiple of push (log scale)',
    ratios.flatMap(({ published, measured, model }) =>
      [published, measured, model].filter((value) => value !== undefined),
    ),
    write,
  );
  return {
    kind: 'compare',
    id: `published-chat-${quantity.id}`,
    title: quantity.title,
    says: sentencePer(
      ratios.map(({ name, published, measured, model }) =>
        [
          `${quantity.title}, ${name}: published ${threeDigits(published)}`,
          measured === undefined ? '' : `measured ${threeDigits(measured)}`,
          model === undefined ? '' : `model ${threeDigits(model)}`,
        ]
          .filter(Boolean)
          .join(', '),
      ),
    ),
    size: 'half',
    axis,
    words: {
      hollow: 'published',
      filled: 'measured',
      ...(ratios.some(({ model }) => model !== undefined) && { model: 'model' }),
    },
    rows: ratios.map(({ name, transport, published, measured, model }) => ({
      name,
      transport,
      hollow: place(published, write(published)),
      ...(measured !== undefined && { filled: place(measured, write(measured)) }),
      ...(model !== undefined && { model: place(model, write(model)) }),
    })),
  };
}

function ratiosOf({ place, of, model }: Quantity, trials: readonly Trial[]): Ratio[] {
  const own = (transport: Trial['transport']) => trials.filter((trial) => trial.transport === transport);
  const push = spread(own('push').map(of))?.median;
  const pushModel = model(own('push'));
  return (['sse', 'long-poll', 'short-poll'] as const).flatMap((transport) => {
    const value = spread(own(transport).map(of))?.median;
    const expected = model(own(transport));
    return chatUnderLoad.measured.flatMap((stack) => {
      const published = publishedOf(stack, transport)?.[place];
      if (published === undefined) return [];
      return [
        {
          name: `${names[transport]}, ${stack.stack}`,
          transport,
          published: published / stack.push[place],
          ...(value && push && { measured: value / push }),
          ...(expected && pushModel && { model: expected / pushModel }),
        },
      ];
    });
  });
}

const names = { sse: 'SSE', 'long-poll': 'long poll', 'short-poll': 'short poll' };

function publishedOf(
  stack: (typeof chatUnderLoad.measured)[number],
  transport: Trial['transport'],
): readonly [number, number] | undefined {
  if (transport === 'push') return stack.push;
  if (transport === 'sse') return stack.sse;
  return transport === 'long-poll' ? stack.longPoll : stack.shortPoll;
}

function chatTable(lanes: readonly Lane[], costs: PollCosts | undefined): Table {
  const published = (transport: Trial['transport'], place: 0 | 1) =>
    chatUnderLoad.measured
      .flatMap((stack) => {
        const pair = publishedOf(stack, transport);
        return pair ? [`${stack.stack} ${threeDigits(pair[place])}`] : [];
      })
      .join(', ') || nothing;
  return {
    id: 'published-chat-table',
    caption:
      'Values of this run, and published values. The published values were measured on other machines years ago: compare the order of the transports, not the numbers.',
    columns: [
      wordColumn('transport'),
      numberColumn('runs'),
      numberColumn('deliveries'),
      numberColumn('mean latency', 'ms'),
      numberColumn('model: mean latency', 'ms'),
      wordColumn('published mean latency, ms'),
      numberColumn('server CPU', '% of a core'),
      numberColumn('model: server CPU', '% of a core'),
      wordColumn('published server CPU, % of a core'),
    ],
    rows: lanes.map(({ name, transport, trials }) => [
      wordCell(name),
      countCell(trials.length),
      countCell(trials.reduce((sum, { delayMs }) => sum + delayMs.count, 0)),
      spreadCell(spread(trials.map(({ delayMs }) => delayMs.mean))),
      spreadCell(spread(trials.map(({ model }) => model?.meanMs))),
      wordCell(published(transport, 0)),
      spreadCell(spread(trials.map(({ server, durationMs }) => (100 * server.cpuMs) / durationMs))),
      numberCell(spread(trials.map((trial) => percentOfCore(trial, costs)))?.median),
      wordCell(published(transport, 1)),
    ]),
  };
}

function percentOfCore(trial: Trial, costs: PollCosts | undefined): number | undefined {
  const perClient = modelCpu(trial, costs);
  return perClient === undefined ? undefined : (perClient * trial.clients.count) / 10;
}
