import type { ComponentChildren } from 'preact';
import type { ComparedRow, ComparedVerdict, Comparison } from '../../bench/analysis/comparison.ts';
import { delaysForP99 } from '../../bench/analysis/comparison-quantities.ts';
import type { ComparisonWarning } from '../../bench/analysis/comparison-warnings.ts';
import type { Result } from '../../bench/result.ts';
import { clearDifferences, countsSentence, nameRows, strictLevel } from '../charts/compared-rows.ts';
import { counted } from '../units.ts';
import { ComparisonTable } from './comparison-table.tsx';
import { machineSentence } from './machine.ts';
import { RatioFigure } from './ratio-figure.tsx';
import { VerdictBadge } from './verdict-badge.tsx';

/** A result and what it is called: the name of its file, as a rule. */
export type NamedResult = { name: string; result: Result };

/** Two results and what differs between them. */
export type Compared = { a: NamedResult; b: NamedResult; comparison: Comparison };

/**
 * What differs between two results: first what to doubt, then verdicts that changed, then ratios with their
 * intervals, and every row in a table. Static, as all sections are; the page's script puts it in as well.
 */
export function ComparisonSection({ compared: { a, b, comparison } }: { compared: Compared }) {
  const { warnings, verdicts, rows } = comparison;
  const named = nameRows(rows, [...a.result.experiments, ...b.result.experiments]);
  const experiments = [...new Set(rows.map(({ condition }) => condition.experiment))];
  return (
    <section class="comparison" aria-labelledby="comparison-title">
      <p class="kicker">Two results</p>
      <h2 id="comparison-title" tabIndex={-1}>
        What differs between A and B
      </h2>
      <dl class="basis">
        <Side letter="A" named={a} />
        <Side letter="B" named={b} />
      </dl>
      <Warnings warnings={warnings} />
      <div class="reading">
        <Paragraph title="In short">
          <p class="comparison-counts">{countsSentence(comparison)}</p>
        </Paragraph>
        <Verdicts verdicts={verdicts} />
      </div>
      <RatioFigure rows={named} />
      <div class="reading">
        <HowToRead comparison={comparison} />
      </div>
      {experiments.map((experiment, place) => {
        const own = named.filter(({ row }) => row.condition.experiment === experiment);
        return (
          <ComparisonTable
            title={`${own[0]?.experiment}: ${differencesIn(own.map(({ row }) => row))}`}
            rows={own}
            id={`comparison-${place}`}
            key={experiment}
          />
        );
      })}
    </section>
  );
}

function Side({ letter, named: { name, result } }: { letter: string; named: NamedResult }) {
  const { lab, environment } = result;
  return (
    <div>
      <dt>{letter}</dt>
      <dd>
        <b>{name}</b>
        <br />
        {machineSentence(result)} · lab {lab.version}, commit {environment.commit}, seed {lab.seed}
      </dd>
    </div>
  );
}

/** Other machines first and in bold: whoever reads no further must have read that. */
function Warnings({ warnings }: { warnings: readonly ComparisonWarning[] }) {
  if (warnings.length === 0) return null;
  return (
    <div class="banner" role="note" aria-label="Warnings">
      <h3>Before you compare</h3>
      <ul>
        {warnings.map(({ about, text }) => (
          <li class={`warning-${about.replace(' ', '-')}`} key={text}>
            {about === 'machine' ? <strong>{text}</strong> : text}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Paragraph({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="paragraph">
      <h3>{title}</h3>
      <div>{children}</div>
    </div>
  );
}

function Verdicts({ verdicts }: { verdicts: readonly ComparedVerdict[] }) {
  const changed = verdicts.filter(({ change }) => change === 'changed');
  const same = verdicts.filter(({ change }) => change === 'same').length;
  const alone = verdicts.filter(({ change }) => change.startsWith('only'));
  return (
    <Paragraph title="Verdicts">
      <p>
        {counted(same + changed.length, 'claim')} judged in both:{' '}
        {changed.length === 0 ? 'no' : changed.length} {changed.length === 1 ? 'verdict' : 'verdicts'}{' '}
        changed.
      </p>
      {changed.length > 0 && (
        <ul class="changed-verdicts">
          {changed.map(({ claim, a, b }) => (
            <li key={claim}>
              <q>{claim}</q>
              <span class="change">
                <span class="side">A</span> {a && <VerdictBadge {...a} />}
                <span class="side">B</span> {b && <VerdictBadge {...b} />}
              </span>
            </li>
          ))}
        </ul>
      )}
      {alone.length > 0 && (
        <p class="quiet">
          Not judged in both: {alone.map(({ claim, change }) => `“${claim}” (${change})`).join(', ')}.
        </p>
      )}
    </Paragraph>
  );
}

function HowToRead({ comparison }: { comparison: Comparison }) {
  const { withInterval, onlyInA, onlyInB, otherWindow } = comparison;
  return (
    <Paragraph title="How to read it">
      <p>
        A row is one quantity under one condition: the same experiment, transport and parameters, with the
        same others beside it. Its ratio is B divided by A, each the geometric mean of its runs. Less is
        better in every row. The interval is Welch’s on the logarithms, over runs: where it holds 1, both may
        well be the same.
      </p>
      {withInterval > 1 && (
        <p>
          Of 95 % intervals one in twenty misses the truth by chance alone, and here are{' '}
          {withInterval.toLocaleString('en-US')}. So a row is only called a difference where an interval of{' '}
          {strictLevel(comparison)} leaves out 1 as well: 5 % divided by the number of rows (Bonferroni). Of
          twenty comparisons of two like results, nineteen then find nothing at all. Real differences that are
          small beside the scatter of the runs are missed.
        </p>
      )}
      <p>
        All runs of a file share one session on one machine. If that was busier in one of them, the difference
        is real, but not one of the transports.
      </p>
      <p class="quiet">
        CPU and memory are compared only where one transport had the server to itself, p99 only in runs of{' '}
        {delaysForP99} delays or more.{' '}
        {otherWindow.length > 0 &&
          `In ${counted(otherWindow.length, 'condition')} the runs lasted longer in one file: there nothing is compared per message. `}
        {(onlyInA.length > 0 || onlyInB.length > 0) &&
          `Without a counterpart: ${counted(onlyInA.length, 'condition')} of A and ${counted(onlyInB.length, 'condition')} of B.`}
      </p>
    </Paragraph>
  );
}

/** "2 clear differences in 60 rows". */
function differencesIn(rows: readonly ComparedRow[]): string {
  const clear = clearDifferences(rows).length;
  const found = clear === 0 ? 'no clear difference' : counted(clear, 'clear difference');
  return `${found} in ${counted(rows.length, 'row')}`;
}
