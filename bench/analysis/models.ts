import type { Model, Trial } from '../result.ts';
import { type Occurred, shortPollOnSchedule } from './on-schedule.ts';

/**
 * What theory says each transport should do: pure formulae, drawn over the measurements.
 *
 * Letters as in the literature: λ messages per second (`ratePerSecond`), T poll interval
 * (`intervalMs`), d one-way delay (`oneWayMs`), N clients, s the serial cost of one delivery
 * (`deliveryMs`), μ what a client handles per second. Every time is in milliseconds.
 */

/**
 * Mean delay of push to N clients: d + N·s/2. A fan-out is serial, so the k-th client waits k·s.
 */
export function pushMeanMs(oneWayMs: number, clients: number, deliveryMs: number): number {
  return oneWayMs + (clients * deliveryMs) / 2;
}

/** Delay of the last client of a fan-out: d + N·s. */
export function pushLastMs(oneWayMs: number, clients: number, deliveryMs: number): number {
  return oneWayMs + clients * deliveryMs;
}

/**
 * Mean delay of a short poll: T/2 + d. A message waits for the poll's next slot, uniformly between
 * 0 and T; the request's own transit is inside that wait, so only the answer's is added.
 */
export function shortPollMeanMs(intervalMs: number, oneWayMs: number): number {
  return intervalMs / 2 + oneWayMs;
}

/** Share of a short poll's messages that are at most `delayMs` old on arrival: uniform on d … T + d. */
export function shortPollShareWithin(delayMs: number, intervalMs: number, oneWayMs: number): number {
  return Math.min(1, Math.max(0, (delayMs - oneWayMs) / intervalMs));
}

/**
 * Mean delay of a long poll under Poisson messages: d + (λr²/2) / (λr + e^(−λr)), with r = 2d.
 * Between d (a poll is parked) and 3d (the message came just after an answer left); RFC 6202 §2.2.
 */
export function longPollMeanMs(ratePerSecond: number, oneWayMs: number): number {
  const perMs = ratePerSecond / 1000;
  const roundTripMs = 2 * oneWayMs;
  const inGap = perMs * roundTripMs;
  return oneWayMs + (inGap * roundTripMs) / 2 / (inGap + Math.exp(-inGap));
}

/** Requests per second of short-polling clients: N/T. */
export function shortPollRequestsPerSecond(clients: number, intervalMs: number): number {
  return (clients * 1000) / intervalMs;
}

/**
 * Requests per second of one long-polling client: one per message that finds it parked, and one per
 * hold that runs out. Periodic messages end every poll they find, and 1/(λH) holds run out between two.
 * With Poisson messages a hold of H ends empty with e^(−λH), and lasts (1 − e^(−λH))/λ on average; the
 * round trip is added to each.
 */
export function longPollRequestsPerSecond(
  schedule: 'periodic' | 'poisson' | 'burst',
  ratePerSecond: number,
  holdMs: number,
  roundTripMs = 0,
): number {
  const perMs = ratePerSecond / 1000;
  if (schedule === 'periodic' && perMs > 0)
    return ratePerSecond * (1 + Math.floor(1 / (perMs * (holdMs + roundTripMs))));
  const heldMs = perMs === 0 ? holdMs : (1 - Math.exp(-perMs * holdMs)) / perMs;
  return 1000 / (roundTripMs + heldMs);
}

/** Share of a short poll's answers that carry nothing: Poisson e^(−λT), periodic max(0, 1 − λT). */
export function emptyPollShare(
  schedule: 'periodic' | 'poisson' | 'burst',
  ratePerSecond: number,
  intervalMs: number,
): number {
  const perInterval = (ratePerSecond * intervalMs) / 1000;
  return schedule === 'periodic' ? Math.max(0, 1 - perInterval) : Math.exp(-perInterval);
}

/** The shortest interval at which N clients can poll a server of R answers per second: N/R. */
export function freshestIntervalMs(clients: number, requestsPerSecond: number): number {
  return (clients * 1000) / requestsPerSecond;
}

/**
 * Bytes that wait for a client which handles μ of λ messages per second, `elapsedMs` after the start:
 * (λ − μ)·m·t, less what the kernel's socket buffers swallow first.
 */
export function overwhelmedBacklogBytes(
  elapsedMs: number,
  ratePerSecond: number,
  handledPerSecond: number,
  messageBytes: number,
  kernelBytes: number,
): number {
  const surplus = Math.max(0, ratePerSecond - handledPerSecond);
  return Math.max(0, (surplus * messageBytes * elapsedMs) / 1000 - kernelBytes);
}

/** Age of what a client handles when it keeps up with μ of λ messages per second: (1 − μ/λ)·t. */
export function overwhelmedAgeMs(elapsedMs: number, ratePerSecond: number, handledPerSecond: number): number {
  return Math.max(0, 1 - handledPerSecond / ratePerSecond) * elapsedMs;
}

/** Messages lost to a client that is away for so long: λ·max(0, t − R), with a log that keeps R; R = 0 without one. */
export function offlineLost(awayMs: number, ratePerSecond: number, retentionMs: number): number {
  return (ratePerSecond * Math.max(0, awayMs - retentionMs)) / 1000;
}

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
