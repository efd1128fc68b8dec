import type { Appearance } from '../analysis/on-schedule.ts';
import type { Trace } from '../result.ts';
import type { FleetReport } from './group.ts';
import type { ServerTrace } from './server-process.ts';
import type { Played } from './trial-result.ts';

/**
 * Puts together what both ends of the way have written down of one client. It asks one poll after the
 * other over one connection, so the n-th that it sent is the n-th that arrived.
 */
export function traceOf(
  server: ServerTrace,
  { handled = [], polls = [] }: Pick<FleetReport, 'handled' | 'polls'>,
  { head, messages }: Pick<Played, 'head' | 'messages'>,
  startMs: number,
): Trace {
  const since = (instantMs: number) => toMicroseconds(instantMs - startMs);
  const sinceIfThere = (instantMs: number | undefined) =>
    instantMs === undefined ? undefined : since(instantMs);
  const firstSeq = head - messages.length + 1;
  return {
    messages: handled.map(({ seq, dueMs, atMs }) => ({
      seq,
      dueMs: since(dueMs),
      atMs: toMicroseconds((messages[seq - firstSeq] as Appearance).atMs),
      handledMs: since(atMs),
    })),
    polls: polls
      .map(({ askedMs, answeredMs, seqs }, place) => ({
        sentMs: since(askedMs),
        arrivedMs: sinceIfThere(server.polls[place]?.askedMs),
        answeredMs: sinceIfThere(server.polls[place]?.answeredMs),
        receivedMs: sinceIfThere(answeredMs),
        seqs,
        counted: place >= server.counted.from && place < server.counted.to,
      }))
      .filter(({ receivedMs = 0 }) => receivedMs >= 0),
  };
}

function toMicroseconds(timeMs: number): number {
  return Math.round(timeMs * 1000) / 1000;
}
