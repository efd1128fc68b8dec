import type { Finding } from '../../bench/result.ts';

/** The lines of the lecture, in its order, and the experiments that test each. */
const lectureLines: { line: string; experiments: string[] }[] = [
  { line: 'Pro 1: push is real time', experiments: ['freshness', 'distance', 'crowd'] },
  { line: 'Pro 2: the client doesn’t have to request anything', experiments: ['idle-cost'] },
  { line: 'Con 1: the client must be online', experiments: ['offline', 'herd'] },
  { line: 'Con 2: clients might not be able to handle the load', experiments: ['overwhelmed'] },
  { line: 'Con 3: push requires a bidirectional protocol', experiments: ['path'] },
  {
    line: 'Con 4: polling is only preferred for light clients',
    experiments: ['light-client', 'break-even'],
  },
  { line: 'The lecture’s example: tell everybody', experiments: ['chat-room'] },
  { line: 'The lecture’s system: RabbitMQ', experiments: ['broker'] },
  { line: 'Beyond the lecture: published results and benchmarks', experiments: ['published', 'honest'] },
];

/** The findings under the lines that they are about; those about no line come last, under no name. */
export function byLectureLine(findings: readonly Finding[]): { line: string; findings: Finding[] }[] {
  const known = new Set(lectureLines.flatMap(({ experiments }) => experiments));
  const groups = lectureLines.map(({ line, experiments }) => ({
    line,
    findings: experiments.flatMap((id) => findings.filter(({ experiment }) => experiment === id)),
  }));
  const others = findings.filter(({ experiment }) => !known.has(experiment));
  return [...groups, { line: 'Other experiments', findings: others }].filter(
    (group) => group.findings.length > 0,
  );
}
