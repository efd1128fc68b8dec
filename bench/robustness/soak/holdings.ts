import { getHeapCodeStatistics } from 'node:v8';
import { memoryInUseBytes } from '../../harness/process-meter.ts';

/** Resources of a process. */
export type Holdings = {
  rssBytes: number;
  /**
   * JavaScript heap and external buffers after a garbage collection, without compiled code: V8 optimises for longer than
   * a soak lasts. Two heap snapshots four minutes apart differed in nothing else.
   */
  memoryBytes: number;
  /** Compiled code with its metadata. */
  codeBytes: number;
  /** Handles that keep the process alive, by kind: sockets, listening servers, timers. */
  handles: Record<string, number>;
  /** Listeners of the process, and `otherListeners`. */
  listeners: number;
};

/** Reads the resources of this process. Without `--expose-gc`, garbage counts as memory in use. */
export function holdings(otherListeners: number): Holdings {
  const inUseBytes = memoryInUseBytes();
  const code = getHeapCodeStatistics();
  const codeBytes = code.code_and_metadata_size + code.bytecode_and_metadata_size;
  return {
    rssBytes: process.memoryUsage.rss(),
    memoryBytes: inUseBytes - codeBytes,
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

/** Names the resources that a process has more of than before. */
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
