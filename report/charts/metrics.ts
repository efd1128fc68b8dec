import { requestsPerMessage } from '../../bench/analysis/trial-quantities.ts';
import type { Write } from '../../bench/analysis/writing.ts';
import type { Trial } from '../../bench/result.ts';

/** How a quantity is read from a trial or a probe: nothing where it was not measured. */
export type Read<Run = Trial> = (run: Run) => number | null | undefined;

/** One quantity: its name as a noun, its unit, and how it is read. A table column needs no more. */
export type Metric<Run = Trial> = { name: string; unit?: string; read: Read<Run> };

/** A metric with a panel of its own: the panel's title, its axis and its alternative text follow. */
export type DrawnMetric<Run = Trial> = Metric<Run> & {
  /** The end of the panel's id. */
  id: string;
  title: string;
  /** The title of the axis. */
  axis: string;
  /** What a model says of the same run. */
  model?: Read<Run>;
  /** Words for 0, where a bar would show nothing. */
  zero?: string;
  /** Words where nothing was measured. */
  absent?: string;
  /** Writes a value with its unit; three digits without. */
  write?: Write;
};

/** Per second of the measured window. */
export function perSecond(of: Read): Read {
  return (trial) => {
    const value = of(trial);
    return typeof value === 'number' ? (value * 1000) / trial.durationMs : undefined;
  };
}

/** For one client. */
export function perClient(of: Read): Read {
  return (trial) => {
    const value = of(trial);
    return typeof value === 'number' ? value / Math.max(1, trial.clients.count) : undefined;
  };
}

function latency(name: string, key: Exclude<keyof Trial['delayMs'], 'count'>): Metric {
  return { name, unit: 'ms', read: ({ delayMs }) => delayMs[key] };
}

export const p50 = latency('latency p50', 'p50');
export const p90 = latency('latency p90', 'p90');
export const p99 = latency('latency p99', 'p99');
export const maxLatency = latency('maximum latency', 'max');
export const meanLatency = latency('mean latency', 'mean');

/** The mean latency that a model predicts for the message times of the same trial. */
export const modelMean: Metric = {
  name: 'model: mean latency',
  unit: 'ms',
  read: ({ model }) => model?.meanMs,
};

export const requestsEach: Metric = { name: 'requests per message', read: requestsPerMessage };

export const cpuPerDelivery: Metric = {
  name: 'server CPU',
  unit: 'µs per delivery',
  read: ({ server, messages }) =>
    messages.delivered > 0 ? (server.cpuMs * 1000) / messages.delivered : undefined,
};

export const bytesInAll: Read = ({ bytes }) => bytes.toClients + bytes.toServer;
