import { longPollRequestsPerSecond, shortPollRequestsPerSecond } from '../../bench/analysis/models.ts';
import { spread } from '../../bench/analysis/statistics.ts';
import {
  emptyShare,
  memoryPerClientKiB,
  requestsPerMessage,
  requestsPerSecond,
  serverCpuPerSecond,
} from '../../bench/analysis/trial-quantities.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { kibibyte, sentencePer, threeDigits } from '../units.ts';
import type { BarPanel, Figure } from './figure.ts';
import { roundAbove } from './figure.ts';
import { type Lane, lanesOf, leftOutNotes, usableTrials } from './lanes.ts';
import {
  countCell,
  numberColumn,
  severalRuns,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';

/**
 * What does waiting cost? One panel per price: requests, empty responses, bytes, the server's CPU and
 * memory, and the clients' CPU. Bars from zero, because bars are lengths.
 */
export function idleCostFigures(result: Result): Figure[] {
  const lanes = lanesOf(usableTrials(result, 'idle-cost'));
  if (lanes.length === 0) return [];
  return [
    {
      id: 'idle-cost-prices',
      title: 'Six costs of idle clients',
      notes: [
        `${sizeSentence(lanes)} Dashed lines: the prediction of the model.`,
        ...leftOutNotes(result, 'idle-cost'),
      ],
      panels: prices.map((price) => pricePanel(price, lanes)),
      table: priceTable(lanes),
    },
  ];
}

/** One price. `of` gives it for a trial, `undefined` where it does not exist, and then `missing` says why. */
type Price = {
  id: string;
  title: string;
  axis: string;
  unit: string;
  of: (trial: Trial) => number | undefined;
  missing: string;
  model?: (trial: Trial) => number | undefined;
};

const prices: Price[] = [
  {
    id: 'requests',
    title: 'Requests sent by the clients',
    axis: 'Requests per second',
    unit: 'per second',
    of: requestsPerSecond,
    missing: 'none',
    model: modelRequestsPerSecond,
  },
  {
    id: 'empty',
    title: 'Empty responses',
    axis: 'Share of requests (%)',
    unit: '%',
    of: (trial) => percent(emptyShare(trial)),
    missing: 'no requests',
  },
  {
    id: 'bytes',
    title: 'Bytes in both directions',
    axis: 'Traffic (KiB per second)',
    unit: 'KiB/s',
    of: ({ bytes, durationMs }) => perSecond(bytes.toClients + bytes.toServer, durationMs) / kibibyte,
    missing: 'not measured',
  },
  {
    id: 'processor',
    title: 'Server CPU',
    axis: 'Server CPU (ms per second)',
    unit: 'ms/s',
    of: serverCpuPerSecond,
    missing: 'not measured',
  },
  {
    id: 'memory',
    title: 'Server memory per idle client (heap and buffers, plaintext)',
    axis: 'Server memory (KiB per client)',
    unit: 'KiB',
    of: memoryPerClientKiB,
    missing: 'not measured',
  },
  {
    id: 'client-processor',
    title: 'CPU of all clients',
    axis: 'Client CPU (ms per second)',
    unit: 'ms/s',
    of: ({ clients, durationMs }) =>
      clients.cpuMs === null ? undefined : perSecond(clients.cpuMs, durationMs),
    missing: 'not measured',
  },
];

function pricePanel(price: Price, lanes: readonly Lane[]): BarPanel {
  const rows = lanes.map(({ name, transport, trials }) => {
    const value = spread(trials.map(price.of));
    const model = price.model && spread(trials.map(price.model));
    return {
      name,
      transport,
      value: value ? value.median : null,
      text: value ? threeDigits(value.median) : price.missing,
      ...(value && value.runs > 1 && { low: value.low, high: value.high }),
      ...(model && { model: model.median }),
    };
  });
  const longest = Math.max(
    ...rows.map(({ value, high, model }) => Math.max(value ?? 0, high ?? 0, model ?? 0)),
  );
  return {
    kind: 'bars',
    id: `idle-cost-${price.id}`,
    title: price.title,
    says: `${price.title}. ${sentencePer(rows.map(({ name, value, text }) => `${price.title}, ${name}: ${text}${value === null ? '' : ` ${price.unit}`}`))}`,
    size: 'half',
    x: { title: price.axis, scale: 'linear', unit: 'number', min: 0, max: roundAbove(longest) },
    rows,
  };
}

/** Requests per second of all clients by the model, for as many messages as really came: nothing for push, N/T for short polls. */
function modelRequestsPerSecond({ transport, parameters, appended, durationMs }: Trial): number | undefined {
  const { clients, intervalMs, holdMs, schedule } = parameters;
  if (transport === 'short-poll' && intervalMs) return shortPollRequestsPerSecond(clients, intervalMs);
  if (transport !== 'long-poll' || !holdMs) return undefined;
  return clients * longPollRequestsPerSecond(schedule, perSecond(appended, durationMs), holdMs);
}

function priceTable(lanes: readonly Lane[]): Table {
  return {
    id: 'idle-cost-table',
    caption: `The six costs in numbers. ${severalRuns}`,
    columns: [
      wordColumn('transport'),
      numberColumn('clients'),
      numberColumn('runs'),
      numberColumn('requests', '/s'),
      numberColumn('model: requests', '/s'),
      numberColumn('empty responses', '%'),
      numberColumn('requests per message'),
      numberColumn('bytes', 'KiB/s'),
      numberColumn('server CPU', 'ms/s'),
      numberColumn('server memory (heap and buffers, plaintext)', 'KiB per client'),
      numberColumn('client CPU', 'ms/s'),
    ],
    rows: lanes.map(({ name, trials }) => [
      wordCell(name),
      countCell(trials[0]?.clients.count ?? 0),
      countCell(trials.length),
      ...[prices[0]?.of, modelRequestsPerSecond, prices[1]?.of, requestsPerMessage].map((of) =>
        spreadCell(of && spread(trials.map(of))),
      ),
      ...prices.slice(2).map(({ of }) => spreadCell(spread(trials.map(of)))),
    ]),
  };
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : 100 * share;
}

function sizeSentence(lanes: readonly Lane[]): string {
  const parameters = lanes[0]?.trials[0]?.parameters;
  if (!parameters) return '';
  return `${threeDigits(parameters.clients)} clients per transport, ${threeDigits(parameters.ratePerSecond)} messages per second.`;
}

function perSecond(value: number, durationMs: number): number {
  return (value * 1000) / durationMs;
}
