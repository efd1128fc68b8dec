import type { Result } from '../../bench/result.ts';
import { type Cell, type Table, wordCell, wordColumn } from '../charts/table.ts';

/** The claims of LAB.md, checked against the measurements of this run; `undefined` for a run without --check. */
export function claimsTable({ checks }: Result): Table | undefined {
  if (checks.length === 0) return undefined;
  const holding = checks.filter(({ outcome }) => outcome === 'holds').length;
  return {
    id: 'claims',
    caption: `${holding} of ${checks.length} claims of LAB.md hold here.`,
    columns: ['claim', 'outcome', 'experiment', 'measured'].map(wordColumn),
    rows: checks.map(({ says, outcome, experiment, measured }) => [
      wordCell(says),
      outcomeCell(outcome),
      wordCell(experiment),
      wordCell(measured),
    ]),
  };
}

function outcomeCell(outcome: Result['checks'][number]['outcome']): Cell {
  if (outcome === 'not tested') return wordCell(outcome);
  return { text: outcome, mark: outcome === 'holds' ? 'good' : 'bad' };
}
