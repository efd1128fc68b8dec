import { styleText } from 'node:util';
import { modelFits } from '../analysis/model-fit.ts';
import { counted, leadOf } from '../analysis/writing.ts';
import type { Finding, Result, Verdict } from '../result.ts';

const colours: Record<Verdict, 'green' | 'red' | 'yellow' | 'gray'> = {
  holds: 'green',
  'does not hold': 'red',
  depends: 'yellow',
  inconclusive: 'gray',
};

/** A terminal that nobody has enlarged shows 24 lines; the prompt takes one of them, and the question another. */
const linesMax = 25;
const lineWidth = 100;
const verdictWidth = 15;
const problemsMax = 3;

/** How much to say of each finding, from the most to the least. */
const depths: ((finding: Finding) => string)[] = [
  ({ sentence }) => sentence,
  ({ sentence }) => leadOf(sentence),
  () => '',
];

/**
 * What a run found, in at most 25 lines of 100 characters: every verdict, in as many words as fit, what went
 * wrong, and where the report is. With `verbose` every verdict in full, however long.
 */
export function writeSummary(result: Result, page: string, verbose = false): string {
  const end = ['', ...notes(result).flatMap((note) => wrap(note, lineWidth)), `Report: ${page}`];
  for (const depth of depths) {
    const verdicts = result.findings.flatMap((finding) => writeVerdict(finding, depth(finding)));
    if (verbose || depth === depths.at(-1) || verdicts.length + end.length <= linesMax)
      return [...verdicts, ...end].join('\n');
  }
  throw new Error('unreachable: the last depth is always written');
}

function writeVerdict({ verdict, claim }: Finding, sentence: string): string[] {
  const mark = colour(verdict.padEnd(verdictWidth), colours[verdict]);
  const indent = ' '.repeat(verdictWidth);
  const lines = sentence === '' ? [] : wrap(sentence, lineWidth - verdictWidth);
  return [`${mark}${colour(claim, 'bold')}`, ...lines.map((line) => indent + line)];
}

/** What a reader of the verdicts has to know of the run. */
function notes({ findings, trials, lab }: Result): string[] {
  const failed = trials.filter(({ status }) => status !== 'ok');
  const problems = failed.map(({ id, status, error }) => `${status}: ${id}: ${error}`);
  const more = problems.length - problemsMax;
  const fits = modelFits(trials);
  const misses = fits.filter((fit) => !fit.fits).length;
  return [
    ...(findings.some(({ provisional }) => provisional)
      ? ['Some verdicts come from fewer than 3 runs. Another run may give a different verdict.']
      : []),
    ...problems.slice(0, problemsMax).map(oneLine),
    ...(more > 0 ? [`${counted(more, 'more trial')} failed: the report lists each failure.`] : []),
    ...(misses > 0
      ? [
          `${misses} of ${counted(fits.length, 'model value')} outside tolerance: --verbose lists these values.`,
        ]
      : []),
    ...(lab.status === 'interrupted'
      ? ['The run was interrupted: the report has only the finished trials.']
      : []),
  ];
}

/** An error may be as long as a page; the report has all of it. */
function oneLine(problem: string): string {
  return problem.length <= lineWidth ? problem : `${problem.slice(0, lineWidth - 1)}…`;
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) as string;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function colour(text: string, style: 'green' | 'red' | 'yellow' | 'gray' | 'bold'): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}
