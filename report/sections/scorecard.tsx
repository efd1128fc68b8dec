import type { Scorecard } from '../charts/scorecard.ts';
import { nothing } from '../units.ts';
import { Sign } from './sign.tsx';

/** Transport by criterion: what an engineer looks for first. */
export function ScorecardTable({ scorecard: { columns, rows, runs } }: { scorecard: Scorecard }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard.
    <section class="scorecard" tabIndex={0} aria-label="Transports by criterion">
      <table>
        <thead>
          <tr>
            <th scope="col">transport</th>
            {columns.map(({ id, title, note }) => (
              <th scope="col" key={id}>
                {title} <small>{note}</small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ transport, name, cells }) => (
            <tr key={transport} data-transport={transport}>
              <th scope="row" class={`of-${transport}`}>
                <svg class="sign" width="16" height="16" aria-hidden="true">
                  <Sign transport={transport} x={8} y={8} />
                </svg>{' '}
                {name}
              </th>
              {cells.map((cell, place) => (
                <td key={columns[place]?.id} data-criterion={columns[place]?.id}>
                  {cell ? cell.text : nothing}
                  {cell?.note && <small> {cell.note}</small>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">{runs}</p>
    </section>
  );
}
