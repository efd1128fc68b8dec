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
  type Plugin,
  PointElement,
  ScatterController,
  Tooltip,
} from 'chart.js';
import annotation from 'chartjs-plugin-annotation';
import type { CanvasPanel } from '../charts/figure.ts';
import { barChart } from './bars.ts';
import { colourOf, forgetColours, plainFont } from './colours.ts';
import { columnChart } from './columns.ts';
import { dotChart } from './dots.ts';
import { lineChart } from './lines.ts';
import { timelineChart } from './timeline.ts';

/**
 * Setting the size of a canvas clears it, and Chart.js would do so twice more for each chart. With the ratio set
 * beforehand, Chart.js finds the right size.
 */
const sizedBefore: Plugin = {
  id: 'sized-before',
  beforeInit: (chart) => void Object.assign(chart, { currentDevicePixelRatio: devicePixelRatio }),
};

Chart.register(
  sizedBefore,
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
  /** Redraws all charts in the colours of the current theme, the visible charts first. */
  redraw(): void;
  /** Redraws all charts before it returns: printing does not wait. */
  redrawAtOnce(): void;
  /** A chart as a PNG with an opaque background, as a data URL. */
  picture(panelId: string): string | undefined;
};

/** The page handles input between two slices of drawing. */
const sliceMs = 100;

/**
 * Draws each panel on its canvas. A chart that can't be drawn leaves its text in its place. The page gets
 * `data-drawn` when all charts are drawn.
 */
export function drawPanels(coming: Promise<CanvasPanel[]>): Charts {
  let places: Place[] = [];
  let left: Place[] = [];

  const start = () => {
    forgetColours();
    setDefaults();
    for (const place of places) {
      place.width = place.box.clientWidth;
      place.height = place.box.clientHeight;
    }
    left = inSightFirst(places);
    delete document.documentElement.dataset.drawn;
  };
  const drawFor = (limitMs: number) => {
    const untilMs = performance.now() + limitMs;
    while (left.length > 0 && performance.now() < untilMs) drawAt(left.shift() as Place);
    if (left.length > 0) setTimeout(drawFor, 0, sliceMs);
    else {
      document.documentElement.dataset.drawn = '';
      performance.mark('charts-drawn');
    }
  };
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const chart = Chart.getChart(target.querySelector('canvas') ?? '');
      if (chart) fitInto(chart, target);
    }
  });

  const charts: Charts = {
    redraw() {
      start();
      drawFor(sliceMs);
    },
    redrawAtOnce() {
      start();
      drawFor(Number.POSITIVE_INFINITY);
    },
    picture(panelId) {
      const place = places.find(({ panel }) => panel.id === panelId);
      return place && opaquePicture(place.canvas);
    },
  };
  void coming.then((panels) => {
    places = placesOf(panels);
    charts.redraw();
    for (const { box } of places) resized.observe(box);
  });
  return charts;
}

/** A panel and its canvas. All sizes are read before drawing, so the browser lays the page out once. */
type Place = { panel: CanvasPanel; canvas: HTMLCanvasElement; box: Element; width: number; height: number };

function placesOf(panels: readonly CanvasPanel[]): Place[] {
  return panels.flatMap((panel) => {
    const canvas = document.querySelector<HTMLCanvasElement>(`canvas[data-panel="${CSS.escape(panel.id)}"]`);
    const box = canvas?.parentElement;
    return canvas && box ? [{ panel, canvas, box, width: 0, height: 0 }] : [];
  });
}

function inSightFirst(places: readonly Place[]): Place[] {
  const distances = new Map(
    places.map((place) => {
      const { top, bottom } = place.box.getBoundingClientRect();
      return [place, Math.max(0, top - innerHeight, -bottom)];
    }),
  );
  return [...places].sort((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0));
}

function setDefaults(): void {
  Chart.defaults.font.family = plainFont();
  Chart.defaults.font.size = 14;
  Chart.defaults.color = colourOf('quiet');
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  // One observer serves all charts. Otherwise each chart would watch the whole page for its canvas.
  Chart.defaults.responsive = false;
}

function drawAt({ panel, canvas, width, height }: Place): void {
  Chart.getChart(canvas)?.destroy();
  canvas.width = width;
  canvas.height = height;
  new Chart(canvas, configurationOf(panel));
}

function fitInto(chart: Chart, { clientWidth, clientHeight }: Element): void {
  if (chart.width !== clientWidth || chart.height !== clientHeight) chart.resize(clientWidth, clientHeight);
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
