import type { Result } from '../result.ts';
import { isMeant, isUsable } from './findings.ts';
import { threeDigits } from './writing.ts';

/** A reason to doubt a comparison: a topic for programs, and text for people. */
export type ComparisonWarning = {
  about: 'machine' | 'same run' | 'profile' | 'seed' | 'version' | 'environment' | 'interrupted' | 'left out';
  text: string;
};

/** Differences between two results besides their measurements, the most serious first. */
export function comparisonWarnings(a: Result, b: Result): ComparisonWarning[] {
  return [
    ...machineWarnings(a, b),
    ...sameRunWarnings(a, b),
    ...interruptedWarnings(a, 'A'),
    ...interruptedWarnings(b, 'B'),
    ...planWarnings(a, b),
    ...environmentWarnings(a, 'A'),
    ...environmentWarnings(b, 'B'),
    ...leftOutWarnings(a, 'A'),
    ...leftOutWarnings(b, 'B'),
  ];
}

/** The parts of a machine that affect its numbers, rounded: a few pages of memory more are the same machine. */
const machineParts: [string, (environment: Result['environment']) => string][] = [
  ['CPU', ({ cpu }) => cpu],
  ['cores', ({ cores }) => String(cores)],
  ['memory', ({ memoryBytes }) => `${threeDigits(memoryBytes / 1024 ** 3)} GiB`],
  ['OS', ({ os }) => os],
  ['Node', ({ node }) => node],
];

function machineWarnings(a: Result, b: Result): ComparisonWarning[] {
  const differing = machineParts.flatMap(([name, write]) => {
    const [before, after] = [write(a.environment), write(b.environment)];
    return before === after ? [] : [`${name} ${before} in A and ${after} in B`];
  });
  if (differing.length === 0) return [];
  const text = `The machines differ: ${differing.join('; ')}. The numbers compare machines, not transports.`;
  return [{ about: 'machine', text }];
}

function sameRunWarnings(a: Result, b: Result): ComparisonWarning[] {
  const sameRun =
    a.lab.startedAt === b.lab.startedAt &&
    a.lab.durationMs === b.lab.durationMs &&
    a.environment.commit === b.environment.commit;
  return sameRun ? [{ about: 'same run', text: 'Both files contain the same run.' }] : [];
}

function interruptedWarnings({ lab }: Result, side: string): ComparisonWarning[] {
  if (lab.status === 'complete') return [];
  const text =
    lab.status === 'interrupted'
      ? `The run of ${side} was interrupted: the remaining trials are missing.`
      : `The run of ${side} was still in progress when its file was written: the remaining trials are missing.`;
  return [{ about: 'interrupted', text }];
}

function planWarnings({ lab: a, ...before }: Result, { lab: b, ...after }: Result): ComparisonWarning[] {
  const warnings: ComparisonWarning[] = [];
  if (a.profile !== b.profile)
    warnings.push({
      about: 'profile',
      text: `The profiles differ: ${a.profile} in A and ${b.profile} in B. Their runs may differ in length.`,
    });
  if (a.seed !== b.seed)
    warnings.push({
      about: 'seed',
      text: `The seeds differ: ${a.seed} in A and ${b.seed} in B. Messages and polls were scheduled at other times.`,
    });
  const [madeA, madeB] = [
    `${a.version}, commit ${before.environment.commit}`,
    `${b.version}, commit ${after.environment.commit}`,
  ];
  if (madeA !== madeB)
    warnings.push({
      about: 'version',
      text: `The lab versions differ: ${madeA} in A and ${madeB} in B. The code may have caused a difference.`,
    });
  return warnings;
}

function environmentWarnings({ environment }: Result, side: string): ComparisonWarning[] {
  return environment.warnings.map((text) => ({
    about: 'environment',
    text: `Machine of ${side}: ${text}`,
  }));
}

function leftOutWarnings({ trials }: Result, side: string): ComparisonWarning[] {
  const meant = trials.filter(isMeant);
  const left = meant.filter((trial) => !isUsable(trial)).length;
  if (left === 0) return [];
  return [
    {
      about: 'left out',
      text: `${left} of the ${meant.length} trials of ${side} failed, were interrupted, or had a saturated load generator. They are left out.`,
    },
  ];
}
