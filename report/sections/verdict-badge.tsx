import { runsOf, usableEvidence } from '../../bench/analysis/findings.ts';
import type { Result, Verdict } from '../../bench/result.ts';
import { counted } from '../units.ts';

/** A verdict as a word, a shape and a colour. `fewRuns`: "1 run". */
export function VerdictBadge({ verdict, fewRuns }: { verdict: Verdict; fewRuns?: string | undefined }) {
  const { name, shape } = signs[verdict];
  return (
    <span class={`badge badge-${name}`}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        {shape}
      </svg>
      <span class="badge-word">{verdict}</span>
      {fewRuns && (
        <span class="badge-runs" title="Fewer than 3 runs: another run may give another verdict.">
          {fewRuns}
        </span>
      )}
    </span>
  );
}

/** "1 run" or "2 runs" for a verdict from fewer than three. */
export function fewRunsOf(result: Result, { experiment }: { experiment: string }): string | undefined {
  const { provisional } = result.findings.find((finding) => finding.experiment === experiment) ?? {};
  if (!provisional) return undefined;
  const own = (some: { experiment: string }) => some.experiment === experiment;
  const { trials, probes } = result;
  return counted(runsOf(usableEvidence({ trials: trials.filter(own), probes: probes.filter(own) })), 'run');
}

const stroke = {
  fill: 'none',
  'stroke-width': 2.4,
  'stroke-linecap': 'round',
  'stroke-linejoin': 'round',
} as const;

/** A disc with a tick, a square with a cross, a rhomb with a fork, an open ring with a question mark. */
const signs: Record<Verdict, { name: string; shape: preact.ComponentChildren }> = {
  holds: {
    name: 'holds',
    shape: (
      <>
        <circle cx="10" cy="10" r="9.5" class="badge-body" />
        <path d="M5.5 10.5 8.7 13.6 14.5 7" class="badge-stroke" {...stroke} />
      </>
    ),
  },
  'does not hold': {
    name: 'fails',
    shape: (
      <>
        <rect x="1" y="1" width="18" height="18" rx="2.5" class="badge-body" />
        <path d="M6.2 6.2 13.8 13.8M13.8 6.2 6.2 13.8" class="badge-stroke" {...stroke} />
      </>
    ),
  },
  depends: {
    name: 'depends',
    shape: (
      <>
        <path d="M10 .4 19.6 10 10 19.6.4 10Z" class="badge-body" />
        <path d="M10 14.6V10.4L6.9 7.2M10 10.4 13.1 7.2" class="badge-stroke" {...stroke} />
      </>
    ),
  },
  inconclusive: {
    name: 'open',
    shape: (
      <>
        <circle cx="10" cy="10" r="8.6" class="badge-ring" {...stroke} stroke-dasharray="3.4 3" />
        <path
          d="M7.8 8a2.3 2.3 0 1 1 3.4 2c-.8.5-1.2.9-1.2 1.7M10 14.4v.1"
          class="badge-ring"
          {...stroke}
          stroke-width="1.9"
        />
      </>
    ),
  },
};
