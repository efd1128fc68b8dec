import {
  type Advice,
  adviceFor,
  doubtAbout,
  type Need,
  needFields,
  type Option,
  type Prices,
  workedExamples,
} from '../../bench/analysis/advice.ts';
import { type Cell, numberCell, numberColumn, type Table, wordCell, wordColumn } from '../charts/table.ts';
import { threeDigits, writeMs } from '../units.ts';
import { anchors } from './anchors.ts';
import { Answer } from './answer.tsx';
import { DataTable } from './data-table.tsx';

/**
 * Which should I use? A calculator over the costs of this very run. Without a script its worked examples
 * are the answer; with one, a form answers for anybody's own case.
 */
export function AdviceSection({ prices }: { prices: Prices }) {
  return (
    <section class="experiment advice" id={anchors.advice} aria-labelledby="advice-title">
      <p class="kicker">Break-even, for your own case</p>
      <h2 id="advice-title">Which should I use?</h2>
      <div class="figure script-only" id="calculator">
        <form class="need" aria-label="What you need" autocomplete="off" noValidate>
          {needFields.map((field) => (
            <Field field={field} key={field.key} />
          ))}
        </form>
        <p class="need-examples">
          Or try{' '}
          {workedExamples.map(({ title }, index) => (
            <button type="button" data-example={index} key={title}>
              {title}
            </button>
          ))}
        </p>
        <div id="answer" aria-live="polite">
          <Answer advice={adviceFor(usualNeed, prices)} doubt={doubtAbout(usualNeed, prices)} />
        </div>
      </div>
      <DataTable table={examplesTable(prices)} title="Worked examples" />
      <p class="note">{basisSentence(prices)}</p>
    </section>
  );
}

/** What the fields hold at first. Its answer is part of the page, so that nothing moves when the script takes over. */
const usualNeed = Object.fromEntries(needFields.map(({ key, usual }) => [key, usual])) as Need;

function Field({ field: { key, label, unit, usual } }: { field: (typeof needFields)[number] }) {
  return (
    <div class="need-field">
      <label for={`need-${key}`}>{label}</label>
      <span class="need-input">
        <input
          id={`need-${key}`}
          name={key}
          inputMode="decimal"
          value={usual}
          aria-describedby={`problem-${key}`}
        />
        <span class="need-unit">{unit}</span>
      </span>
      <p class="need-problem" id={`problem-${key}`} role="alert" />
    </div>
  );
}

function examplesTable(prices: Prices): Table {
  const examples = workedExamples.map(({ title, need }) => ({
    title,
    need,
    advice: adviceFor(need, prices),
  }));
  return {
    id: 'advice-examples',
    caption: 'The share of one core that the server would need, with its interval, by the costs of this run.',
    staysOpen: true,
    columns: [
      wordColumn('for example'),
      numberColumn('messages', '/s each'),
      numberColumn('may be old', 'ms'),
      numberColumn('clients'),
      wordColumn('advice'),
      numberColumn('push', '%'),
      ...pollsIn(examples[0]?.advice).map(({ on }) => numberColumn(`poll on ${on}`, '%')),
    ],
    rows: examples.map(({ title, need, advice }) => [
      wordCell(title),
      numberCell(need.ratePerSecond),
      numberCell(need.ageMaxMs),
      numberCell(need.clients),
      wordCell(advice.headline),
      ...[...advice.options.filter(({ transport }) => transport === 'push'), ...pollsIn(advice)].map(
        ({ share }) => shareCell(share),
      ),
    ]),
  };
}

function pollsIn(advice: Advice | undefined): Option[] {
  return advice?.options.filter(({ transport }) => transport === 'short-poll') ?? [];
}

function shareCell({ value, low, high }: Option['share']): Cell {
  return {
    text: threeDigits(value * 100),
    value: value * 100,
    range: { low: low * 100, high: high * 100 },
  };
}

/** Where the numbers come from, and how far they carry. */
function basisSentence({ fittedAt, bytes }: Prices): string {
  return [
    'The numbers come from the costs that were fitted on this machine (the table above), not from a rule of thumb.',
    fittedAt
      ? `They were fitted with ${threeDigits(fittedAt.clients)} clients at ${threeDigits(fittedAt.ratePerSecond.min)} to ${threeDigits(fittedAt.ratePerSecond.max)} messages a second and polls every ${writeMs(fittedAt.intervalMs.min)} to ${writeMs(fittedAt.intervalMs.max)}; elsewhere they are an extrapolation.`
      : '',
    'A short poll asks as seldom as the age allows; the distance comes on top of every age; a long poll is counted as a whole poll for each message, the most it can take.',
    bytes ? '' : 'Bytes are missing: they are counted in “What others published”.',
  ]
    .filter(Boolean)
    .join(' ');
}
