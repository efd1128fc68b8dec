import { h, render } from 'preact';
import { compareResults } from '../../bench/analysis/comparison.ts';
import { decodedText } from '../../bench/decoded-text.ts';
import { countsSentence } from '../comparison/rows.ts';
import { type Compared, ComparisonSection, type NamedResult } from '../comparison/section.tsx';
import { counted } from '../units.ts';
import { embeddedResult } from './embedded-result.ts';
import { readResult, type Shape } from './result-check.ts';
import { foldTables } from './tables.ts';
import { unpacked } from './unpack.ts';

/**
 * Compares the page's own result with another that is dropped on it, or chosen with the button. An invalid file
 * changes nothing, and a status line names the invalid field. A page too large to include its own result takes two
 * files, at once or one after the other.
 */
export function compareOnDrop(): void {
  const input = document.getElementById('compare-files') as HTMLInputElement | null;
  const status = document.getElementById('compare-status');
  const place = document.getElementById('comparison');
  if (!input || !status || !place) return;

  /** `done` is for screen readers only: the comparison at the top of the page shows the same. */
  const tell = (kind: 'waiting' | 'problem' | 'done', text: string) => {
    status.dataset.kind = kind;
    status.textContent = text;
  };
  const take = takerOfFiles();
  const compare = async (files: readonly File[]) => {
    if (files.length === 0) return;
    tell('waiting', 'Comparing…');
    try {
      const { asks, compared } = await take(files);
      if (compared) show(place, compared);
      tell(compared ? 'done' : 'waiting', compared ? summaryOf(compared) : asks);
    } catch (error) {
      tell('problem', (error as Error).message.replaceAll(/\s+/g, ' '));
    }
  };

  document.getElementById('compare-button')?.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    void compare([...(input.files ?? [])]);
    // The same file may be chosen again.
    input.value = '';
  });
  listenForDrops((files) => void compare(files));
  status.addEventListener('click', () => tell('done', ''));
  addEventListener('keydown', ({ key }) => key === 'Escape' && tell('done', ''));
}

/** Either a comparison of two results, or the request for the second. */
type Taken = { asks: string; compared?: undefined } | { asks?: undefined; compared: Compared };

/**
 * Takes files until there are two results: the page's own is the first, where the page carries it. Throws
 * an `Error` of one line for files that can't be used, and forgets them.
 */
function takerOfFiles(): (files: readonly File[]) => Promise<Taken> {
  const carriesOwn = document.getElementById('result') !== null;
  let first: NamedResult | undefined;
  return async (files) => {
    const kept = carriesOwn ? await ownResult() : first;
    const wanted = kept ? 1 : 2;
    if (files.length > wanted)
      throw new Error(`${files.length} files are too many: expected ${counted(wanted, 'results.json file')}`);
    const given = await Promise.all(files.map(resultOf));
    const [a, b] = kept ? [kept, ...given] : given;
    first = undefined;
    if (a && b) return { compared: { a, b, comparison: compareResults(a.result, b.result) } };
    first = a;
    return { asks: `${a?.name} is A. Drop or choose the result to compare with it.` };
  };
}

async function ownResult(): Promise<NamedResult> {
  return { name: 'this page’s result', result: await embeddedResult() };
}

/** Larger than any result file; reading a video that was dropped by mistake would freeze the page. */
const fileBytesMax = 200_000_000;

async function resultOf(file: File): Promise<NamedResult> {
  if (file.size > fileBytesMax)
    throw new Error(
      `${file.name}: not a result file: ${Math.round(file.size / 1e6)} MB, expected at most ${fileBytesMax / 1e6} MB`,
    );
  const shape: Shape = JSON.parse(await unpacked('result-shape'));
  try {
    return {
      name: file.name,
      result: readResult(decodedText(new Uint8Array(await file.arrayBuffer())), shape),
    };
  } catch (error) {
    throw new Error(`${file.name}: ${(error as Error).message}`);
  }
}

/** Puts the comparison at the top of the page, in place of an earlier comparison, and scrolls there. */
function show(place: HTMLElement, compared: Compared): void {
  const box = document.createElement('div');
  render(h(ComparisonSection, { compared }), box);
  foldTables(box);
  place.replaceChildren(box);
  document.getElementById('comparison-link')?.removeAttribute('hidden');
  document.getElementById('comparison-title')?.focus();
  place.scrollIntoView();
}

function summaryOf({ b, comparison }: Compared): string {
  return `Compared with ${b.name}. ${countsSentence(comparison)}`;
}

/** Files only, no dragged text. */
function listenForDrops(take: (files: readonly File[]) => void): void {
  const root = document.documentElement;
  const holdsFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragover', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    root.dataset.dropping = '';
  });
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) delete root.dataset.dropping;
  });
  addEventListener('drop', (event) => {
    delete root.dataset.dropping;
    if (!holdsFiles(event)) return;
    event.preventDefault();
    take([...(event.dataTransfer?.files ?? [])]);
  });
}
