import type { Result } from '../../bench/result.ts';
import { breakEvenFigures } from './break-even.ts';
import { brokerFigures } from './broker.ts';
import { chatRoomFigures } from './chat-room.ts';
import { crowdFigures } from './crowd.ts';
import { distanceFigures } from './distance.ts';
import type { Figure } from './figure.ts';
import { freshnessFigures } from './freshness.ts';
import { herdFigures } from './herd.ts';
import { honestFigures } from './honest.ts';
import { idleCostFigures } from './idle-cost.ts';
import { lightClientFigures } from './light-client.ts';
import { offlineFigures } from './offline.ts';
import { overwhelmedFigures } from './overwhelmed.ts';
import { pathFigures } from './path.ts';
import { publishedFigures } from './published.ts';
import { trialsTable } from './trials-table.ts';

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
