import { styleText } from 'node:util';
import type { Result, Verdict } from '../result.ts';

const colours: Record<Verdict, 'green' | 'red' | 'yellow' | 'gray'> = {
  holds: 'green',
  'does not hold': 'red',
  depends: 'yellow',
  inconclusive: 'gray',
};

const verdictWidth = 15;
const lineWidth = 100;

/** The verdicts as a table for the terminal, then what went wrong, if anything did. */
export function writeVerdicts({ findings, trials, lab }: Result): string {
  const rows = findings.map(({ verdict, provisional, claim, sentence }) => {
    const mark = colour(verdict.padEnd(verdictWidth), colours[verdict]);
    const doubt = provisional ? ' (provisional: fewer than three repeats)' : '';
    const lines = wrap(sentence, lineWidth - verdictWidth).map((line) => ' '.repeat(verdictWidth) + line);
    return [`${mark}${colour(claim, 'bold')}${doubt}`, ...lines].join('\n');
  });
  const failed = trials.filter(({ status }) => status !== 'ok');
  const problems = failed.map(({ id, status, error }) => `${status}: ${id}: ${error}`);
  if (lab.status === 'interrupted')
    problems.push('The run was interrupted: the result holds what was done by then.');
  return [...rows, ...problems].join('\n\n');
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
