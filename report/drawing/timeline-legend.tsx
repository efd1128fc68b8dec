/** The four markers of a timeline. Each row has the colour of its transport. */
export function TimelineLegend() {
  return (
    <p class="legend" aria-hidden="true">
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
  { words: 'received at once', shape: <circle cx="9" cy="9" r="6" class="compare-filled" /> },
  { words: 'received after the reconnect', shape: <circle cx="9" cy="9" r="6" class="compare-hollow" /> },
  { words: 'lost', shape: <path d="M4 4 14 14M14 4 4 14" class="timeline-never" /> },
  { words: 'client caught up', shape: <path d="M9 1V17" class="timeline-caught-up" /> },
];
