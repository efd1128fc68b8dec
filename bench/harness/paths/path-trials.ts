import { emptyBooks } from '../../analysis/books.ts';
import type { PathsPlan } from '../../experiment.ts';
import type { Trial } from '../../result.ts';
import { Recorder } from '../recorder.ts';
import { statusOf } from '../trial-result.ts';
import type { PathCell } from './path-matrix.ts';

/** The cells of a path matrix as trials. What nobody had subscribed to was owed to nobody. */
export function pathTrials(experiment: string, plan: PathsPlan, cells: readonly PathCell[]): Trial[] {
  const { repeat } = plan;
  const together = `${experiment}/${repeat}/${plan.proxy}`;
  return cells.map(({ transport, path, proxy, seen, outcome, olderMs, reason }) => {
    const recorder = new Recorder();
    for (const ageMs of seen.agesMs) recorder.record(ageMs);
    const expected = seen.connected ? seen.expected : 0;
    const messages = {
      ...emptyBooks(),
      expected,
      delivered: seen.connected ? seen.delivered : 0,
      // Published while the client had no connection, and not delivered when the trial ended.
      backlogAtEnd: seen.connected ? expected - seen.delivered : 0,
    };
    return {
      id: `${together}/${transport}/${path.replaceAll(' ', '-')}`,
      experiment,
      transport,
      contract: 'every',
      together,
      parameters: {
        clients: 1,
        ratePerSecond: 1000 / plan.intervalMs,
        schedule: 'periodic',
        payloadBytes: 58,
        path,
        proxy,
        ...(transport === 'short-poll' && { intervalMs: 100 }),
      },
      repeat,
      ...statusOf(messages, 0, seen.lastFailure),
      messages,
      delayMs: recorder.delay,
      path: { outcome, olderMs, reason },
      requests: { total: 0, empty: 0, missedSlots: 0 },
      bytes: { toClients: 0, toServer: 0 },
      server: { cpuMs: 0, rssBytes: 0, eventLoopDelayP99Ms: null },
      clients: { count: 1, cpuMs: 0, eventLoopDelayP99Ms: null },
      appended: seen.expected,
      durationMs: seen.durationMs,
      warnings: [],
    };
  });
}
