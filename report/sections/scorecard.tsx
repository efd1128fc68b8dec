import type { Scorecard } from '../charts/scorecard.ts';
import { SignIcon } from '../drawing/sign.tsx';
import { nothing } from '../units.ts';
import { ScrollBox } from './parts.tsx';

/** Transport by criterion: what an engineer looks for first. */
export function ScorecardTable({ scorecard: { columns, rows, runs } }: { scorecard: Scorecard }) {
  return (
    <ScrollBox class="scorecard" label="Transports by criterion">
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
                <SignIcon transport={transport} /> {name}
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
    </ScrollBox>
  );
}
