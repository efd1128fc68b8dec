import { median } from 'simple-statistics';

/** What was seen when one client listened through one path. */
export type PathObservation = {
  /** The server's acknowledgement of the subscription reached the client. */
  connected: boolean;
  /** Messages that were published. */
  expected: number;
  /** Messages that arrived before the trial ended. */
  delivered: number;
  /** The age of each message on arrival, in the order of arrival. */
  agesMs: number[];
  /** Connections opened, and polls sent. */
  requests: number;
  /** Connections that were refused or cut, and polls that failed. */
  failures: number;
  /** Why the last of them failed. */
  lastFailure: string | undefined;
  /** How long the whole trial took. */
  durationMs: number;
};

/** What is to be said of a transport on a path. */
export type PathOutcome = {
  outcome: 'works' | 'degraded' | 'fails';
  /** How much older the median message was than on the direct path; `null` when none arrived. */
  olderMs: number | null;
  /** Why, in one sentence. */
  reason: string;
};

/** Milliseconds by which the median message may be older than on the direct path: more than a short poll's phase makes. */
export const olderMsMax = 250;

/**
 * Says what a path did to a transport, from what was observed and nothing else:
 *
 * - `fails`: not every message that was published had arrived when the trial ended;
 * - `degraded`: all arrived, but the median message was more than 250 ms older than on the direct
 *   path, or a connection was refused or cut, or a poll failed, once or more;
 * - `works`: all arrived, none of that.
 *
 * `direct` is what the same transport showed without the path; by default messages of no age.
 */
export function judgePath(seen: PathObservation, direct?: PathObservation): PathOutcome {
  const olderMs = seen.agesMs.length === 0 ? null : medianOf(seen.agesMs) - medianOf(direct?.agesMs ?? []);
  const failures =
    seen.failures > 0
      ? `${seen.failures} of ${seen.requests} connections or polls failed (${tidy(seen.lastFailure)})`
      : undefined;
  if (seen.delivered < seen.expected) {
    const what = seen.connected
      ? `${seen.delivered} of ${seen.expected} messages arrived`
      : 'the subscription was never acknowledged';
    const why = failures ?? 'no connection failed, and no more messages arrived';
    return { outcome: 'fails', olderMs, reason: `${what}: ${why}` };
  }
  const isOlder = olderMs !== null && olderMs > olderMsMax;
  const age = isOlder ? `${Math.round(olderMs)} ms later than on the direct path` : undefined;
  const reason = ['all arrived', age, failures].filter((part) => part !== undefined).join('; ');
  return { outcome: isOlder || failures ? 'degraded' : 'works', olderMs, reason };
}

function medianOf(agesMs: readonly number[]): number {
  return agesMs.length === 0 ? 0 : median([...agesMs]);
}

/** One short line of what may have been a proxy's whole error page. */
function tidy(reason = 'no reason given'): string {
  const line = reason
    .replaceAll(/<head>[\s\S]*<\/head>|<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
