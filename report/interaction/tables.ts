/** Folds the tables, which stand open for readers without a script; not those that are the figure itself. */
export function foldTables(): void {
  for (const table of document.querySelectorAll<HTMLDetailsElement>('details.data:not(.data-stays)'))
    table.open = false;
}
