import { embeddedResult } from './embedded-result.ts';
import { unpacked } from './unpack.ts';

/** Download buttons: a chart as PNG, a table as CSV, the result as JSON. */
export function offerDownloads(picture: (panelId: string) => string | undefined): void {
  document.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest<HTMLElement>('button.download');
    if (!button) return;
    const { png, csv, json } = button.dataset;
    if (png) hand(`${png}.png`, picture(png));
    if (csv) void unpacked(`${csv}-csv`).then((table) => handText(`${csv}.csv`, 'text/csv', table));
    if (json !== undefined)
      void embeddedResult().then((result) =>
        handText('results.json', 'application/json', `${JSON.stringify(result, null, 1)}\n`),
      );
  });
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
