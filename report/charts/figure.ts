import type { AnyTransportName } from '../../clients/transports.ts';
import type { AxisUnit } from '../units.ts';
import type { Table } from './table.ts';

/**
 * What a figure is, as plain data. The files beside this one turn a result into figures; the page
 * writes their tables and the page's script draws their panels. Nothing here knows of a browser.
 */
export type Figure = {
  /** Part of element ids: letters, digits and dashes. */
  id: string;
  title: string;
  /** Sentences under the figure on what is drawn and what was left out. */
  notes: string[];
  panels: Panel[];
  /** The same numbers to read. */
  table: Table;
  /** Where published numbers come from, in full. */
  sources?: string[];
};

/** One chart. */
export type Panel = CanvasPanel | MapPanel | ComparePanel | MatrixPanel;

/** Charts that the page's script draws on a canvas. The others are part of the page and need no script. */
export type CanvasPanel = LinePanel | BarPanel | DotPanel | ColumnPanel | TimelinePanel;

/** What all panels have. `says` is for people who can't see the chart: the finding, not the shape. */
export type PanelFrame = { id: string; title: string; says: string; size: 'wide' | 'half' | 'third' };

/** Lines over two number axes. `labels` says where lines get their names: along the line or at its end. */
export type LinePanel = PanelFrame & {
  kind: 'lines';
  x: Axis;
  y: Axis;
  series: LineSeries[];
  labels: 'along' | 'end';
  /** Upright strokes at values that others published. */
  limits?: { x: number; text: string; transport: AnyTransportName }[];
  /** A time in which something was different. */
  shade?: Shade;
  /** A level that lines are meant to stay below. */
  bound?: { y: number; text: string };
};

/** A part of the x axis that is shaded, with its name at the top. */
export type Shade = { from: number; to: number; text: string };

/** One horizontal bar per row, from zero, on a linear axis. */
export type BarPanel = PanelFrame & { kind: 'bars'; x: Axis; rows: BarRow[] };

/** Upright bars of one width over time, from zero, on linear axes. `x` of a column is its middle. */
export type ColumnPanel = PanelFrame & {
  kind: 'columns';
  x: Axis;
  y: Axis;
  transport: AnyTransportName;
  columns: Point[];
};

/**
 * One row per client, a sign per message at the instant at which it was due: filled where it came at once,
 * hollow where it came after an absence, a cross where it never came.
 */
export type TimelinePanel = PanelFrame & {
  kind: 'timeline';
  x: Axis;
  shade: Shade;
  rows: TimelineRow[];
};

export type TimelineRow = {
  name: string;
  transport: AnyTransportName;
  atOnce: number[];
  later: number[];
  never: number[];
  /** When the last of the late ones came. */
  caughtUpAt?: number;
};

/** One row per transport with a filled sign for the median and a hollow one for the mean. */
export type DotPanel = PanelFrame & { kind: 'dots'; x: Axis; rows: DotRow[] };

/** How the rows of a `DotPanel` are read. */
export const dotsKey =
  'Filled markers: median latency. Hollow markers: mean latency. Dashed lines: the mean that the short-poll model predicts for the same message times.';

/**
 * A map of who won where: two quantities in steps, a cell for each pair. Columns grow to the right, rows
 * upwards, so the first of `rows` is the top one. The line is given in cells from the bottom left corner.
 */
export type MapPanel = PanelFrame & {
  kind: 'map';
  columns: { title: string; names: string[] };
  rows: { title: string; names: string[] };
  /** Row by row from the top. */
  cells: MapCell[][];
  line?: { name: string; points: Point[] };
};

/** A cell of a map. Without a `winner` it is hatched, and `text` says why. `strength` is how clear the win is. */
export type MapCell = { winner?: AnyTransportName; name: string; text: string; strength: 0 | 1 | 2 | 3 };

/**
 * The same thing in two readings, a row for each: a hollow sign for the one that is doubted or quoted, a
 * filled one for what was measured, a dashed stroke for the model. Each sign carries its word and value.
 */
export type ComparePanel = PanelFrame & {
  kind: 'compare';
  axis: CompareAxis;
  words: { hollow: string; filled: string; model?: string };
  rows: CompareRow[];
};

/** A table of verdicts: a row per transport, a column per thing that it had to pass. Needs no script. */
export type MatrixPanel = PanelFrame & {
  kind: 'matrix';
  /** What each outcome means. */
  legend: Record<Outcome, string>;
  columns: string[];
  rows: { name: string; transport: AnyTransportName; cells: MatrixEntry[][] }[];
};

export type Outcome = 'works' | 'degraded' | 'fails';

/** One verdict in a cell. `by` says whose it is, where there are several; `doubt` that runs disagreed. */
export type MatrixEntry = { outcome: Outcome; by?: string; reason?: string; doubt?: string };

/** A logarithmic axis. `ticks` stand at shares of its length, from 0 to 1; at `breakAt` it leaps up from zero. */
export type CompareAxis = { title: string; ticks: { at: number; text: string }[]; breakAt?: number };

/** Signs stand at shares of the axis, from 0 to 1; `model` may be another third reading, if `words` says so; `detail` is a sentence under the row. */
export type CompareRow = {
  name: string;
  detail?: string;
  transport?: AnyTransportName;
  hollow?: Reading;
  filled?: Reading;
  model?: Reading;
};

/** Where a value stands on its axis, and how it is written. */
export type Reading = { at: number; text: string };

/** An axis. Without `min` and `max` they follow the data; a linear axis always starts at zero. */
export type Axis = {
  /** A noun. Brackets hold its unit where the ticks are bare numbers, and "log scale" where it is logarithmic. */
  title: string;
  scale: 'linear' | 'logarithmic';
  unit: AxisUnit;
  min?: number;
  max?: number;
};

export type Point = { x: number; y: number };

/**
 * A line. `measured` is drawn thick with the transport's sign; `run` is one of several runs, thin and
 * faint; `extreme` is hollow signs without a line; `model` is thin and dotted.
 */
export type LineSeries = {
  name: string;
  transport: AnyTransportName;
  role: 'measured' | 'run' | 'extreme' | 'model';
  /** Thinner than its siblings: tells two lines of one transport apart. */
  thin?: boolean;
  /** Dotted and with hollow signs: another kind of its transport than the usual one. */
  dotted?: boolean;
  /** Not named beside the line: a note says what it is. */
  unnamed?: boolean;
  /** Sorted by `x`. */
  points: Point[];
};

/** A bar. `value` is `null` where there is nothing to measure; `text` is then the reason. */
export type BarRow = {
  name: string;
  transport: AnyTransportName;
  value: number | null;
  text: string;
  /** The smallest and the largest run, where there were several. */
  low?: number;
  high?: number;
  model?: number;
};

/** A row of dots. */
export type DotRow = {
  name: string;
  transport: AnyTransportName;
  median: number;
  mean: number;
  low: number;
  high: number;
  model?: number;
};

/** Whether a panel is drawn by the script. */
export function isOnCanvas(panel: Panel): panel is CanvasPanel {
  return panel.kind !== 'map' && panel.kind !== 'compare' && panel.kind !== 'matrix';
}
