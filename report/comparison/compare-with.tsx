import { Paragraph } from '../sections/parts.tsx';

/**
 * Takes another result to compare with. Files may be dropped anywhere on the page; the button needs no drag and
 * drop. A status line shows the outcome.
 */
export function CompareWith({ embedsResult }: { embedsResult: boolean }) {
  return (
    <Paragraph title="Compare" class="script-only compare-with">
      <p>
        {embedsResult
          ? 'Drop another results.json anywhere on this page, or choose the file here.'
          : 'This page is too large to include its own result. Drop two results.json files anywhere on this page, or choose the files here.'}
      </p>
      <input
        type="file"
        id="compare-files"
        accept=".json,application/json"
        multiple={!embedsResult}
        hidden
        aria-label="Result file to compare with"
      />
      <button type="button" id="compare-button">
        {embedsResult ? 'Compare with another result…' : 'Compare two results…'}
      </button>
      <p id="compare-status" role="status" aria-live="polite" />
    </Paragraph>
  );
}
