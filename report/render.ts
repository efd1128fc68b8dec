import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Result } from '../bench/result.ts';
import { anyTransportNames, transportLooks } from '../clients/transports.ts';
import { experimentFigures } from './charts/charts.ts';
import { type CanvasPanel, type Figure, isOnCanvas } from './charts/figure.ts';
import { toColumns } from './columns.ts';
import type { Compared } from './comparison/section.tsx';
import { htmlDocument } from './document.ts';
import { packed } from './packed.ts';
import { Page } from './page.tsx';
import { resultShape } from './result-shape.ts';
import { pricesOf } from './sections/advice.tsx';
import { styleOf } from './style.ts';
import { swimLanesOf } from './swim-lanes/from-result.ts';
import { fiveDigits } from './units.ts';

/** Small enough for an email. */
const pageBytesMax = 990_000;

/**
 * Draws a result as one HTML file that loads nothing: text and tables are static, style, script and data are
 * inside. Free text of the result is only ever written as text. The page includes the result if there is room for
 * it, with measured numbers in five digits. With `compared`, the differences are at the top.
 */
export async function renderReport(result: Result, compared?: Compared): Promise<string> {
  const figures = result.experiments.map(({ id }) => experimentFigures(result, id));
  const panels = canvasPanels(figures.flat());
  const [style, loader, script] = await Promise.all([
    pageStyle(panels),
    bundled('loader'),
    bundled('script'),
  ]);
  const parts = { compared, figures, panels, style, loader, script };
  const whole = pageOf(result, parts, true);
  return Buffer.byteLength(whole) <= pageBytesMax ? whole : pageOf(result, parts, false);
}

/** The parts of the page besides the result. */
type Parts = {
  compared: Compared | undefined;
  figures: Figure[][];
  panels: CanvasPanel[];
  style: string;
  loader: string;
  script: string;
};

function pageOf(result: Result, parts: Parts, embedsResult: boolean): string {
  const { compared, figures, panels, style, loader, script } = parts;
  const prices = pricesOf(result);
  const swim = swimLanesOf(result);
  const body = [
    renderToString(h(Page, { result, figures, prices, swim, embedsResult, compared })),
    packedBlock('panels', JSON.stringify(panels, drawn)),
    prices ? dataBlock('prices', JSON.stringify(prices)) : '',
    swim ? dataBlock('lanes', JSON.stringify(swim)) : '',
    embedsResult ? packedBlock('result', inColumns(result)) : '',
    packedBlock('result-shape', JSON.stringify(resultShape())),
    packedBlock('program', script),
    `<script>${loader}</script>`,
  ];
  return htmlDocument({
    title: compared ? 'Push versus polling: two results compared' : 'Push versus polling: lab report',
    style,
    scripts: [loader, script],
    body: body.join('\n'),
  });
}

/** The result with its trials and figures in columns; the reader's browser restores it. */
function inColumns(result: Result): string {
  const { trials, figures } = result;
  return JSON.stringify({ ...result, trials: toColumns(trials), figures: toColumns(figures) }, shortNumbers);
}

/** The panels that the script draws. */
function canvasPanels(figures: readonly Figure[]): CanvasPanel[] {
  return figures.flatMap(({ panels }) => panels).filter(isOnCanvas);
}

/** Leaves out the alternative texts: they are in the page, and the script does not use them. */
function drawn(key: string, value: unknown): unknown {
  return key === 'says' ? undefined : shortNumbers(key, value);
}

/** Shortens numbers in JSON. */
function shortNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? fiveDigits(value) : value;
}

/** Data for the script. With `<` escaped no text in it can end the block. */
function dataBlock(id: string, json: string): string {
  return `<script type="application/json" id="${id}">${json.replaceAll('<', '\\u003c')}</script>`;
}

/** Text that the page's script unpacks. */
function packedBlock(id: string, text: string): string {
  return `<script type="application/gzip" id="${id}">${packed(text)}</script>`;
}

const bundles = new Map<string, Promise<string>>();

/** A script of the page, bundled once per process. */
function bundled(name: 'loader' | 'script'): Promise<string> {
  const known = bundles.get(name) ?? bundle(name);
  bundles.set(name, known);
  return known;
}

/** A script of the page and its libraries in one piece, with nothing in it that could end a script element. */
async function bundle(name: 'loader' | 'script'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./page-${name}.ts`, import.meta.url))],
    bundle: true,
    format: 'iife',
    minify: true,
    write: false,
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`esbuild wrote no page-${name}`);
  return file.text.replaceAll(/<(?=\/script|script|!--)/gi, '\\x3C');
}

/**
 * The style sheets, after the colours of the transports from clients/transports.ts and the numbers of rows of the
 * charts: each chart has its height before it is drawn.
 */
async function pageStyle(panels: readonly CanvasPanel[]): Promise<string> {
  const colours = anyTransportNames.map((name) => {
    const { light, dark } = transportLooks[name];
    return `--${name}: light-dark(${light}, ${dark});`;
  });
  const own = anyTransportNames.map((name) => `.of-${name} { --own: var(--${name}); }`);
  const counts = new Set(panels.flatMap((panel) => ('rows' in panel ? panel.rows.length : [])));
  const rows = [...counts].map((count) => `.rows-${count} { --rows: ${count}; }`);
  return styleOf(
    ['base', 'page', 'figures', 'swim-lanes', 'comparison', 'print'],
    [`:root { ${colours.join(' ')} }`, ...own, ...rows],
  );
}
