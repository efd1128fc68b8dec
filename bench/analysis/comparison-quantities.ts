import type { Trial } from '../result.ts';

/** A quantity that two results are compared by. All are costs or lateness: less is better. */
export type Quantity = {
  name: string;
  unit: 'ms' | 'bytes' | 'requests';
  /** The value of one run; nothing where the run has none, or none that means what the name says. */
  of(trial: Trial): number | null | undefined;
  /** What one run's value may be off by without anybody seeing it, as a share of it. */
  resolution(trial: Trial): number;
  /** Counted for a whole server, and so nobody's own where several transports had clients. */
  needsServerAlone?: true;
  /** Goes on while no message comes, so that what falls on a message depends on how long the window was. */
  needsSameWindow?: true;
};

/**
 * Delay, server CPU, requests, bytes and memory. What is counted is known to one of what is counted, what
 * is measured to three digits.
 */
export const quantities: readonly Quantity[] = [
  { name: 'delay, p50', unit: 'ms', of: ({ delayMs }) => delayMs.p50, resolution: threeDigits },
  { name: 'delay, p99', unit: 'ms', of: p99Ms, resolution: threeDigits },
  { name: 'delay, mean', unit: 'ms', of: ({ delayMs }) => delayMs.mean, resolution: threeDigits },
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
    of: ({ requests, messages }) => perMessage(requests.total, messages),
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

/** Delays that it takes before one in a hundred of them is not simply the largest: longer runs have larger ones. */
export const delaysForP99 = 100;

function p99Ms({ delayMs }: Trial): number | null | undefined {
  return delayMs.count < delaysForP99 ? undefined : delayMs.p99;
}

function perMessage(value: number, { delivered }: Trial['messages']): number | undefined {
  return delivered === 0 ? undefined : value / delivered;
}

/**
 * An answer more, or a digit more in two numbers of every message: its place in the log and its instant get
 * longer with the log and with the time since the machine was started.
 */
function bytesResolution({ requests, messages, bytes }: Trial): number {
  const anAnswer = 1 / Math.max(1, requests.total + messages.delivered);
  return Math.max(anAnswer, (2 * messages.delivered) / Math.max(1, bytes.toClients));
}

function threeDigits(): number {
  return 0.001;
}
