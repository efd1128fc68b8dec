import type { Result } from '../../bench/result.ts';
import type { Figure } from './figure.ts';
import { usableTrials } from './lanes.ts';
import { chatFigure } from './published-chat.ts';
import { headerFigures } from './published-headers.ts';
import { openDataFigure } from './published-open-data.ts';

/** Do the published numbers still hold? Headers, a chat under load and open data, each beside its source. */
export function publishedFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'published');
  const probes = result.probes.filter(({ experiment }) => experiment === 'published');
  const figures = [...headerFigures(probes), chatFigure(result, trials), openDataFigure(result, trials)];
  return figures.filter((figure) => figure !== undefined);
}
