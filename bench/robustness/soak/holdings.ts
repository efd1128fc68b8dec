import { getHeapCodeStatistics } from 'node:v8';

/** What a process holds on to. */
export type Holdings = {
  rssBytes: number;
  /**
   * In use after everything was collected that nobody needs: JavaScript's heap and the buffers beside it, without
   * the code that the compiler makes of our functions. It goes on making better code, and keeping notes on it,
   * for longer than a soak lasts: two heap snapshots four minutes apart differed in nothing else.
   */
  memoryBytes: number;
  /** That code, with what belongs to it. */
  codeBytes: number;
  /** What keeps the process alive, by kind: sockets, listening servers, timers. */
  handles: Record<string, number>;
  /** Listeners of the process itself, and others that are handed in. */
  listeners: number;
};

/** Looks at this process. Without `--expose-gc` what could be collected counts as in use. */
export function holdings(otherListeners: number): Holdings {
  // The second time takes what finalisers of the first have let go.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const code = getHeapCodeStatistics();
  const codeBytes = code.code_and_metadata_size + code.bytecode_and_metadata_size;
  return {
    rssBytes: rss,
    memoryBytes: heapUsed + external - codeBytes,
    codeBytes,
    handles: countOf(process.getActiveResourcesInfo().filter((name) => name !== 'Immediate')),
    listeners:
      otherListeners +
      process.eventNames().reduce((sum, name) => sum + process.listenerCount(name as 'exit'), 0),
  };
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Says what a process holds more of than it did before; empty when all is back. A timer that has run out is no leak. */
export function notBack(before: Holdings, after: Holdings): string[] {
  const names = new Set([...Object.keys(before.handles), ...Object.keys(after.handles)]);
  const changed = [...names].flatMap((name) => {
    const [was, is] = [before.handles[name] ?? 0, after.handles[name] ?? 0];
    return is <= was ? [] : [`${name}: ${was} at the start, ${is} at the end`];
  });
  if (after.listeners > before.listeners)
    changed.push(`listeners: ${before.listeners} at the start, ${after.listeners} at the end`);
  return changed;
}
