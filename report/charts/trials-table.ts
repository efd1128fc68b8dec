import type { Result } from '../../bench/result.ts';
import type { Figure } from './figure.ts';
import { laneName, leftOutNotes, usableTrials } from './lanes.ts';
import { countCell, numberCell, numberColumn, wordCell, wordColumn } from './table.ts';

/** An experiment that nobody has drawn a chart for: its trials as a table, one row each. */
export function trialsTable(result: Result, experiment: string): Figure[] {
  const trials = usableTrials(result, experiment);
  if (trials.length === 0) return [];
  const id = `trials-${result.experiments.findIndex((text) => text.id === experiment)}`;
  return [
    {
      id,
      title: 'All trials',
      notes: leftOutNotes(result, experiment),
      panels: [],
      table: {
        id: `${id}-table`,
        caption: 'One row per trial.',
        columns: [
          wordColumn('transport'),
          numberColumn('run'),
          numberColumn('clients'),
          numberColumn('rate', 'messages/s'),
          numberColumn('deliveries'),
          numberColumn('latency p50', 'ms'),
          numberColumn('latency p99', 'ms'),
          numberColumn('maximum latency', 'ms'),
          numberColumn('requests'),
          numberColumn('server CPU', 'ms'),
        ],
        rows: trials.map(({ transport, parameters, repeat, clients, delayMs, requests, server }) => [
          wordCell(laneName(transport, parameters.intervalMs)),
          countCell(repeat),
          countCell(clients.count),
          numberCell(parameters.ratePerSecond),
          countCell(delayMs.count),
          numberCell(delayMs.p50),
          numberCell(delayMs.p99),
          numberCell(delayMs.max),
          countCell(requests.total),
          numberCell(server.cpuMs),
        ]),
      },
    },
  ];
}
