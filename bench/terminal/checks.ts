import type { Check, Result } from '../result.ts';

const marks: Record<Check['outcome'], string> = {
  holds: 'holds',
  'does not hold': 'DOES NOT HOLD',
  'not tested': 'not tested',
};

/** How many claims of LAB.md hold here, each with its figures; nothing where none was checked. */
export function writeChecks({ checks, lab }: Result): string {
  if (checks.length === 0) return '';
  const holding = checks.filter(({ outcome }) => outcome === 'holds').length;
  const untested = checks.filter(({ outcome }) => outcome === 'not tested').length;
  const rows = checks.map(
    ({ outcome, id, says, measured }) =>
      `${marks[outcome].padEnd(14)} ${id}\n${' '.repeat(15)}${says}\n${' '.repeat(15)}${measured}`,
  );
  return [
    'Claims of LAB.md',
    ...rows,
    `${holding} of ${checks.length} hold here${untested > 0 ? `; ${untested} could not be tested` : ''}${lab.status === 'interrupted' ? ' (the run was interrupted)' : ''}.`,
  ].join('\n');
}
