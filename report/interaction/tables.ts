/** Folds the tables, which stand open for readers without a script; not those that are the figure itself. */
export function foldTables(within: ParentNode = document): void {
  for (const table of within.querySelectorAll<HTMLDetailsElement>('details.data:not(.data-stays)'))
    table.open = false;
}
