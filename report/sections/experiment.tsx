import type { ExperimentText, Finding, Result, Trial } from '../../bench/result.ts';
import type { Figure } from '../charts/figure.ts';
import { trialName } from '../charts/lanes.ts';
import { anchorOf } from './anchors.ts';
import { FigureBlock } from './figure.tsx';
import { Paragraph } from './parts.tsx';
import { Prediction } from './prediction.tsx';
import { fewRunsOf, VerdictBadge } from './verdict-badge.tsx';

/** One experiment in the order of learning: question, prediction, charts, how to read them, result, reason, caveat. */
export function ExperimentSection(props: {
  result: Result;
  experiment: ExperimentText;
  figures: Figure[];
  place: number;
}) {
  const { result, experiment, figures, place } = props;
  const anchor = anchorOf(result, experiment.id);
  const trials = result.trials.filter((trial) => trial.experiment === experiment.id);
  const findings = result.findings.filter((finding) => finding.experiment === experiment.id);
  return (
    <section class="experiment" id={anchor} aria-labelledby={`${anchor}-title`}>
      <p class="kicker">
        {place} · {experiment.title}
      </p>
      <h2 id={`${anchor}-title`}>{experiment.question}</h2>
      <Prediction experiment={experiment} anchor={anchor} />
      <Unmeasured trials={trials} drawn={figures.length > 0} />
      {figures.map((figure) => (
        <FigureBlock figure={figure} key={figure.id} />
      ))}
      <div class="reading">
        {figures.length > 0 && (
          <Paragraph title="How to read it">
            <p>{experiment.howToRead}</p>
          </Paragraph>
        )}
        <Paragraph title="Your prediction" class="predicted script-only" hidden>
          <p />
        </Paragraph>
        {findings.map((finding) => (
          <Judged finding={finding} fewRuns={fewRunsOf(result, finding)} key={finding.sentence} />
        ))}
        <Paragraph title="Why">
          <p>{experiment.why}</p>
        </Paragraph>
        <Paragraph title="Caveat">
          <p>{experiment.caveat}</p>
        </Paragraph>
      </div>
    </section>
  );
}

function Judged({ finding, fewRuns }: { finding: Finding; fewRuns: string | undefined }) {
  return (
    <Paragraph title="Result" class="happened">
      <p class="claim">
        <q>{finding.claim}</q> <VerdictBadge verdict={finding.verdict} fewRuns={fewRuns} />
      </p>
      <p class="finding">{finding.sentence}</p>
      <p class="rule">
        <b>Rule, fixed before the run:</b> {finding.rule}
      </p>
      {finding.model && (
        <p class="rule">
          <b>Model:</b> {finding.model}
        </p>
      )}
    </Paragraph>
  );
}

/** The trials without a measurement, each with its reason, and why there is no chart. */
function Unmeasured({ trials, drawn }: { trials: readonly Trial[]; drawn: boolean }) {
  const broken = trials.filter(({ status }) => status !== 'ok');
  if (drawn && broken.length === 0) return null;
  return (
    <div class="banner">
      {!drawn && <p>{noChart(trials, broken)}</p>}
      {broken.length > 0 && (
        <ul>
          {broken.map((trial) => (
            <li key={trial.id}>
              {trialName(trial)} {trial.status === 'failed' ? 'failed' : 'was interrupted'}
              {trial.error ? `: ${trial.error}` : ', without a recorded reason'}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function noChart(trials: readonly Trial[], broken: readonly Trial[]): string {
  if (trials.length === 0) return 'There is no chart: this experiment was not run.';
  return broken.length === trials.length
    ? 'There is no chart: no trial finished.'
    : 'There is no chart: no trial has usable measurements.';
}
