/** A table in Markdown; columns after the first are set to the right when they hold numbers. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  numbers: 'left' | 'right' = 'left',
): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const rule = headings.map((_, index) => (index > 0 && numbers === 'right' ? '--:' : '---'));
  return [line(headings), line(rule), ...rows.map(line)].join('\n');
}
