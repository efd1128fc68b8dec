import { nodeOpeners } from '../../../clients/shared/openers-node.ts';
import { nowMs } from '../../../servers/meter/clock.ts';
import type { Delay } from '../../result.ts';
import { until } from '../process-meter.ts';
import { Recorder } from '../recorder.ts';

/** Response times of one row of requests, read in two ways. */
export type TwoReadings = { closedLoopMs: Delay; plannedMs: Delay };

/**
 * Asks a polling server once per slot and waits for each answer before it asks again, as most load
 * generators do; then reads the clock in two ways.
 *
 *     slots      |    |    |    |    |    |
 *     asked      ►◄   ►........◄►◄►◄   ►◄      the server stood still for a while
 *     closed loop     [--------]               only this request took long
 *     planned         [--------]
 *                          [----]              those that should have been sent meanwhile took long as well
 *                               []
 *
 * The closed loop times each request from the instant at which it was really sent, and so leaves out
 * those it never sent in time: "coordinated omission" (G. Tene, "How NOT to Measure Latency", 2013).
 */
export async function measureTwice(ask: {
  url: string;
  clients: number;
  intervalMs: number;
  startMs: number;
  endMs: number;
}): Promise<TwoReadings> {
  const closedLoop = new Recorder();
  const planned = new Recorder();
  const askers = Array.from({ length: ask.clients }, async (_, index) => {
    const http = nodeOpeners.http(ask.url, { silenceLimitMs: 60_000 });
    const phaseMs = (ask.intervalMs * index) / ask.clients;
    for (let slotMs = ask.startMs + phaseMs; slotMs < ask.endMs; slotMs += ask.intervalMs) {
      await until(slotMs);
      const sentMs = nowMs();
      await http.ask('GET', '/messages');
      closedLoop.record(nowMs() - sentMs);
      planned.record(nowMs() - slotMs);
    }
    http.close();
  });
  await Promise.all(askers);
  return { closedLoopMs: closedLoop.delay, plannedMs: planned.delay };
}
