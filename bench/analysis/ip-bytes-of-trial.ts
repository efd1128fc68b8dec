import type { Trial } from '../result.ts';
import { pollIpBytes, pushedIpBytes } from './ip-bytes.ts';

/**
 * IP bytes per second and client of a trial, from its application bytes: each request and each pushed
 * message taken to be as long as their average. That is right to a segment where messages are alike and
 * none share a write, as in a grid of periodic messages. `undefined` where nothing was sent.
 */
export function ipBytesPerSecond({
  transport,
  requests,
  messages,
  bytes,
  clients,
  durationMs,
}: Trial): number | undefined {
  const asks = transport === 'short-poll' || transport === 'long-poll';
  const times = asks ? requests.total : messages.delivered;
  if (times === 0) return undefined;
  const each = asks
    ? pollIpBytes(bytes.toServer / times, bytes.toClients / times)
    : pushedIpBytes(bytes.toClients / times);
  return (each * times * 1000) / durationMs / clients.count;
}
