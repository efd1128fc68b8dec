import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
} from 'chart.js';
import annotation from 'chartjs-plugin-annotation';
import type { CanvasPanel } from '../charts/figure.ts';
import { barChart } from './bars.ts';
import { colourOf, plainFont } from './colours.ts';
import { columnChart } from './columns.ts';
import { dotChart } from './dots.ts';
import { lineChart } from './lines.ts';
import { timelineChart } from './timeline.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
  annotation,
);

/** The charts of a page. */
export type Charts = {
  /** Draws all of them anew, in the colours of the theme that shows now. */
  redraw(): void;
  /** A chart as a PNG on an opaque ground, as a data address. */
  picture(panelId: string): string | undefined;
};

/** Draws each panel on the canvas that waits for it. A chart that can't be drawn leaves its words in its place. */
export function drawPanels(panels: readonly CanvasPanel[]): Charts {
  const drawn = new Map<string, Chart>();

  const draw = () => {
    Chart.defaults.font.family = plainFont();
    Chart.defaults.font.size = 14;
    Chart.defaults.color = colourOf('quiet');
    Chart.defaults.animation = false;
    Chart.defaults.maintainAspectRatio = false;
    for (const panel of panels) {
      const canvas = document.querySelector<HTMLCanvasElement>(
        `canvas[data-panel="${CSS.escape(panel.id)}"]`,
      );
      if (!canvas) continue;
      drawn.get(panel.id)?.destroy();
      if ('rows' in panel) canvas.parentElement?.style.setProperty('--rows', String(panel.rows.length));
      drawn.set(panel.id, new Chart(canvas, configurationOf(panel)));
    }
  };

  draw();
  return {
    redraw: draw,
    picture(panelId) {
      const chart = drawn.get(panelId);
      return chart && opaquePicture(chart.canvas);
    },
  };
}

function configurationOf(panel: CanvasPanel): ChartConfiguration {
  switch (panel.kind) {
    case 'lines':
      return lineChart(panel) as ChartConfiguration;
    case 'columns':
      return columnChart(panel) as ChartConfiguration;
    case 'bars':
      return barChart(panel) as ChartConfiguration;
    case 'dots':
      return dotChart(panel) as ChartConfiguration;
    case 'timeline':
      return timelineChart(panel) as ChartConfiguration;
  }
}

function opaquePicture(canvas: HTMLCanvasElement): string {
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext('2d');
  if (!context) return canvas.toDataURL('image/png');
  context.fillStyle = colourOf('panel');
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  return copy.toDataURL('image/png');
}
