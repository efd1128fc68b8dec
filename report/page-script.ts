import type { Prices } from '../bench/analysis/advice.ts';
import type { CanvasPanel } from './charts/figure.ts';
import { drawPanels } from './drawing/draw.ts';
import { startCalculator } from './interaction/calculator.ts';
import { compareOnDrop } from './interaction/compare.ts';
import { offerDownloads } from './interaction/downloads.ts';
import { rememberPredictions } from './interaction/predictions.ts';
import { foldTables } from './interaction/tables.ts';
import { switchTheme } from './interaction/theme.ts';

/** What runs in the report's page. Without it the page still says everything; with it, it also shows. */
document.documentElement.dataset.scripted = '';
foldTables();
startCalculator(dataOf<Prices>('prices'));
rememberPredictions();
const charts = drawPanels(dataOf<CanvasPanel[]>('panels') ?? []);
switchTheme(charts.redraw);
offerDownloads(charts.picture);
compareOnDrop();

/** Data that the page carries for its script. */
function dataOf<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : undefined;
}
