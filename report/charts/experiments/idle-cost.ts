import { longPollRequestsPerSecond, shortPollRequestsPerSecond } from '../../../bench/analysis/models.ts';
import {
  emptyShare,
  memoryPerClientKiB,
  requestsPerSecond,
  serverCpuPerSecond,
} from '../../../bench/analysis/trial-quantities.ts';
import type { Result, Trial } from '../../../bench/result.ts';
import { kibibyte, threeDigits } from '../../units.ts';
import type { Figure } from '../figure.ts';
import { lanesOf, leftOutNotes, usableTrials } from '../lanes.ts';
import { bytesInAll, type DrawnMetric, perSecond, requestsEach } from '../metrics.ts';
import { bars } from '../panels.ts';
import { counts, medians, names, runsColumn, severalRuns, tableOf } from '../table.ts';

const requests: DrawnMetric = {
  id: 'requests',
  title: 'Requests sent by the clients',
  axis: 'Requests per second',
  name: 'requests',
  unit: '/s',
  read: requestsPerSecond,
  model: modelRequestsPerSecond,
};
const empty: DrawnMetric = {
  id: 'empty',
  title: 'Empty responses',
  axis: 'Share of requests (%)',
  name: 'empty responses',
  unit: '%',
  read: (trial) => {
    const share = emptyShare(trial);
    return share === undefined ? undefined : 100 * share;
  },
  absent: 'no requests',
};
const others: DrawnMetric[] = [
  {
    id: 'bytes',
    title: 'Bytes in both directions',
    axis: 'Traffic (KiB per second)',
    name: 'bytes',
    unit: 'KiB/s',
    read: (trial) => (perSecond(bytesInAll)(trial) ?? 0) / kibibyte,
  },
  {
    id: 'processor',
    title: 'Server CPU',
    axis: 'Server CPU (ms per second)',
    name: 'server CPU',
    unit: 'ms/s',
    read: serverCpuPerSecond,
  },
  {
    id: 'memory',
    title: 'Server memory per idle client (heap and buffers, plaintext)',
    axis: 'Server memory (KiB per client)',
    name: 'server memory (heap and buffers, plaintext)',
    unit: 'KiB per client',
    read: memoryPerClientKiB,
  },
  {
    id: 'client-processor',
    title: 'CPU of all clients',
    axis: 'Client CPU (ms per second)',
    name: 'client CPU',
    unit: 'ms/s',
    read: perSecond(({ clients }) => clients.cpuMs),
  },
];

/** What does waiting cost? A panel per cost. Bars from zero, because bars are lengths. */
export function idleCostFigures(result: Result): Figure[] {
  const lanes = lanesOf(usableTrials(result, 'idle-cost'));
  const parameters = lanes[0]?.runs[0]?.parameters;
  if (!parameters) return [];
  const size = `${threeDigits(parameters.clients)} clients per transport, ${threeDigits(parameters.ratePerSecond)} messages per second.`;
  return [
    {
      id: 'idle-cost-prices',
      title: 'Six costs of idle clients',
      notes: [
        `${size} The dashed lines show the prediction of the model.`,
        ...leftOutNotes(result, 'idle-cost'),
      ],
      panels: [requests, empty, ...others].map((cost) =>
        bars({ id: `idle-cost-${cost.id}`, size: 'half' }, cost, lanes),
      ),
      table: tableOf({ id: 'idle-cost-table', caption: `Six costs of idle clients. ${severalRuns}` }, lanes, [
        names('transport'),
        counts('clients', ({ runs }) => runs[0]?.clients.count ?? 0),
        runsColumn,
        medians(requests),
        medians({ name: 'model: requests', unit: '/s', read: modelRequestsPerSecond }),
        ...[empty, requestsEach, ...others].map(medians),
      ]),
    },
  ];
}

/** Requests per second of all clients by the model, for as many messages as really came: nothing for push, N/T for short polls. */
function modelRequestsPerSecond({ transport, parameters, appended, durationMs }: Trial): number | undefined {
  const { clients, intervalMs, holdMs, schedule } = parameters;
  if (transport === 'short-poll' && intervalMs) return shortPollRequestsPerSecond(clients, intervalMs);
  if (transport !== 'long-poll' || !holdMs) return undefined;
  return clients * longPollRequestsPerSecond(schedule, (appended * 1000) / durationMs, holdMs);
}
