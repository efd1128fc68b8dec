import type { Result, Trial } from '../../bench/result.ts';
import { usableTrials } from '../charts/lanes.ts';
import { counted, threeDigits, whole } from '../units.ts';

/**
 * Why the comparison is fair, in numbers: all transports received the same messages from one source at the same
 * time. `undefined` where no trials ran side by side.
 */
export function fairnessSentence(result: Result): string | undefined {
  const runs = sideBySideRuns(result);
  const [first] = runs;
  if (!first) return undefined;
  const transports = new Set(first.map(({ transport }) => transport)).size;
  const appended = runs.map(([trial]) => trial?.appended ?? 0);
  const exactlyOnce = runs
    .flat()
    .every(({ messages }) => messages.delivered === messages.expected && messages.duplicated === 0);
  return [
    `One source in one server sent the same ${range(appended)} messages (seed ${result.lab.seed}) to ${transports} transports at the same time.`,
    `Each transport had ${counted(first[0]?.clients.count ?? 0, 'client')}${runs.length > 1 ? `, in each of ${runs.length} runs` : ''}.`,
    exactlyOnce
      ? `All ${whole(sumDelivered(runs))} expected messages arrived exactly once.`
      : 'Missing and duplicated messages are listed under “Delivery accounting”.',
  ].join(' ');
}

/** Usable trials of the first experiment with trials that ran at the same time on one source. */
function sideBySideRuns(result: Result): Trial[][] {
  for (const { id } of result.experiments) {
    const trials = usableTrials(result, id);
    const sources = [...new Set(trials.map(({ together }) => together))];
    const runs = sources
      .map((source) => trials.filter(({ together }) => together === source))
      .filter(({ length }) => length > 1);
    // The sentence names one number of clients, so runs with another number are left out.
    const clients = runs[0]?.[0]?.clients.count;
    if (runs.length > 0) return runs.filter(([trial]) => trial?.clients.count === clients);
  }
  return [];
}

function sumDelivered(runs: readonly Trial[][]): number {
  return runs.flat().reduce((sum, { messages }) => sum + messages.delivered, 0);
}

function range(values: readonly number[]): string {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return low === high ? whole(low) : `${threeDigits(low)} to ${threeDigits(high)}`;
}
