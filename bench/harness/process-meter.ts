import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { nowMs } from '../../servers/meter/clock.ts';

/**
 * Quantities that only the process itself can read: event-loop delay, wake-ups, heap in use. The CPU of a trial is read
 * here too and not by meter.ts: exactly at the ends of the window, and on the host of the process.
 */

/** What a process spent on itself within a window. */
export type ProcessUse = {
  cpuMs: number;
  rssBytes: number;
  /** `null` where the process was not to be woken for it. */
  eventLoopDelayP99Ms: number | null;
  /** How often a thread of the process went to sleep and was woken again: voluntary context switches. */
  wakeUps: number;
  /** Share of the window in which the event loop did not wait for anything, from 0 to 1. */
  loopBusyShare: number;
  /** How long the event loop's thread waited for a core, on average, each time it needed one; `null` where the system does not tell. */
  cpuWaitMs: number | null;
};

const resolutionMs = 5;

/** How closely a window is watched. */
export type Watch = {
  /** Take values over time. */
  during?: { everyMs: number; sample: (atMs: number) => void };
  /** Don't watch the event loop: that takes a timer every few milliseconds, which wakes the process. */
  quiet?: boolean;
};

/**
 * Runs `during` at regular instants of a window and returns what this process spent in it: CPU of all
 * its threads, user and system; resident memory at the end; how late its event loop was.
 * `startMs` and `endMs` are monotonic milliseconds.
 */
export async function meterWindow(
  startMs: number,
  endMs: number,
  { during, quiet = false }: Watch = {},
): Promise<ProcessUse> {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  await until(startMs);
  const { voluntaryContextSwitches } = process.resourceUsage();
  const before = scheduled();
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  if (!quiet) delay.enable();
  if (during) {
    for (let atMs = during.everyMs; startMs + atMs < endMs; atMs += during.everyMs) {
      await until(startMs + atMs);
      during.sample(nowMs() - startMs);
    }
  }
  await until(endMs);
  const { user, system } = process.cpuUsage(cpu);
  const { utilization } = performance.eventLoopUtilization(loop);
  const wakeUps = process.resourceUsage().voluntaryContextSwitches - voluntaryContextSwitches;
  delay.disable();
  // Node records the time from one timer of the given resolution to the next; the lateness is the rest.
  const lateMs = Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
  return {
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    eventLoopDelayP99Ms: quiet ? null : lateMs,
    wakeUps,
    loopBusyShare: utilization,
    cpuWaitMs: before && meanWaitMs(before, scheduled() as Scheduled),
  };
}

/** For how long the main thread has waited for a core, and how often it got one. */
type Scheduled = { waitedNs: number; turns: number };

/** Only Linux tells. */
function scheduled(): Scheduled | null {
  try {
    const text = readFileSync('/proc/self/schedstat', 'utf8');
    const [, waitedNs = 0, turns = 0] = text.split(' ').map(Number);
    return { waitedNs, turns };
  } catch {
    return null;
  }
}

function meanWaitMs(before: Scheduled, after: Scheduled): number {
  return (after.waitedNs - before.waitedNs) / 1e6 / Math.max(1, after.turns - before.turns);
}

/** Waits until an instant of the monotonic clock, and never ends before it. Node's timers can be a millisecond early. */
export async function until(instantMs: number): Promise<void> {
  for (let waitMs = instantMs - nowMs(); waitMs > 0; waitMs = instantMs - nowMs())
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(waitMs)));
}

/** Bytes that are in use after a collection: heap, and buffers outside it. */
export function memoryInUseBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What several processes spent, added up; how late and how busy the worst of them was. */
export function addedUse(all: readonly ProcessUse[]): ProcessUse {
  const sum = (of: (use: ProcessUse) => number) => all.reduce((total, use) => total + of(use), 0);
  const most = (of: (use: ProcessUse) => number) => Math.max(...all.map(of));
  return {
    cpuMs: sum(({ cpuMs }) => cpuMs),
    rssBytes: sum(({ rssBytes }) => rssBytes),
    eventLoopDelayP99Ms: most(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms ?? 0),
    wakeUps: sum(({ wakeUps }) => wakeUps),
    loopBusyShare: most(({ loopBusyShare }) => loopBusyShare),
    cpuWaitMs: most(({ cpuWaitMs }) => cpuWaitMs ?? 0),
  };
}
