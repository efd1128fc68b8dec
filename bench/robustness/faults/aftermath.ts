import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bookProblems } from '../../analysis/books.ts';
import { drawReport } from '../../report-file.ts';
import { parseResult, type Result, type Trial } from '../../result.ts';
import { briefEntries } from './brief.ts';
import type { Ended, LabRun } from './lab-run.ts';

/** Failures after a fault of any kind. */
export const failings = [
  'stuck',
  'orphan',
  'exit code',
  'unreadable file',
  'left-over file',
  'no report',
  'silent loss',
] as const;

export type Problem = { failing: (typeof failings)[number]; sentence: string };

/** The allowed outcome of a fault. */
export type Expectation = {
  /** Further exit codes. Always allowed: 0 for a complete result, 1 for a complete result with a failed trial. */
  otherExitCodes?: readonly (number | string)[];
  /** No trial may fail. */
  mustSurvive?: boolean;
  /** Text on stderr with exit code 3. */
  remedy?: RegExp;
  /** The process that writes files was killed: it may leave a temporary file. */
  mayLeaveHalf?: boolean;
  /** Where to draw the report when the folder has no space for it. */
  drawElsewhere?: string;
};

/** What a lab left behind. `reasons`: why its trials failed. */
export type Aftermath = { exitCode: number | string; problems: Problem[]; reasons: string[] };

/** Checks everything that a lab leaves: processes, files, exit code, report and delivery accounting. */
export async function aftermath(run: LabRun, folder: string, expected: Expectation): Promise<Aftermath> {
  const ended = await run.end();
  if (!ended) {
    const waits = run.members.map(({ command }) => command).join(' | ');
    await run.orphans();
    const stuck: Problem = { failing: 'stuck', sentence: `the lab did not end: ${waits}` };
    return { exitCode: 'none', problems: [stuck], reasons: [] };
  }
  const orphans = (await run.orphans()).map(
    (command): Problem => ({ failing: 'orphan', sentence: `left running: ${command}` }),
  );
  const { result, problems } = await filesIn(folder, expected);
  return {
    exitCode: ended.exitCode,
    problems: [
      ...orphans,
      ...problems,
      ...(result ? bookKeeping(result) : []),
      ...exitCodeProblems(ended, run.stderr, result, expected),
    ],
    reasons: [...new Set(result?.trials.flatMap(({ error }) => error ?? []))],
  };
}

async function filesIn(
  folder: string,
  { mayLeaveHalf = false, drawElsewhere }: Expectation,
): Promise<{ result?: Result; problems: Problem[] }> {
  const problems: Problem[] = [];
  const files = readdirSync(folder);
  for (const file of files) {
    if (['results.json', 'report.html'].includes(file)) continue;
    if (mayLeaveHalf && file.startsWith('.results.json-')) continue;
    problems.push({ failing: 'left-over file', sentence: `left in the folder: ${file}` });
  }
  if (!files.includes('results.json')) return { problems };
  const path = join(folder, 'results.json');
  let result: Result;
  try {
    result = parseResult(readFileSync(path, 'utf8'));
  } catch (error) {
    const sentence = `results.json: ${(error as Error).message}`;
    return { problems: [...problems, { failing: 'unreadable file', sentence }] };
  }
  const page = files.includes('report.html')
    ? join(folder, 'report.html')
    : await drawReport(path, drawElsewhere ?? join(folder, 'report.html'));
  if (!page) problems.push({ failing: 'no report', sentence: 'the report of results.json cannot be drawn' });
  else if (!readFileSync(page, 'utf8').trimEnd().endsWith('</html>'))
    problems.push({ failing: 'unreadable file', sentence: 'report.html is cut short' });
  return { result, problems };
}

/** Every expected message is accounted for, or its trial failed with a reason. */
function bookKeeping({ lab, trials }: Result): Problem[] {
  const sentences = trials.flatMap((trial) =>
    trialProblems(trial).map((problem) => `${trial.id}: ${problem}`),
  );
  if (lab.status === 'complete' && trials.length !== briefEntries)
    sentences.push(`a complete run has ${briefEntries} entries, this one ${trials.length}`);
  return sentences.map((sentence) => ({ failing: 'silent loss', sentence }));
}

/** The short run drops nothing and exceeds no retention: a client that reconnects gets every message. */
function trialProblems({ status, error, messages, clients, appended }: Trial): string[] {
  if (status !== 'ok') return error ? [] : [`it has ${status} and does not say why`];
  const problems = bookProblems(messages, messages.dropped + messages.missed);
  if (messages.expected !== clients.count * appended)
    problems.push(`${messages.expected} messages expected by ${clients.count} clients of ${appended}`);
  if (messages.delivered !== messages.expected)
    problems.push(`${messages.delivered} of ${messages.expected} messages were delivered`);
  return problems;
}

function exitCodeProblems(
  { exitCode }: Ended,
  stderr: string,
  result: Result | undefined,
  { otherExitCodes = [], mustSurvive = false, remedy }: Expectation,
): Problem[] {
  const wrong = (why: string): Problem[] => [
    { failing: 'exit code', sentence: `exit code ${exitCode}: ${why}; its last lines: ${lastLines(stderr)}` },
  ];
  if (otherExitCodes.includes(exitCode)) {
    if (exitCode === 3 && remedy && !remedy.test(stderr)) return wrong(`found no line with ${remedy}`);
    return /\n {4}at /.test(stderr) ? wrong('a stack trace is no explanation') : [];
  }
  if (result?.lab.status !== 'complete') return wrong('the result is not complete');
  const failed = result.trials.find(({ status }) => status !== 'ok');
  if (mustSurvive && failed) return wrong(`${failed.id} failed (${failed.error})`);
  const asked = failed ? 1 : 0;
  return exitCode === asked ? [] : wrong(`the result asks for ${asked}`);
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' / ').slice(0, 400);
}
