import type { NamedRow } from '../charts/compared-rows.ts';
import { DifferenceSign, kindOf } from './ratio-figure.tsx';

/** All rows of an experiment, the clear differences first. The script folds the table. */
export function ComparisonTable({
  title,
  rows,
  id,
}: {
  title: string;
  rows: readonly NamedRow[];
  id: string;
}) {
  return (
    <details class="data" open>
      <summary>{title}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard. */}
      <section class="table-box" tabIndex={0} aria-label={title}>
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
      </section>
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
