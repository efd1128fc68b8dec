import { spread } from '../../bench/analysis/statistics.ts';
import type { Trial } from '../../bench/result.ts';
import { counted, nothing, sentencePer, threeDigits } from '../units.ts';
import { type BarPanel, type Figure, roundAbove } from './figure.ts';
import { lanesOf } from './lanes.ts';
import {
  countCell,
  numberColumn,
  severalRuns,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';

/** What one delivered message costs by each transport. A panel for each load: costs compare at one load only. */
export function deliveriesFigure(trials: readonly Trial[]): Figure | undefined {
  const sides = trials.filter(({ transport }) => transport === 'sse' || transport === 'long-poll');
  const bursts = trials.filter(({ parameters }) => parameters.schedule === 'burst');
  const loads = [
    ...distinct(sides.map(({ parameters }) => parameters.ratePerSecond)).map((rate) => ({
      id: `break-even-delivery-${rate}`.replaceAll('.', '-'),
      title: `${counted(rate, 'message')} per second, sent one by one`,
      trials: trials.filter(
        ({ transport, parameters }) =>
          transport !== 'short-poll' && parameters.schedule !== 'burst' && parameters.ratePerSecond === rate,
      ),
    })),
    {
      id: 'break-even-delivery-burst',
      title: `${counted(bursts[0]?.parameters.ratePerSecond ?? 0, 'message')} per second, in bursts of ten`,
      trials: bursts,
    },
  ].filter(({ trials }) => trials.length > 0);
  if (loads.length === 0) return undefined;
  return {
    id: 'break-even-deliveries',
    title: 'Server CPU per delivered message',
    notes: [
      'Each panel has its own scale: compare bars within a panel only. A delivery costs more at a low message rate, because each message has to wake up the process.',
    ],
    panels: loads.map(deliveryPanel),
    table: deliveryTable(loads),
  };
}

type Load = { id: string; title: string; trials: Trial[] };

function deliveryPanel({ id, title: load, trials }: Load, index: number, all: readonly Load[]): BarPanel {
  const rows = lanesOf(trials).map(({ name, transport, trials: own }) => {
    const value = spread(own.map(deliveryUs));
    return {
      name,
      transport,
      value: value ? value.median : null,
      text: value ? threeDigits(value.median) : nothing,
      ...(value && value.runs > 1 && { low: value.low, high: value.high }),
    };
  });
  const title = `Server CPU per delivery, ${load}`;
  return {
    kind: 'bars',
    id,
    title,
    says: `${title}. ${sentencePer(rows.map(({ name, text }) => `${name}: ${text} µs of server CPU per delivery`))}`,
    size: index === all.length - 1 && all.length % 2 === 1 ? 'wide' : 'half',
    x: {
      title: 'Server CPU (µs per delivery)',
      scale: 'linear',
      unit: 'number',
      min: 0,
      max: roundAbove(Math.max(...rows.map(({ value, high }) => Math.max(value ?? 0, high ?? 0)))),
    },
    rows,
  };
}

function deliveryUs({ server, messages }: Trial): number | undefined {
  return messages.delivered > 0 ? (server.cpuMs * 1000) / messages.delivered : undefined;
}

function deliveryTable(loads: readonly Load[]): Table {
  return {
    id: 'break-even-deliveries-table',
    caption: `Deliveries, requests and server CPU by load and transport. ${severalRuns}`,
    columns: [
      wordColumn('load'),
      wordColumn('transport'),
      numberColumn('runs'),
      numberColumn('deliveries'),
      numberColumn('requests per message'),
      numberColumn('server CPU', 'µs per delivery'),
    ],
    rows: loads.flatMap(({ title, trials }) =>
      lanesOf(trials).map((lane) => [
        wordCell(title),
        wordCell(lane.name),
        countCell(lane.trials.length),
        countCell(lane.trials.reduce((sum, { messages }) => sum + messages.delivered, 0)),
        spreadCell(
          spread(
            lane.trials.map(({ requests, messages }) =>
              messages.delivered > 0 ? requests.total / messages.delivered : undefined,
            ),
          ),
        ),
        spreadCell(spread(lane.trials.map(deliveryUs))),
      ]),
    ),
  };
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
