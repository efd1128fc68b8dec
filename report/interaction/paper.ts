import type { Charts } from '../drawing/draw.ts';

/**
 * For print the page turns light, draws its charts for the width of a sheet, and opens its folded tables.
 * Afterwards it restores everything.
 */
export function printOnPaper(charts: Charts): void {
  const root = document.documentElement;
  let folded: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    folded = [...document.querySelectorAll<HTMLDetailsElement>('details.data:not([open])')];
    for (const table of folded) table.open = true;
    root.dataset.paper = '';
    charts.redrawAtOnce();
  });
  addEventListener('afterprint', () => {
    for (const table of folded) table.open = false;
    delete root.dataset.paper;
    charts.redraw();
  });
}
