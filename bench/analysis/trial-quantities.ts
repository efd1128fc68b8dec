/** Quantities of one trial that figures, charts and the comparison share. */
import type { Trial } from '../result.ts';

/** In milliseconds of CPU per second. */
export function serverCpuPerSecond({ server, durationMs }: Trial): number {
  return (server.cpuMs * 1000) / durationMs;
}

export function requestsPerSecond({ requests, durationMs }: Trial): number {
  return (requests.total * 1000) / durationMs;
}

/** By the messages that were due in the window, whose requests these are. `undefined` without a message. */
export function requestsPerMessage({ requests, messages }: Trial): number | undefined {
  return messages.expected > 0 ? requests.total / messages.expected : undefined;
}

/** The share of empty responses; `undefined` without a request. */
export function emptyShare({ requests }: Trial): number | undefined {
  return requests.total > 0 ? requests.empty / requests.total : undefined;
}

/** In KiB of heap and buffers; `undefined` where it was not measured. */
export function memoryPerClientKiB({ server }: Trial): number | undefined {
  return server.memoryPerClientBytes === undefined ? undefined : server.memoryPerClientBytes / 1024;
}

/** In MiB; `undefined` where nothing was measured over time. */
export function longestQueueMiB({ series }: Trial): number | undefined {
  return series && Math.max(0, ...series.longestBacklogBytes) / 1024 / 1024;
}

export function missedPerClient({ messages, clients }: Trial): number {
  return messages.missed / clients.count;
}
