import { pricesFrom } from '../../../bench/analysis/advice.ts';
import { type PollCosts, predictedCpu } from '../../../bench/analysis/break-even.ts';
import { chatUnderLoad } from '../../../bench/analysis/published.ts';
import { spread } from '../../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../../bench/result.ts';
import { nothing, threeDigits, whole } from '../../units.ts';
import type { ComparePanel, Figure } from '../figure.ts';
import { lanesOf } from '../lanes.ts';
import { meanLatency, modelMean, type Read } from '../metrics.ts';
import { type Compared, compare } from '../panels.ts';
import { deliveries, medians, names, numbers, runsColumn, tableOf, words } from '../table.ts';

/** Which number of a published pair, how ours is taken from a trial, and what the model says of the same trial. */
type Quantity = { id: string; title: string; place: 0 | 1; read: Read; model: Read };

/** The chat of the Oslo thesis: latency and server CPU of each transport, as a multiple of push. */
export function chatFigure(result: Result, all: readonly Trial[]): Figure[] {
  const trials = all.filter(({ parameters }) => parameters.publishEveryMs !== undefined);
  const push = trials.filter(({ transport }) => transport === 'push');
  if (push.length === 0 || trials.length === push.length) return [];
  const costs = pricesFrom(result.fits, [])?.http;
  const quantities: Quantity[] = [
    {
      id: 'delay',
      title: 'Mean latency, as a multiple of push',
      place: 0,
      read: meanLatency.read,
      model: modelMean.read,
    },
    {
      id: 'processor',
      title: 'Server CPU, as a multiple of push',
      place: 1,
      read: ({ server, durationMs }) => server.cpuMs / durationMs,
      model: (trial) => modelCpu(trial, costs),
    },
  ];
  const delivered = trials.reduce((sum, { messages }) => sum + messages.delivered, 0);
  const figure: Figure = {
    id: 'published-chat',
    title: `Chat under load: ${chatUnderLoad.clients} clients, each receives every message`,
    notes: [
      `This run has ${whole(delivered)} deliveries. Each row compares one published stack with the lab’s own server. ${costs ? 'The model of server CPU uses the costs fitted in “Break-even”. The model covers push and short polls only.' : 'Server CPU has no model: this run fitted no costs.'}`,
    ],
    panels: quantities.map((quantity) => ratioPanel(quantity, trials)),
    table: tableOf(
      {
        id: 'published-chat-table',
        caption:
          'Values of this run, and published values. The published values come from older machines: compare the order of the transports, not the numbers.',
      },
      lanesOf(trials),
      [
        names('transport'),
        runsColumn,
        deliveries,
        medians(meanLatency),
        medians(modelMean),
        words('published mean latency, ms', ({ transport }) => publishedWords(transport, 0)),
        medians({
          name: 'server CPU',
          unit: '% of a core',
          read: ({ server, durationMs }) => (100 * server.cpuMs) / durationMs,
        }),
        numbers(
          'model: server CPU',
          '% of a core',
          ({ runs }) => spread(runs.map((trial) => percentOfCore(trial, costs)))?.median,
        ),
        words('published server CPU, % of a core', ({ transport }) => publishedWords(transport, 1)),
      ],
    ),
    sources: [chatUnderLoad.source.full],
  };
  return [figure];
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
  const rows = ratiosOf(quantity, trials);
  return compare(
    { id: `published-chat-${quantity.id}`, title: quantity.title, size: 'half' },
    'Multiple of push (log scale)',
    {
      hollow: 'published',
      filled: 'measured',
      ...(rows.some(({ model }) => model !== undefined) && { model: 'model' }),
    },
    rows,
    (value) => `${threeDigits(value)} ×`,
  );
}

/** The ratio to push of each published stack, beside ours. */
function ratiosOf({ place, read, model }: Quantity, trials: readonly Trial[]): Compared[] {
  const median = (transport: Trial['transport'], of: Read) =>
    spread(trials.filter((trial) => trial.transport === transport).map(of))?.median;
  const [push, pushModel] = [median('push', read), median('push', model)];
  return (['sse', 'long-poll', 'short-poll'] as const).flatMap((transport) => {
    const [value, expected] = [median(transport, read), median(transport, model)];
    return chatUnderLoad.measured.flatMap((stack) => {
      const published = publishedOf(stack, transport)?.[place];
      if (published === undefined) return [];
      return [
        {
          name: `${shortNames[transport]}, ${stack.stack}`,
          transport,
          hollow: published / stack.push[place],
          ...(value && push && { filled: value / push }),
          ...(expected && pushModel && { model: expected / pushModel }),
        },
      ];
    });
  });
}

const shortNames = { sse: 'SSE', 'long-poll': 'long poll', 'short-poll': 'short poll' };

function publishedOf(
  stack: (typeof chatUnderLoad.measured)[number],
  transport: Trial['transport'],
): readonly [number, number] | undefined {
  if (transport === 'push') return stack.push;
  if (transport === 'sse') return stack.sse;
  return transport === 'long-poll' ? stack.longPoll : stack.shortPoll;
}

function publishedWords(transport: Trial['transport'], place: 0 | 1): string {
  const values = chatUnderLoad.measured.flatMap((stack) => {
    const pair = publishedOf(stack, transport);
    return pair ? [`${stack.stack} ${threeDigits(pair[place])}`] : [];
  });
  return values.join(', ') || nothing;
}

function percentOfCore(trial: Trial, costs: PollCosts | undefined): number | undefined {
  const perClient = modelCpu(trial, costs);
  return perClient === undefined ? undefined : (perClient * trial.clients.count) / 10;
}
