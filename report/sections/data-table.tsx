import type { Cell, Column, Table } from '../charts/table.ts';
import { packed } from '../packed.ts';
import { threeDigits } from '../units.ts';
import { csvOf } from './csv.ts';
import { ScrollBox } from './parts.tsx';

/**
 * A table that scrolls in its own box, never the page. It is open in the page, for readers without a script. The
 * script folds it, and offers the numbers in full as CSV.
 */
export function DataTable({ table, title }: { table: Table; title: string }) {
  return (
    <details class={table.staysOpen ? 'data data-stays' : 'data'} open>
      <summary>{title}</summary>
      <ScrollBox class="table-box" label={table.caption}>
        <table id={table.id}>
          <caption>
            <span>{table.caption}</span>
          </caption>
          <thead>
            <tr>
              {table.columns.map((column, place) => (
                <Head column={column} key={place} />
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, place) => (
                  <Body cell={cell} column={table.columns[place]} key={place} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <button type="button" class="script-only download" data-csv={table.id}>
        Download CSV
      </button>
      <script
        type="application/gzip"
        id={`${table.id}-csv`}
        dangerouslySetInnerHTML={{ __html: packed(csvOf(table)) }}
      />
    </details>
  );
}

function Head({ column: { title, unit, numeric } }: { column: Column }) {
  return (
    <th scope="col" class={numeric ? 'number' : undefined}>
      {title}
      {unit && <span class="unit"> {unit}</span>}
    </th>
  );
}

function Body({ cell, column }: { cell: Cell; column: Column | undefined }) {
  // Most cells are numbers, and a page has thousands: they are the ones without a class.
  const classes = [!column?.numeric && 'word', cell.mark && `mark-${cell.mark}`].filter(Boolean);
  const { text, range } = cell;
  return (
    <td class={classes.join(' ') || undefined}>
      {text}
      {range && (
        <small>
          {threeDigits(range.low)} to {threeDigits(range.high)}
        </small>
      )}
    </td>
  );
}
