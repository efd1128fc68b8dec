import type { MatrixEntry, MatrixPanel, Outcome } from '../charts/figure.ts';
import { ScrollBox } from '../sections/parts.tsx';
import { SignIcon } from './sign.tsx';

/** A table of outcomes, each as a word, a shape and a colour, with its reason. It scrolls in its box in a narrow window. */
export function Matrix({ panel: { columns, rows, legend, says } }: { panel: MatrixPanel }) {
  return (
    <div class="matrix">
      <p class="legend">
        {(Object.keys(legend) as Outcome[]).map((outcome) => (
          <span key={outcome}>
            <OutcomeWord outcome={outcome} /> {legend[outcome]}
          </span>
        ))}
      </p>
      <ScrollBox class="matrix-box" label={says}>
        <table>
          <thead>
            <tr>
              <th scope="col">transport</th>
              {columns.map((column) => (
                <th scope="col" key={column}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, transport, cells }) => (
              <tr key={name}>
                <th scope="row" class={`of-${transport}`}>
                  <SignIcon transport={transport} /> {name}
                </th>
                {cells.map((entries, place) => (
                  <td key={columns[place]}>
                    {entries.length === 0 && 'not tested'}
                    {entries.map((entry) => (
                      <Entry entry={entry} key={entry.by} />
                    ))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </div>
  );
}

function Entry({ entry: { outcome, by, doubt, reason } }: { entry: MatrixEntry }) {
  return (
    <div class={`matrix-entry matrix-${outcome}`}>
      <OutcomeWord outcome={outcome} />
      {by && <span class="matrix-by"> {by}</span>}
      {doubt && <small>{doubt}</small>}
      {reason && <small>{reason}</small>}
    </div>
  );
}

function OutcomeWord({ outcome }: { outcome: Outcome }) {
  return (
    <b class={`outcome outcome-${outcome}`}>
      <svg viewBox="0 0 20 20" width="17" height="17" aria-hidden="true">
        {shapes[outcome]}
      </svg>{' '}
      {outcome}
    </b>
  );
}

/** A disc with a tick, a triangle with an exclamation mark, a square with a cross. */
const shapes: Record<Outcome, preact.ComponentChildren> = {
  works: (
    <>
      <circle cx="10" cy="10" r="9.5" class="badge-body" />
      <path d="M5.5 10.5 8.7 13.6 14.5 7" class="outcome-stroke" />
    </>
  ),
  degraded: (
    <>
      <path d="M10 1 19.6 18.5H.4Z" class="badge-body" />
      <path d="M10 7.5V12.5M10 15.4v.1" class="outcome-stroke" />
    </>
  ),
  fails: (
    <>
      <rect x="1" y="1" width="18" height="18" rx="2.5" class="badge-body" />
      <path d="M6.2 6.2 13.8 13.8M13.8 6.2 6.2 13.8" class="outcome-stroke" />
    </>
  ),
};
