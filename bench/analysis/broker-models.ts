import type { Model, Trial } from '../result.ts';
import { type Occurred, shortPollOnSchedule } from './on-schedule.ts';

/**
 * What theory says of a broker's consumers: pure formulae, drawn over the measurements. λ messages per
 * second, T time from slot to slot, p prefetch, d one-way delay. Every time is in milliseconds.
 */

/**
 * Messages per second that a window lets through: p/(2d). So many may be under way, and each is
 * acknowledged one round trip after the one that it makes room for. `Infinity` without a window.
 */
export function windowPerSecond(prefetch: number, oneWayMs: number): number {
  return prefetch === 0 ? Number.POSITIVE_INFINITY : (prefetch * 1000) / (2 * oneWayMs);
}

/**
 * Gets at fixed slots, each repeated until one comes back empty, run on the instants that occurred. A
 * message waits as long as for a short poll; every slot costs one empty get, and every message one more.
 */
export function getsOnSchedule(occurred: Occurred, phasesMs: readonly number[], intervalMs: number): Model {
  const { meanMs } = shortPollOnSchedule(occurred, phasesMs, intervalMs);
  const slotsPerSecond = (phasesMs.length * 1000) / intervalMs;
  const messagesPerSecond = (phasesMs.length * occurred.messages.length * 1000) / occurred.durationMs;
  const requestsPerSecond = slotsPerSecond + messagesPerSecond;
  return { meanMs, requestsPerSecond, emptyShare: slotsPerSecond / requestsPerSecond };
}

/** RabbitMQ's own limit of unacknowledged messages of MQTT's QoS 1, its setting `mqtt.prefetch`. */
const mqttPrefetch = 10;

/** Messages that may be under way to a consumer; 0 where nothing bounds them. A get brings one at a time. */
export function windowOf({
  transport,
  prefetch = 0,
  qos = 1,
}: Pick<Trial, 'transport'> & Pick<Trial['parameters'], 'prefetch' | 'qos'>): number {
  if (transport === 'amqp-get') return 1;
  if (transport === 'mqtt') return qos === 0 ? 0 : mqttPrefetch;
  return prefetch;
}

/** Messages per second that got through in a trial whose messages were all due at once: the oldest tells how long it took. */
export function throughPerSecond({ delayMs }: Trial): number | undefined {
  return delayMs.max ? (delayMs.count * 1000) / delayMs.max : undefined;
}
