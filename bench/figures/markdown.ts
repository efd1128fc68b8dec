/** A table in Markdown as the formatter would leave it; with `right`, columns after the first are set to the right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  numbers: 'left' | 'right' = 'left',
): string {
  const cells = [headings, ...rows.map((row) => row.map(String))];
  const widths = headings.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const isRight = (column: number) => column > 0 && numbers === 'right';
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (isRight(column) ? (row[column] ?? '').padStart(width) : (row[column] ?? '').padEnd(width))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    isRight(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(headings), line(rule), ...cells.slice(1).map(line)].join('\n');
}
