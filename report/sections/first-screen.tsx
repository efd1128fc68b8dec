import { leadOf } from '../../bench/analysis/writing.ts';
import type { Finding, Result } from '../../bench/result.ts';
import { type ScoreCell, type Scorecard, scorecardOf } from '../charts/scorecard.ts';
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
      <p class="kicker">Push versus polling · a lab report</p>
      <h1>{(scorecard && answerOf(scorecard)) ?? 'Push and polling, measured on this machine'}</h1>
      <MissingBanner result={result} />
      {scorecard && <ScorecardTable scorecard={scorecard} />}
      <section id={anchors.verdicts} class="verdicts" aria-label="Verdicts">
        {result.findings.length === 0 && <p>No claim was judged: no experiment was completed.</p>}
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
        {result.findings.some(({ provisional }) => provisional) && (
          <p class="quiet">Verdicts rest on fewer than 3 runs: the next run may say otherwise.</p>
        )}
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

/** One sentence from the scorecard's own cells: what push gives, and what it costs. */
function answerOf({ rows, columns }: Scorecard): string | undefined {
  const cell = (transport: string, id: string): ScoreCell | undefined =>
    rows.find((row) => row.transport === transport)?.cells[columns.findIndex((column) => column.id === id)];
  const [push, poll] = [cell('push', 'latency'), cell('short-poll', 'latency')];
  const pollName = rows.find(({ transport }) => transport === 'short-poll')?.name;
  if (!push || !poll) return undefined;
  const queued = cell('push', 'slow-consumer');
  return [
    `Push delivered in ${push.text}, a ${pollName} in ${poll.text}`,
    ...(queued
      ? [`but push needs a queue limit: one slow consumer made the server queue ${queued.text}`]
      : []),
  ].join('; ');
}

function Claim({ finding, anchor }: { finding: Finding; anchor: string }) {
  return (
    <li>
      <VerdictBadge verdict={finding.verdict} provisional={false} />
      <h3>
        <a href={`#${anchor}`}>{finding.claim}</a>
      </h3>
      <p>{leadOf(finding.sentence)}</p>
    </li>
  );
}
