import { basename, join } from 'node:path';
import type { Recording, Saved } from '../../clients/classroom/protocol.ts';
import { judge } from '../analysis/findings.ts';
import { labVersion } from '../harness/environment.ts';
import { drawReport } from '../report-file.ts';
import { type Result, schemaVersion, type Trial, type Vote } from '../result.ts';
import { newRunFolder, saveResult } from '../result-file.ts';
import { writeWhole } from '../write-whole.ts';
import { classroomExperiment } from './experiment.ts';
import type { ClosedVote } from './votes.ts';

/** All there is to say of a lesson. */
export type LessonRecord = {
  startedAt: Date;
  seed: number;
  environment: Result['environment'];
  trials: readonly Trial[];
  votes: readonly ClosedVote[];
  recording: Recording;
  /** Where lessons are saved. Default: with the lab's runs. */
  runsFolder?: string;
};

/**
 * Writes a lesson as the lab writes a run: a result file, its report, and the recording beside them. Saved
 * again, a lesson takes the place of what was saved of it before.
 */
export async function saveLesson(lesson: LessonRecord): Promise<Saved> {
  const folder = newRunFolder(lesson.startedAt, 'classroom', lesson.runsFolder);
  const resultFile = saveResult(folder, resultOf(lesson));
  const recordingFile = join(folder, 'recording.json');
  writeWhole(recordingFile, JSON.stringify(lesson.recording));
  const reportFile = join(folder, 'report.html');
  if (!(await drawReport(resultFile, reportFile)))
    throw new NotDrawn(`the result is saved in ${resultFile}, but its report could not be drawn`);
  return { resultFile, reportFile, recordingFile, reportPath: `/report/${basename(folder)}` };
}

/** The result is there, and its report is not. */
class NotDrawn extends Error {
  readonly status = 503;
}

function resultOf({ startedAt, seed, environment, trials, votes }: LessonRecord): Result {
  const finding = judge(classroomExperiment, { trials: [...trials], capacities: [], probes: [] });
  return {
    schemaVersion,
    lab: {
      version: labVersion(),
      profile: 'classroom',
      seed,
      command: 'npm run classroom',
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      status: 'complete',
    },
    environment,
    experiments: [classroomExperiment.text],
    trials: [...trials],
    capacities: [],
    probes: [],
    fits: [],
    pairs: [],
    // One lesson is one run, however often something was tried in it.
    findings: [{ ...finding, provisional: finding.verdict !== 'inconclusive' }],
    checks: [],
    votes: votes.map(voteOf),
  };
}

function voteOf({ question: { text, choices, right }, counts, measured }: ClosedVote): Vote {
  return { question: text, choices: choices.map((choice) => ({ ...choice })), counts, right, measured };
}
