/** The four marks of a timeline. Their colours are the transports’ own, which stand at the rows. */
export function TimelineLegend() {
  return (
    <p class="compare-legend timeline-legend" aria-hidden="true">
      {marks.map(({ words, shape }) => (
        <span key={words}>
          <svg width="18" height="18" viewBox="0 0 18 18" class="of-none" aria-hidden="true">
            {shape}
          </svg>
          {words}
        </span>
      ))}
    </p>
  );
}

const marks = [
  { words: 'came at once', shape: <circle cx="9" cy="9" r="6" class="compare-filled" /> },
  { words: 'came after the return', shape: <circle cx="9" cy="9" r="6" class="compare-hollow" /> },
  { words: 'never came', shape: <path d="M4 4 14 14M14 4 4 14" class="timeline-never" /> },
  { words: 'had caught up', shape: <path d="M9 1V17" class="timeline-caught-up" /> },
];
