import type { ComparePanel, CompareRow, Reading } from '../charts/figure.ts';
import { Sign } from './sign.tsx';

/** Heights in a row, in pixels: the text of the ring above, that of the disc below. The ring is wider than the disc, so both show where they agree. */
const rowHeight = 62;
const signsY = 31;

/**
 * Rows of two readings and a model on one logarithmic axis. SVG in the page, with places in percent: it
 * grows with the window, prints sharply and needs no script. The label states the numbers; names and
 * lessons are text of the page.
 */
export function CompareChart({ panel }: { panel: ComparePanel }) {
  const { rows, axis, words } = panel;
  return (
    <section class="compare" aria-label={panel.says}>
      <CompareLegend words={words} />
      {rows.map((row) => (
        <div class={row.detail ? 'row compare-told' : 'row'} key={row.name}>
          <p class="compare-name">{row.name}</p>
          <RowSigns row={row} panel={panel} />
          {row.detail && <p class="compare-detail">{row.detail}</p>}
        </div>
      ))}
      <div class={rows.some(({ detail }) => detail) ? 'row compare-told' : 'row'}>
        <svg class="compare-axis" width="100%" height="40" aria-hidden="true">
          {axis.ticks.map(({ at, text }) => (
            <text x={percent(at)} y="13" text-anchor={anchorAt(at, 0.02)} key={text}>
              {text}
            </text>
          ))}
          {axis.breakAt !== undefined && (
            <text x={percent(axis.breakAt)} y="13" text-anchor="middle">
              …
            </text>
          )}
          <text x="50%" y="33" text-anchor="middle" class="compare-axis-title">
            {axis.title}
          </text>
        </svg>
      </div>
    </section>
  );
}

function RowSigns({ row, panel: { axis, words } }: { row: CompareRow; panel: ComparePanel }) {
  const { transport, hollow, filled, model } = row;
  return (
    <svg
      class={transport ? `compare-signs of-${transport}` : 'compare-signs of-none'}
      width="100%"
      height={rowHeight}
      aria-hidden="true"
    >
      {axis.ticks.map(({ at }) => (
        <line x1={percent(at)} x2={percent(at)} y1="0" y2={rowHeight} class="compare-grid" key={at} />
      ))}
      {hollow && filled && (
        <line x1={percent(hollow.at)} x2={percent(filled.at)} y1={signsY} y2={signsY} class="compare-tie" />
      )}
      {model && <line x1={percent(model.at)} x2={percent(model.at)} y1="17" y2="45" class="compare-model" />}
      {hollow && <circle cx={percent(hollow.at)} cy={signsY} r="8" class="compare-hollow" />}
      {filled && <Filled transport={transport} at={filled.at} />}
      {hollow && <Words word={words.hollow} reading={hollow} y={15} />}
      {filled && <Words word={words.filled} reading={filled} y={56} bold />}
    </svg>
  );
}

/** A transport's own sign, or a disc. A nested svg moves it by percent, which a path alone can't. */
function Filled({ transport, at }: { transport: CompareRow['transport']; at: number }) {
  return (
    <svg x={percent(at)} y={signsY} overflow="visible" class="compare-filled" aria-hidden="true">
      {transport ? <Sign transport={transport} x={0} y={0} /> : <circle r="6.5" />}
    </svg>
  );
}

function Words(props: { word: string; reading: Reading; y: number; bold?: boolean }) {
  const { word, reading, y, bold } = props;
  return (
    <text
      x={percent(reading.at)}
      y={y}
      text-anchor={anchorAt(reading.at, 0.2)}
      class={bold ? 'compare-words compare-bold' : 'compare-words'}
    >
      {word} {reading.text}
    </text>
  );
}

function CompareLegend({ words }: { words: ComparePanel['words'] }) {
  return (
    <p class="legend" aria-hidden="true">
      <span>
        <svg width="18" height="18" class="of-none" aria-hidden="true">
          <circle cx="9" cy="9" r="6.5" class="compare-hollow" />
        </svg>
        {words.hollow}
      </span>
      {words.model && (
        <span>
          <svg width="18" height="18" aria-hidden="true">
            <line x1="9" x2="9" y1="0" y2="18" class="compare-model" />
          </svg>
          {words.model}
        </span>
      )}
      <span>
        <svg width="18" height="18" class="of-none compare-filled" aria-hidden="true">
          <circle cx="9" cy="9" r="6.5" />
        </svg>
        {words.filled}
      </span>
    </p>
  );
}

/** Text near an end of the axis grows inwards. */
function anchorAt(at: number, margin: number): 'start' | 'middle' | 'end' {
  if (at < margin) return 'start';
  return at > 1 - margin ? 'end' : 'middle';
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`;
}
