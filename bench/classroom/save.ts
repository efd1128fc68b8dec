import { basename, join } from 'node:path';
import type { Saved } from '../../clients/classroom/protocol.ts';
import { labVersion } from '../harness/machine/environment.ts';
import { drawReport } from '../report-file.ts';
import { type Result, type Segment, schemaVersion, type Vote } from '../result.ts';
import { newRunFolder, saveResult } from '../result-file.ts';
import type { ClosedVote } from './votes.ts';

/** All there is to say of a lesson. */
export type LessonRecord = {
  startedAt: Date;
  durationMs: number;
  seed: number;
  environment: Result['environment'];
  segments: Segment[];
  /** Segments that were not kept. */
  dropped: number;
  votes: readonly ClosedVote[];
};

/** Makes the folder of a lesson. Throws where it can't be made. `parent`: default with the lab's runs. */
export function lessonFolder(startedAt: Date, parent?: string): string {
  return newRunFolder(startedAt, 'classroom', parent);
}

/**
 * Writes a lesson into its folder as the lab writes a run: a result file and its report. Saved again, a lesson
 * replaces what was saved of it before.
 */
export async function saveLesson(folder: string, lesson: LessonRecord): Promise<Saved> {
  const resultFile = saveResult(folder, resultOf(lesson));
  const reportFile = join(folder, 'report.html');
  if (!(await drawReport(resultFile, reportFile)))
    throw new NotDrawn(
      `the result is saved in ${resultFile}, but the report could not be rendered: read the error in the terminal`,
    );
  return { resultFile, reportFile, reportPath: `/report/${basename(folder)}` };
}

/** The result is there, and its report is not. */
class NotDrawn extends Error {
  readonly status = 503;
}

function resultOf(lesson: LessonRecord): Result {
  const { startedAt, durationMs, seed, environment, segments, dropped, votes } = lesson;
  return {
    schemaVersion,
    lab: {
      version: labVersion(),
      profile: 'classroom',
      seed,
      command: 'npm run classroom',
      startedAt: startedAt.toISOString(),
      durationMs,
      status: 'complete',
    },
    environment,
    experiments: [],
    trials: [],
    capacities: [],
    probes: [],
    fits: [],
    pairs: [],
    figures: [],
    findings: [],
    checks: [],
    votes: votes.map(voteOf),
    lesson: { segments, dropped },
  };
}

function voteOf({ question: { text, choices, right }, counts, measured }: ClosedVote): Vote {
  return { question: text, choices: choices.map((choice) => ({ ...choice })), counts, right, measured };
}
