import type {
  ComparedRow,
  ComparedVerdict,
  Comparison,
  ComparisonWarning,
} from '../../bench/analysis/comparison.ts';
import { delaysForP99 } from '../../bench/analysis/comparison-quantities.ts';
import type { Result } from '../../bench/result.ts';
import { machineSentence } from '../sections/machine.ts';
import { Paragraph, ScrollBox } from '../sections/parts.tsx';
import { fewRunsOf, VerdictBadge } from '../sections/verdict-badge.tsx';
import { counted } from '../units.ts';
import { DifferenceSign, kindOf, RatioFigure } from './ratio-figure.tsx';
import { clearDifferences, countsSentence, type NamedRow, nameRows, strictLevel } from './rows.ts';

/** A result and its name, usually that of its file. */
export type NamedResult = { name: string; result: Result };

/** Two results and their differences. */
export type Compared = { a: NamedResult; b: NamedResult; comparison: Comparison };

/**
 * The differences between two results: warnings, changed verdicts, ratios with their intervals, and all rows in
 * tables. Static, as all sections are; the page's script inserts it too.
 */
export function ComparisonSection({ compared: { a, b, comparison } }: { compared: Compared }) {
  const { warnings, verdicts, rows } = comparison;
  const named = nameRows(rows, [...a.result.experiments, ...b.result.experiments]);
  const experiments = [...new Set(rows.map(({ condition }) => condition.experiment))];
  return (
    <section class="comparison" aria-labelledby="comparison-title">
      <p class="kicker">Two results compared</p>
      <h2 id="comparison-title" tabIndex={-1}>
        Differences between A and B
      </h2>
      <dl class="basis">
        <Side letter="A" named={a} />
        <Side letter="B" named={b} />
      </dl>
      <Warnings warnings={warnings} />
      <div class="reading">
        <Paragraph title="Summary">
          <p class="comparison-counts">{countsSentence(comparison)}</p>
        </Paragraph>
        <Verdicts verdicts={verdicts} a={a.result} b={b.result} />
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

/** Different machines come first and in bold, for readers who stop early. */
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

function Verdicts({ verdicts, a, b }: { verdicts: readonly ComparedVerdict[]; a: Result; b: Result }) {
  const changed = verdicts.filter(({ change }) => change === 'changed');
  const alone = verdicts.filter(({ change }) => change.startsWith('only'));
  return (
    <Paragraph title="Verdicts">
      <p>
        {changed.length} of {counted(verdicts.length - alone.length, 'verdict')} changed.
      </p>
      {changed.length > 0 && (
        <ul class="changed-verdicts">
          {changed.map((verdict) => (
            <li key={verdict.claim}>
              <q>{verdict.claim}</q>
              <span class="change">
                <span class="side">A</span>{' '}
                {verdict.a && <VerdictBadge verdict={verdict.a.verdict} fewRuns={fewRunsOf(a, verdict)} />}
                <span class="side">B</span>{' '}
                {verdict.b && <VerdictBadge verdict={verdict.b.verdict} fewRuns={fewRunsOf(b, verdict)} />}
              </span>
            </li>
          ))}
        </ul>
      )}
      {alone.length > 0 && (
        <p class="quiet">
          These verdicts are in one result only:{' '}
          {alone.map(({ claim, change }) => `“${claim}” (${change})`).join(', ')}.
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
        A row is one quantity under one condition. The condition is the experiment, the transport, the
        parameters, and the other transports that ran at the same time. The ratio is B divided by A, each the
        geometric mean of its runs. Lower is better in every row. The interval is Welch’s t-interval on the
        logarithms, over runs. If the interval contains 1, A and B may be equal.
      </p>
      {withInterval > 1 && (
        <p>
          Of 95% intervals, 1 in 20 misses the true value by chance. This page has{' '}
          {withInterval.toLocaleString('en-US')} intervals. A row is therefore a clear difference only if a
          stricter interval of {strictLevel(comparison)} excludes 1 too. Its error rate is 5% divided by the
          number of rows (Bonferroni). If nothing differs, 19 of 20 comparisons then find no difference. This
          test misses differences that are small compared with the scatter of the runs.
        </p>
      )}
      <p>
        All runs of a file come from one session on one machine. If the machine was busier in one session, the
        difference is real, but the transports did not cause the difference.
      </p>
      <p class="quiet">
        CPU and memory are compared only if one transport used the server, and p99 only for runs with{' '}
        {delaysForP99} latencies or more.{' '}
        {otherWindow.length > 0 &&
          `In ${counted(otherWindow.length, 'condition')} the runs are longer in one file, so quantities per message are left out. `}
        {(onlyInA.length > 0 || onlyInB.length > 0) &&
          `${counted(onlyInA.length, 'condition')} of A and ${counted(onlyInB.length, 'condition')} of B have no counterpart.`}
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

/** All rows of an experiment, the clear differences first. The script folds the table. */
function ComparisonTable({ title, rows, id }: { title: string; rows: readonly NamedRow[]; id: string }) {
  return (
    <details class="data" open>
      <summary>{title}</summary>
      <ScrollBox class="table-box" label={title}>
        <table id={id} class="compared">
          <thead>
            <tr>
              <th scope="col">condition</th>
              <th scope="col">quantity</th>
              <th scope="col">A</th>
              <th scope="col">B</th>
              <th scope="col">B / A</th>
              <th scope="col">
                95% interval <span class="unit">(runs)</span>
              </th>
              <th scope="col">B compared with A</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((named, place) => (
              <ComparisonRow named={named} sameAs={sameCondition(rows, place)} key={place} />
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </details>
  );
}

/** The number of rows of this condition from here on; 0 if the row before has the same condition and already names it. */
function sameCondition(rows: readonly NamedRow[], place: number): number {
  const conditionAt = (at: number) => rows[at]?.row.condition;
  if (place > 0 && conditionAt(place - 1) === conditionAt(place)) return 0;
  const next = rows.findIndex((_, at) => at > place && conditionAt(at) !== conditionAt(place));
  return (next < 0 ? rows.length : next) - place;
}

/** The cells of hundreds of rows have no classes, and each condition is named once, to keep the page small. */
function ComparisonRow({ named, sameAs }: { named: NamedRow; sameAs: number }) {
  const { row, condition, a, b, ratio, interval, words } = named;
  const isClear = row.difference !== 'no clear difference';
  return (
    <tr>
      {sameAs > 0 && <td rowSpan={sameAs > 1 ? sameAs : undefined}>{condition}</td>}
      <td>{row.quantity.name}</td>
      <td>{a}</td>
      <td>{b}</td>
      <td>{ratio}</td>
      <td>{row.interval ? `${interval} (${row.a.runs}, ${row.b.runs})` : interval}</td>
      <td class={isClear ? `difference-${kindOf(row.difference)}` : undefined}>
        {isClear && <DifferenceSign difference={row.difference} />}
        {words}
      </td>
    </tr>
  );
}
