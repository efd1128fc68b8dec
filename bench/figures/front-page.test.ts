import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { conclude, evidenceOf } from '../analysis/findings.ts';
import { experiments } from '../experiments/experiments.ts';
import { parseResult, type Result, type Trial } from '../result.ts';
import { writeFrontPage } from './front-page.ts';

/** README.md's limit for all that is not a comment or the target of a link. */
const wordsMax = 600;

let result: Result;

beforeEach(() => {
  result = parseResult(readFileSync('report/sample/results.json', 'utf8'));
});

function change(experiment: string, isMeant: (trial: Trial) => boolean, edit: (trial: Trial) => void): void {
  for (const trial of result.trials) if (trial.experiment === experiment && isMeant(trial)) edit(trial);
}

/** The figures of the changed trials. */
function withFigures(): Result {
  const ran = new Set(result.experiments.map(({ id }) => id));
  const some = experiments.filter(({ text }) => ran.has(text.id));
  const figures = some.flatMap(
    (experiment) => conclude(experiment, evidenceOf(experiment.text.id, result)).figures,
  );
  return { ...result, figures };
}

const isPush = ({ transport }: Trial) => transport === 'push';

it('the sample has the figures that the experiments compute from its trials', () => {
  expect(withFigures().figures).toEqual(result.figures);
});

describe('the findings that README.md opens with', () => {
  it('take every number from the result', () => {
    change('freshness', isPush, (trial) => {
      trial.delayMs.p50 = 1.2345;
    });
    change('idle-cost', isPush, (trial) => {
      trial.server.cpuMs = 0.0777 * trial.durationMs;
      trial.clients.count = 4321;
    });
    change('overwhelmed', isPush, (trial) => {
      if (trial.series) trial.series.longestBacklogBytes = [2 ** 20, 12.34 * 2 ** 20, 0];
    });
    change('offline', isPush, (trial) => {
      trial.messages.missed = trial.parameters.replay ? 5 * trial.clients.count : 99 * trial.clients.count;
    });
    change(
      'path',
      ({ transport }) => transport === 'long-poll',
      ({ path }) => {
        if (path) path.outcome = 'fails';
      },
    );
    const text = writeFrontPage(withFigures());
    expect(text).toMatch(/Latency:\*\* the median was 1\.2 ms with push/);
    expect(text).toMatch(/Idle cost:\*\* the server used 78 ms .* for 4,321 push clients/);
    expect(text).toMatch(/Slow consumer:\*\* .* queued 12 MiB for one slow push client/);
    expect(text).toMatch(
      /Offline for 2 s:\*\* .* lost 99 messages without a message log, and 5 messages with a log/,
    );
    expect(text).toMatch(/Proxies:\*\* .* long polling through 0,/);
  });

  it.each(['freshness', 'idle-cost', 'overwhelmed', 'offline', 'path'])(
    'name the experiment that is missing: %s',
    (experiment) => {
      result.trials = result.trials.filter((trial) => trial.experiment !== experiment);
      expect(() => writeFrontPage(withFigures())).toThrow(`run the experiment ${experiment}`);
    },
  );
});

it(`keeps README.md within ${wordsMax} words`, () => {
  const visible = readFileSync('README.md', 'utf8')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/\]\([^)]*\)/g, ']');
  const words = visible.match(/\S*[\p{Letter}\p{Number}]\S*/gu) ?? [];
  expect(words.length).toBeLessThanOrEqual(wordsMax);
});
