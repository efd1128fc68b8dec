/** Folds the tables, which stand open for readers without a script. */
export function foldTables(): void {
  for (const table of document.querySelectorAll<HTMLDetailsElement>('details.data')) table.open = false;
}
