import { transportLooks } from '../../clients/transports.ts';
import { type CanvasPanel, type Figure, isOnCanvas, type LineSeries, type Panel } from '../charts/figure.ts';
import { CompareChart } from '../drawing/compare.tsx';
import { Matrix } from '../drawing/matrix.tsx';
import { Sign } from '../drawing/sign.tsx';
import { TimelineLegend } from '../drawing/timeline-legend.tsx';
import { WinnerMap } from '../drawing/winner-map.tsx';
import { DataTable } from './data-table.tsx';

/** A figure: its panels as canvases that the script draws on, one legend for all, notes and the table. */
export function FigureBlock({ figure }: { figure: Figure }) {
  return (
    <figure class="figure" id={figure.id}>
      <figcaption>
        <h3>{figure.title}</h3>
      </figcaption>
      <Legend panels={figure.panels} />
      {figure.panels.some(({ kind }) => kind === 'timeline') && <TimelineLegend />}
      {figure.panels.length > 0 && (
        <div class="panels">
          {figure.panels.map((panel) => (
            <PanelBox panel={panel} key={panel.id} />
          ))}
        </div>
      )}
      {figure.notes.map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      <DataTable table={figure.table} title="The numbers" />
      {figure.sources && (
        <div class="sources">
          <h4>{figure.sources.length === 1 ? 'Source' : 'Sources'}</h4>
          <ul>
            {figure.sources.map((source) => (
              <li key={source}>{source}</li>
            ))}
          </ul>
        </div>
      )}
    </figure>
  );
}

function PanelBox({ panel }: { panel: Panel }) {
  if (isOnCanvas(panel)) return <CanvasBox panel={panel} />;
  return (
    <div class={`panel panel-${panel.size}`} id={panel.id}>
      <div class="panel-head">
        <h4>{panel.title}</h4>
      </div>
      <StaticChart panel={panel} />
    </div>
  );
}

function StaticChart({ panel }: { panel: Exclude<Panel, CanvasPanel> }) {
  if (panel.kind === 'map') return <WinnerMap panel={panel} />;
  return panel.kind === 'compare' ? <CompareChart panel={panel} /> : <Matrix panel={panel} />;
}

function CanvasBox({ panel }: { panel: CanvasPanel }) {
  return (
    <div class={`panel panel-${panel.size} panel-${panel.kind}`}>
      <div class="panel-head">
        <h4>{panel.title}</h4>
        <button
          type="button"
          class="script-only download"
          data-png={panel.id}
          aria-label={`Download PNG: ${panel.title}`}
        >
          PNG
        </button>
      </div>
      {/* A timeline scrolls in its box on a narrow window, and has to be reachable by keyboard then. */}
      <div class="canvas-scroll" tabIndex={panel.kind === 'timeline' ? 0 : undefined}>
        <div class={'rows' in panel ? `canvas-box rows-${panel.rows.length}` : 'canvas-box'}>
          <canvas role="img" aria-labelledby={`${panel.id}-says`} data-panel={panel.id} />
        </div>
      </div>
      <p class="says" id={`${panel.id}-says`}>
        {panel.says}
      </p>
    </div>
  );
}

/** The lines of all panels, once each, with colour, shape and dash. Bars and dots have their names on the axis. */
function Legend({ panels }: { panels: readonly Panel[] }) {
  const measured = panels.flatMap((panel) => (panel.kind === 'lines' ? panel.series : []));
  const lanes = new Map(measured.filter(({ role }) => role === 'measured').map((line) => [line.name, line]));
  if (lanes.size === 0) return null;
  return (
    <ul class="legend" aria-label="Legend">
      {[...lanes.values()].map((line) => (
        <LegendEntry line={line} key={line.name} />
      ))}
    </ul>
  );
}

function LegendEntry({ line: { transport, name, thin, dotted } }: { line: LineSeries }) {
  const dash = dotted ? [2, 3] : transportLooks[transport].dash;
  return (
    <li>
      <svg
        class={`sign of-${transport} ${dotted ? 'sign-hollow' : ''}`}
        viewBox="0 0 52 18"
        width="52"
        height="18"
        aria-hidden="true"
      >
        <line x1="1" y1="9" x2="51" y2="9" stroke-width={thin ? 2 : 3.5} stroke-dasharray={dash.join(' ')} />
        <Sign transport={transport} x={26} y={9} />
      </svg>
      {name}
    </li>
  );
}
