import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Result } from '../bench/result.ts';
import { anyTransportNames, transportLooks } from '../clients/transports.ts';
import { experimentFigures } from './charts/charts.ts';
import { type CanvasPanel, type Figure, isOnCanvas } from './charts/figure.ts';
import { pricesOf } from './charts/prices.ts';
import { Page } from './page.tsx';

/** A page stays small enough to be mailed around. */
const pageBytesMax = 950_000;

/**
 * Draws a result as one HTML file that asks nobody for anything: text and tables are static, style,
 * script and data are inside. Free text of the result is only ever written as text. The result itself
 * travels in the page as long as there is room for it.
 */
export async function renderReport(result: Result): Promise<string> {
  const [style, script] = await Promise.all([pageStyle(), pageScript()]);
  const whole = pageOf(result, style, script, true);
  return Buffer.byteLength(whole) <= pageBytesMax ? whole : pageOf(result, style, script, false);
}

function pageOf(result: Result, style: string, script: string, embedsResult: boolean): string {
  const figures = result.experiments.map(({ id }) => experimentFigures(result, id));
  const prices = pricesOf(result);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyFor(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Push versus polling: a lab report</title>
<style>${style}</style>
</head>
<body>
${renderToString(h(Page, { result, figures, prices, embedsResult }))}
${dataBlock('panels', JSON.stringify(canvasPanels(figures.flat()), sixDigits))}
${prices ? dataBlock('prices', JSON.stringify(prices)) : ''}
${embedsResult ? dataBlock('result', JSON.stringify(packed(result))) : ''}
<script>${script}</script>
</body>
</html>
`;
}

/** The result as its reader's browser unpacks it: a fifth of its length, and every digit is kept. */
function packed(result: Result): string {
  return gzipSync(JSON.stringify(result)).toString('base64');
}

/** The panels that the script draws. */
function canvasPanels(figures: readonly Figure[]): CanvasPanel[] {
  return figures.flatMap(({ panels }) => panels).filter(isOnCanvas);
}

/** For a chart six digits are more than anybody sees, and half of what a measured number would take in the page. */
function sixDigits(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}

/** Allows this very style and this very script, images made by the page itself, and nothing else. */
function policyFor(style: string, script: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Data for the script. With `<` escaped no text in it can end the block. */
function dataBlock(id: string, json: string): string {
  return `<script type="application/json" id="${id}">${json.replaceAll('<', '\\u003c')}</script>`;
}

/** The page's script and its libraries in one piece, with nothing in it that could end a script element. */
async function pageScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page-script.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    minify: true,
    write: false,
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const [file] = outputFiles;
  if (!file) throw new Error('the bundler gave no script for the page');
  return file.text.replaceAll(/<(?=\/script|script|!--)/gi, '\\x3C');
}

/** The style sheet, led by the colours of the transports as they stand in clients/transports.ts. */
async function pageStyle(): Promise<string> {
  const sheet = await readFile(new URL('./style.css', import.meta.url), 'utf8');
  const colours = anyTransportNames.map((name) => {
    const { light, dark } = transportLooks[name];
    return `--${name}: light-dark(${light}, ${dark});`;
  });
  const own = anyTransportNames.map((name) => `.of-${name} { --own: var(--${name}); }`);
  return [`:root { ${colours.join(' ')} }`, ...own, sheet].join('\n');
}
