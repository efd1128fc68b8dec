import type { Panel } from './charts/figure.ts';
import { drawPanels } from './drawing/draw.ts';
import { offerDownloads } from './interaction/downloads.ts';
import { rememberPredictions } from './interaction/predictions.ts';
import { foldTables } from './interaction/tables.ts';
import { switchTheme } from './interaction/theme.ts';

/** What runs in the report's page. Without it the page still says everything; with it, it also shows. */
document.documentElement.dataset.scripted = '';
foldTables();
rememberPredictions();
const charts = drawPanels(JSON.parse(document.getElementById('panels')?.textContent ?? '[]') as Panel[]);
switchTheme(charts.redraw);
offerDownloads(charts.picture);
