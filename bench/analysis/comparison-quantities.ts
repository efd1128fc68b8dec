import type { Trial } from '../result.ts';
import { requestsPerMessage } from './trial-quantities.ts';

/** A quantity in which two results are compared. All are costs or latencies: lower is better. */
export type Quantity = {
  name: string;
  unit: 'ms' | 'bytes' | 'requests';
  /** The value of one run; nothing where the run has none, or too few samples for it. */
  of(trial: Trial): number | null | undefined;
  /** The unseen error of one run's value, as a share of the value. */
  resolution(trial: Trial): number;
  /** Counted for a whole server: meaningless for one transport where several had clients. */
  needsServerAlone?: true;
  /** Continues between messages, so the value per message depends on the length of the window. */
  needsSameWindow?: true;
};

/** Latency, server CPU, requests, bytes and memory. Counts are exact to 1, measurements to three digits. */
export const quantities: readonly Quantity[] = [
  { name: 'latency p50', unit: 'ms', of: ({ delayMs }) => delayMs.p50, resolution: threeDigits },
  { name: 'latency p99', unit: 'ms', of: p99Ms, resolution: threeDigits },
  { name: 'mean latency', unit: 'ms', of: ({ delayMs }) => delayMs.mean, resolution: threeDigits },
  {
    name: 'server CPU per message',
    unit: 'ms',
    of: ({ server, messages }) => perMessage(server.cpuMs, messages),
    resolution: threeDigits,
    needsServerAlone: true,
    needsSameWindow: true,
  },
  {
    name: 'requests per message',
    unit: 'requests',
    of: requestsPerMessage,
    resolution: ({ requests }) => 1 / Math.max(1, requests.total),
    needsSameWindow: true,
  },
  {
    name: 'bytes to clients per message',
    unit: 'bytes',
    of: ({ bytes, messages }) => perMessage(bytes.toClients, messages),
    resolution: bytesResolution,
    needsSameWindow: true,
  },
  {
    name: 'heap and buffers per client (plaintext)',
    unit: 'bytes',
    of: ({ server }) => server.memoryPerClientBytes,
    resolution: threeDigits,
    needsServerAlone: true,
  },
];

/** With fewer latencies the p99 is the maximum, which grows with the length of a run. */
export const delaysForP99 = 100;

function p99Ms({ delayMs }: Trial): number | null | undefined {
  return delayMs.count < delaysForP99 ? undefined : delayMs.p99;
}

function perMessage(value: number, { delivered }: Trial['messages']): number | undefined {
  return delivered === 0 ? undefined : value / delivered;
}

/**
 * One response more, or one digit more in two numbers of every message: its place in the log and its timestamp
 * get longer with the log and with the uptime of the machine.
 */
function bytesResolution({ requests, messages, bytes }: Trial): number {
  const aResponse = 1 / Math.max(1, requests.total + messages.delivered);
  return Math.max(aResponse, (2 * messages.delivered) / Math.max(1, bytes.toClients));
}

function threeDigits(): number {
  return 0.001;
}
