/** Folds the tables, which are open for readers without a script. Tables that are the figure stay open. */
export function foldTables(within: ParentNode = document): void {
  for (const table of within.querySelectorAll<HTMLDetailsElement>('details.data:not(.data-stays)'))
    table.open = false;
}
