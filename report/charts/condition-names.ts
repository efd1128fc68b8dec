import type { Condition } from '../../bench/analysis/comparison.ts';
import { counted, threeDigits, writeBytes, writeMs } from '../units.ts';
import { differences, laneName } from './lanes.ts';

/**
 * Names for the conditions of one experiment, in their order: transport and interval, as everywhere, and
 * what else tells a condition from the others. What is the same in all of them goes without saying.
 */
export function conditionNames(conditions: readonly Condition[]): string[] {
  return conditions.map((condition) => {
    const { transport, parameters } = condition;
    const siblings = conditions.filter((other) => other.transport === transport);
    const telling = words.filter(
      (write) => differ(siblings.map(write)) || differ(conditions.map(write).filter(Boolean)),
    );
    return [laneName(transport, parameters.intervalMs), ...telling.map((write) => write(condition))]
      .filter(Boolean)
      .join(', ');
  });
}

function differ(texts: readonly string[]): boolean {
  return new Set(texts).size > 1;
}

/** All that conditions may differ in beside transport and interval, in words; nothing for what is not there. */
const words: ((condition: Condition) => string)[] = [
  ({ sideBySide }) => (sideBySide ? 'side by side' : 'alone'),
  ({ parameters }) => scheduleNames[parameters.schedule],
  ({ parameters }) => `${threeDigits(parameters.ratePerSecond)} messages/s`,
  ({ parameters }) => counted(parameters.clients, 'client'),
  ({ parameters }) => `payload ${writeBytes(parameters.payloadBytes)}`,
  ({ parameters }) => ifAny(parameters.oneWayMs, (ms) => `one-way delay ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.jitterMs, (ms) => `jitter ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.holdMs, (ms) => `long-poll timeout ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.path, String),
  ({ parameters }) => ifAny(parameters.proxy, (proxy) => `${proxy} proxy`),
  ({ parameters }) => ifAny(parameters.awayMs, (ms) => `offline for ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.outageMs, (ms) => `server down for ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.retentionMs, (ms) => `retention ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.stallMs, (ms) => `server stalled for ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.overloadMs, (ms) => `overload of ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.handlingMs, (ms) => `handler takes ${writeMs(ms)}`),
  ({ parameters }) =>
    ifAny(parameters.slowBy, (how) => (how === 'pause' ? 'client stops reading' : 'handler sleeps')),
  ({ parameters }) => ifAny(parameters.limitBytes, (bytes) => `queue limit ${writeBytes(bytes)}`),
  ({ parameters }) => ifAny(parameters.publishEveryMs, (ms) => `publish interval ${writeMs(ms)}`),
  ({ parameters }) => ifAny(parameters.prefetch, (messages) => `prefetch ${messages}`),
  ...differences,
];

const scheduleNames = { poisson: 'Poisson', periodic: 'constant rate', burst: 'bursts' };

function ifAny<Value>(value: Value | undefined, write: (value: Value) => string): string {
  return value === undefined ? '' : write(value);
}
