import type { Prices } from '../bench/analysis/advice.ts';
import { drawPanels } from './drawing/draw.ts';
import { startCalculator } from './interaction/calculator.ts';
import { compareOnDrop } from './interaction/compare.ts';
import { offerDownloads } from './interaction/downloads.ts';
import { printOnPaper } from './interaction/paper.ts';
import { rememberPredictions } from './interaction/predictions.ts';
import { followSections } from './interaction/sections.ts';
import { startSwimLanes } from './interaction/swim-lanes.ts';
import { switchTheme } from './interaction/theme.ts';
import { unpacked } from './interaction/unpack.ts';
import type { SwimLanes } from './swim-lanes/lanes.ts';

/** The script of the report's page. Without it the page has all texts and tables; with it, also the charts. */
followSections();
startCalculator(dataOf<Prices>('prices'));
startSwimLanes(dataOf<SwimLanes>('lanes'));
rememberPredictions();
const charts = drawPanels(unpacked('panels').then((panels) => JSON.parse(panels)));
switchTheme(charts);
printOnPaper(charts);
offerDownloads(charts.picture);
compareOnDrop();

/** Data in the page for its script. */
function dataOf<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : undefined;
}
