import { runsForVerdict } from '../../bench/analysis/interval.ts';
import { leadOf } from '../../bench/analysis/writing.ts';
import type { Finding, Result } from '../../bench/result.ts';
import { type ScoreCell, type Scorecard, scorecardOf } from '../charts/scorecard.ts';
import { counted } from '../units.ts';
import { anchorOf, anchors } from './anchors.ts';
import { fairnessSentence } from './fairness.ts';
import { byLectureLine } from './lecture-lines.ts';
import { machineSentence } from './machine.ts';
import { MissingBanner } from './missing-banner.tsx';
import { ScorecardTable } from './scorecard.tsx';
import { VerdictBadge } from './verdict-badge.tsx';

/** The answer, the scorecard, one line per verdict, and the conditions: for a reader who reads nothing else. */
export function FirstScreen({ result }: { result: Result }) {
  const fairness = fairnessSentence(result);
  const scorecard = scorecardOf(result);
  return (
    <header class="first-screen">
      <p class="kicker">Push versus polling · lab report</p>
      <h1>{(scorecard && answerOf(scorecard)) ?? 'Push and polling, measured on this machine'}</h1>
      <MissingBanner result={result} />
      {scorecard && <ScorecardTable scorecard={scorecard} />}
      <section id={anchors.verdicts} class="verdicts" aria-label="Verdicts">
        {result.findings.length === 0 && <p>No claim was judged: no experiment finished.</p>}
        {byLectureLine(result.findings).map(({ line, findings }) => (
          <div class="verdict-group" key={line}>
            <h2>{line}</h2>
            <ul>
              {findings.map((finding) => (
                <Claim
                  finding={finding}
                  anchor={anchorOf(result, finding.experiment)}
                  key={finding.experiment}
                />
              ))}
            </ul>
          </div>
        ))}
        <FewRuns findings={result.findings} />
      </section>
      <dl class="basis">
        {fairness && (
          <div>
            <dt>Same conditions</dt>
            <dd>{fairness}</dd>
          </div>
        )}
        <div>
          <dt>Test machine</dt>
          <dd>{machineSentence(result)}</dd>
        </div>
      </dl>
    </header>
  );
}

/** The benefit and the cost of push, from the cells of the scorecard. */
function answerOf({ rows, columns }: Scorecard): string | undefined {
  const cell = (transport: string, id: string): ScoreCell | undefined =>
    rows.find((row) => row.transport === transport)?.cells[columns.findIndex((column) => column.id === id)];
  const [push, poll] = [cell('push', 'latency'), cell('short-poll', 'latency')];
  const pollName = rows.find(({ transport }) => transport === 'short-poll')?.name;
  if (!push || !poll) return undefined;
  const queued = cell('push', 'slow-consumer');
  return [
    `Median latency: ${push.text} with push, ${poll.text} with a ${pollName}.`,
    ...(queued
      ? [`But push needs a queue limit: the server queued ${queued.text} for one slow consumer.`]
      : []),
  ].join(' ');
}

/** Said once for the whole report; the badge of each experiment has the number. */
function FewRuns({ findings }: { findings: readonly Finding[] }) {
  const few = findings.filter(({ provisional }) => provisional).length;
  if (few === 0) return null;
  return (
    <p class="quiet">
      {few} of {counted(findings.length, 'verdict')} {few === 1 ? 'comes' : 'come'} from fewer than{' '}
      {runsForVerdict} runs: another run may give another verdict.
    </p>
  );
}

function Claim({ finding, anchor }: { finding: Finding; anchor: string }) {
  return (
    <li>
      <VerdictBadge verdict={finding.verdict} />
      <h3>
        <a href={`#${anchor}`}>{finding.claim}</a>
      </h3>
      <p>{leadOf(finding.sentence)}</p>
    </li>
  );
}
