import { embeddedResult } from './embedded-result.ts';

/** Makes the buttons work that hand out a chart as PNG, a table as CSV and the whole result as JSON. */
export function offerDownloads(picture: (panelId: string) => string | undefined): void {
  document.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest<HTMLElement>('button.download');
    if (!button) return;
    const { png, csv, json } = button.dataset;
    if (png) hand(`${png}.png`, picture(png));
    if (csv) handText(`${csv}.csv`, 'text/csv', csvOf(csv));
    if (json !== undefined)
      void embeddedResult().then((result) =>
        handText('results.json', 'application/json', `${JSON.stringify(result, null, 1)}\n`),
      );
  });
}

/** A table as RFC 4180 wants it, with the numbers in six digits and each column's unit in its head. */
function csvOf(tableId: string): string {
  const table = document.getElementById(tableId) as HTMLTableElement | null;
  const rows = [...(table?.rows ?? [])].map((row) => [...row.cells].map(fullValueOf).map(quoted).join(','));
  return `${rows.join('\r\n')}\r\n`;
}

/** Words that a spreadsheet would take for a formula are marked as words, as OWASP advises ("CSV Injection"). */
function fullValueOf(cell: HTMLTableCellElement): string {
  const value = cell.querySelector('data')?.value;
  if (value !== undefined) return value;
  const text = (cell.textContent ?? '').trim();
  const isNumber = text !== '' && Number.isFinite(Number(text));
  return /^[=+\-@\t\r]/.test(text) && !isNumber ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function handText(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  hand(name, address);
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function hand(name: string, address: string | undefined): void {
  if (!address) return;
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
