import type { Result } from '../../bench/result.ts';
import { breakEvenFigures } from './experiments/break-even.ts';
import { brokerFigures } from './experiments/broker.ts';
import { chatRoomFigures } from './experiments/chat-room.ts';
import { crowdFigures } from './experiments/crowd.ts';
import { distanceFigures } from './experiments/distance.ts';
import { freshnessFigures } from './experiments/freshness.ts';
import { herdFigures } from './experiments/herd.ts';
import { honestFigures } from './experiments/honest.ts';
import { idleCostFigures } from './experiments/idle-cost.ts';
import { lightClientFigures } from './experiments/light-client.ts';
import { offlineFigures } from './experiments/offline.ts';
import { overwhelmedFigures } from './experiments/overwhelmed.ts';
import { pathFigures } from './experiments/path.ts';
import { publishedFigures } from './experiments/published.ts';
import type { Figure } from './figure.ts';
import { laneName, leftOutNotes, usableTrials } from './lanes.ts';
import { maxLatency, p50, p99 } from './metrics.ts';
import { counts, numbers, tableOf, words } from './table.ts';

/** The figures of each experiment that has a chart of its own. A new chart is entered here. */
const figuresOf: Record<string, (result: Result) => Figure[]> = {
  freshness: freshnessFigures,
  distance: distanceFigures,
  'idle-cost': idleCostFigures,
  'break-even': breakEvenFigures,
  'light-client': lightClientFigures,
  crowd: crowdFigures,
  overwhelmed: overwhelmedFigures,
  offline: offlineFigures,
  herd: herdFigures,
  path: pathFigures,
  'chat-room': chatRoomFigures,
  broker: brokerFigures,
  published: publishedFigures,
  honest: honestFigures,
};

/** Whether an experiment has charts of its own. */
export function hasFigures(experiment: string): boolean {
  return Object.hasOwn(figuresOf, experiment);
}

/** The figures of an experiment; one without a chart of its own gets its trials as a table. */
export function experimentFigures(result: Result, experiment: string): Figure[] {
  const draw = hasFigures(experiment) ? figuresOf[experiment] : undefined;
  return draw ? draw(result) : trialsTable(result, experiment);
}

function trialsTable(result: Result, experiment: string): Figure[] {
  const trials = usableTrials(result, experiment);
  if (trials.length === 0) return [];
  const id = `trials-${result.experiments.findIndex((text) => text.id === experiment)}`;
  return [
    {
      id,
      title: 'All trials',
      notes: leftOutNotes(result, experiment),
      panels: [],
      table: tableOf({ id: `${id}-table`, caption: 'Each row is one trial.' }, trials, [
        words('transport', ({ transport, parameters }) => laneName(transport, parameters.intervalMs)),
        counts('run', ({ repeat }) => repeat),
        counts('clients', ({ clients }) => clients.count),
        numbers('rate', 'messages/s', ({ parameters }) => parameters.ratePerSecond),
        counts('deliveries', ({ delayMs }) => delayMs.count),
        ...[p50, p99, maxLatency].map(({ name, unit, read }) => numbers(name, unit, read)),
        counts('requests', ({ requests }) => requests.total),
        numbers('server CPU', 'ms', ({ server }) => server.cpuMs),
      ]),
    },
  ];
}
