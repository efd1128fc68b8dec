import {
  type Advice,
  adviceFor,
  doubtAbout,
  type Need,
  needFields,
  type Option,
  type Prices,
  pricesFrom,
  workedExamples,
} from '../../bench/analysis/advice.ts';
import type { Result } from '../../bench/result.ts';
import { usableTrials } from '../charts/lanes.ts';
import { type ColumnOf, numberCell, numbers, type Table, tableOf, words } from '../charts/table.ts';
import { threeDigits, writeMs } from '../units.ts';
import { anchors } from './anchors.ts';
import { Answer } from './answer.tsx';
import { DataTable } from './data-table.tsx';

/** Push or polling? A calculator with the costs of this run. Without a script it shows worked examples. */
export function AdviceSection({ prices }: { prices: Prices }) {
  return (
    <section class="experiment advice" id={anchors.advice} aria-labelledby="advice-title">
      <p class="kicker">Calculator</p>
      <h2 id="advice-title">Push or polling for your load?</h2>
      <div class="figure script-only" id="calculator">
        <form class="need" aria-label="Your load" autocomplete="off" noValidate>
          {needFields.map((field) => (
            <Field field={field} key={field.key} />
          ))}
        </form>
        <p class="need-examples">
          Examples:{' '}
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

/** The initial values. Their answer is part of the page, so that nothing moves when the script starts. */
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
  const examples = workedExamples.map(({ title, need }) => {
    const advice = adviceFor(need, prices);
    const push = advice.options.find(({ transport }) => transport === 'push');
    return { title, need, advice, push, polls: pollsIn(advice) };
  });
  return tableOf(
    {
      id: 'advice-examples',
      caption: 'Server CPU as a share of one core, with its interval, calculated from the costs of this run.',
      staysOpen: true,
    },
    examples,
    [
      words('example', ({ title }) => title),
      numbers('messages', '/s per client', ({ need }) => need.ratePerSecond),
      numbers('acceptable latency', 'ms', ({ need }) => need.ageMaxMs),
      numbers('clients', undefined, ({ need }) => need.clients),
      words('recommendation', ({ advice }) => advice.headline),
      shares('server CPU: push', ({ push }) => push),
      ...(examples[0]?.polls ?? []).map(({ on }, place) =>
        shares(`server CPU: poll on ${on}`, ({ polls }: { polls: Option[] }) => polls[place]),
      ),
    ],
  );
}

function pollsIn(advice: Advice): Option[] {
  return advice.options.filter(({ transport }) => transport === 'short-poll');
}

/** Server CPU as a share of one core, in percent. */
function shares<Row>(title: string, of: (row: Row) => Option | undefined): ColumnOf<Row> {
  return {
    title,
    unit: '%',
    numeric: true,
    cell: (row) => {
      const { value, low, high } = of(row)?.share ?? {};
      return {
        ...numberCell(value && value * 100),
        ...(low !== undefined && high !== undefined && { range: { low: low * 100, high: high * 100 } }),
      };
    },
  };
}

/** The source of the numbers, and their limits. */
function basisSentence({ fittedAt, bytes }: Prices): string {
  return [
    'The calculator uses the costs fitted to this run, from the table above.',
    fittedAt
      ? `The run had ${threeDigits(fittedAt.clients)} clients, ${threeDigits(fittedAt.ratePerSecond.min)} to ${threeDigits(fittedAt.ratePerSecond.max)} messages per second, and polls every ${writeMs(fittedAt.intervalMs.min)} to ${writeMs(fittedAt.intervalMs.max)}. Outside these ranges the results are extrapolated.`
      : '',
    'A short poll uses the acceptable latency as its interval.',
    'Latencies leave out the network delay.',
    'A long poll counts as one poll per message, which is an upper bound.',
    bytes ? '' : 'Bytes are missing: run the experiment “published” to measure them.',
  ]
    .filter(Boolean)
    .join(' ');
}

/** The prices of a run for the calculator, with the loads that they were fitted at; `undefined` without any. */
export function pricesOf(result: Result): Prices | undefined {
  const prices = pricesFrom(result.fits, result.probes);
  const polls = usableTrials(result, 'break-even').filter(({ transport }) => transport === 'short-poll');
  const [first] = polls;
  if (!prices || !first) return prices;
  return {
    ...prices,
    fittedAt: {
      clients: first.parameters.clients,
      ratePerSecond: rangeOf(polls.map(({ parameters }) => parameters.ratePerSecond)),
      intervalMs: rangeOf(polls.flatMap(({ parameters }) => parameters.intervalMs ?? [])),
    },
  };
}

function rangeOf(values: readonly number[]): { min: number; max: number } {
  return { min: Math.min(...values), max: Math.max(...values) };
}
