import type { MapCell, MapPanel } from '../charts/figure.ts';
import { ScrollBox } from '../sections/parts.tsx';
import { SignIcon } from './sign.tsx';

/** More columns than these don't fit a phone: the map scrolls there. */
const columnsMax = 3;

/**
 * A map of the cheaper transport per condition, as boxes in the page: their text wraps and prints, and the
 * predicted line is drawn over them. Needs no script.
 */
export function WinnerMap({ panel }: { panel: MapPanel }) {
  const { rows, columns, cells, line } = panel;
  return (
    <ScrollBox class="map-scroll" label={panel.title}>
      <div
        class={columns.names.length > columnsMax ? 'map map-broad' : 'map'}
        role="img"
        aria-label={panel.says}
      >
        <p class="map-title">{rows.title}</p>
        <div class="map-body">
          {cells.map((row, place) => (
            <div class="map-row" key={rows.names[place]}>
              <span class="map-row-name">{rows.names[place]}</span>
              {row.map((cell, column) => (
                <Cell cell={cell} key={columns.names[column]} />
              ))}
            </div>
          ))}
          {line && <PredictedLine line={line} width={columns.names.length} height={rows.names.length} />}
        </div>
        <div class="map-row map-columns">
          <span class="map-row-name" />
          {columns.names.map((name) => (
            <span key={name}>{name}</span>
          ))}
        </div>
        <p class="map-title map-title-below">{columns.title}</p>
      </div>
    </ScrollBox>
  );
}

function Cell({ cell: { winner, name, text, strength } }: { cell: MapCell }) {
  if (!winner)
    return (
      <div class="map-cell map-open">
        <span class="map-words">
          <b>{name}</b>
          <small>{text}</small>
        </span>
      </div>
    );
  return (
    <div class={`map-cell of-${winner} map-strength-${strength}`}>
      <span class="map-words">
        <b>
          <SignIcon transport={winner} /> {name}
        </b>
        <small>{text}</small>
      </span>
    </div>
  );
}

/** The line in cells, from the bottom left corner. It falls to the right, so above its highest point there is room for its name. */
function PredictedLine(props: { line: NonNullable<MapPanel['line']>; width: number; height: number }) {
  const { line, width, height } = props;
  const points = line.points.map(({ x, y }) => ({ x: (100 * x) / width, y: 100 - (100 * y) / height }));
  const top = points.toSorted((a, b) => a.y - b.y)[0] ?? { x: 50, y: 0 };
  const path = points.map(({ x, y }) => `${round(x)},${round(y)}`).join(' ');
  return (
    <svg class="map-line" aria-hidden="true">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%" aria-hidden="true">
        <polyline points={path} class="map-line-ground" vector-effect="non-scaling-stroke" />
        <polyline points={path} class="map-line-stroke" vector-effect="non-scaling-stroke" />
      </svg>
      <text
        x={`${round(top.x)}%`}
        y={`${round(top.y)}%`}
        dx={top.x < 20 ? 6 : 0}
        dy="-6"
        text-anchor={top.x < 20 ? 'start' : top.x > 60 ? 'end' : 'middle'}
      >
        {line.name}
      </text>
    </svg>
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
