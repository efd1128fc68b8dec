/**
 * Where a reader gives another result to compare with. Files may be dropped anywhere on the page; the button
 * is for those who can't drop. What comes of it is said in a line that stays in sight.
 */
export function CompareWith({ embedsResult }: { embedsResult: boolean }) {
  return (
    <div class="paragraph script-only compare-with">
      <h3>Compare</h3>
      <div>
        <p>
          {embedsResult
            ? 'Drop another results.json anywhere on this page to see what differs, or choose it here.'
            : 'This page is too large to carry its own result. Drop two results.json anywhere on it, its own and another, to see what differs; or choose them here.'}
        </p>
        <input
          type="file"
          id="compare-files"
          accept=".json,application/json"
          multiple={!embedsResult}
          hidden
          aria-label="Another result file"
        />
        <button type="button" id="compare-button">
          {embedsResult ? 'Compare with another result…' : 'Compare two results…'}
        </button>
        <p id="compare-status" role="status" aria-live="polite" />
      </div>
    </div>
  );
}
