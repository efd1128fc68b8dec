import type { Charts } from '../drawing/draw.ts';

/**
 * For paper the page turns light, its charts are drawn for the width of a sheet, and the folded tables open:
 * on paper nobody can unfold them. Afterwards everything is as it was.
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
