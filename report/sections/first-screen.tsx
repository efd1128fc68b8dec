import type { Finding, Result } from '../../bench/result.ts';
import { anchorOf, anchors } from './anchors.ts';
import { BigNumbers } from './big-numbers.tsx';
import { fairnessSentence } from './fairness.ts';
import { byLectureLine, leadOf } from './lecture-lines.ts';
import { machineSentence } from './machine.ts';
import { MissingBanner } from './missing-banner.tsx';
import { VerdictBadge } from './verdict-badge.tsx';

/** What a reader gets who reads nothing else: a verdict per claim, three numbers, and what they rest on. */
export function FirstScreen({ result }: { result: Result }) {
  const fairness = fairnessSentence(result);
  return (
    <header class="first-screen">
      <p class="kicker">Push versus polling · a lab report</p>
      <h1>What the lecture says of push, and what this machine measured</h1>
      <MissingBanner result={result} />
      <section id={anchors.verdicts} class="verdicts" aria-label="Verdicts">
        {result.findings.length === 0 && <p>No claim was judged: no experiment came to an end.</p>}
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
      </section>
      <BigNumbers result={result} />
      <dl class="basis">
        {fairness && (
          <div>
            <dt>Fair?</dt>
            <dd>{fairness}</dd>
          </div>
        )}
        <div>
          <dt>Where?</dt>
          <dd>{machineSentence(result)}</dd>
        </div>
      </dl>
    </header>
  );
}

function Claim({ finding, anchor }: { finding: Finding; anchor: string }) {
  return (
    <li>
      <VerdictBadge verdict={finding.verdict} provisional={finding.provisional} />
      <h3>
        <a href={`#${anchor}`}>{finding.claim}</a>
      </h3>
      <p>{leadOf(finding.sentence)}</p>
    </li>
  );
}
