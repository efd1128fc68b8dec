import type { Result, Trial } from '../../bench/result.ts';
import { usableTrials } from '../charts/lanes.ts';
import { counted, threeDigits, whole } from '../units.ts';

/**
 * Says what makes the comparison fair, in numbers: which messages all transports got from one
 * source at once. `undefined` where no trials ran side by side.
 */
export function fairnessSentence(result: Result): string | undefined {
  const runs = sideBySideRuns(result);
  const [first] = runs;
  if (!first) return undefined;
  const transports = new Set(first.map(({ transport }) => transport)).size;
  const appended = runs.map(([trial]) => trial?.appended ?? 0);
  const balanced = runs.flat().every(({ messages }) => messages.delivered === messages.expected);
  return [
    `The same ${range(appended)} messages (seed ${result.lab.seed}) went to all ${transports} transports at once,`,
    `from one source in one server, to ${counted(first[0]?.clients.count ?? 0, 'client')} of each${runs.length > 1 ? `, in each of ${runs.length} runs` : ''}.`,
    balanced
      ? `All ${whole(sumDelivered(runs))} deliveries arrived, none twice.`
      : 'What did not arrive is in the books below.',
  ].join(' ');
}

/** Usable trials of the first experiment that has some which ran at once on one source. */
function sideBySideRuns(result: Result): Trial[][] {
  for (const { id } of result.experiments) {
    const trials = usableTrials(result, id);
    const sources = [...new Set(trials.map(({ together }) => together))];
    const runs = sources
      .map((source) => trials.filter(({ together }) => together === source))
      .filter(({ length }) => length > 1);
    // A class comes in any number; what is said of one is said of those that were as many.
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
