import type { Trial } from '../result.ts';

/**
 * From application bytes to bytes on the wire, by arithmetic: what TCP carries is cut into segments, each
 * with an IP header (20 bytes) and a TCP header (20, and 12 for timestamps), and what arrives is
 * acknowledged. Ethernet's own framing is left out.
 */
export const segmentHeaderBytes = 20 + 20 + 12;

/** What one segment can carry on Ethernet: 1,500 less the headers. */
export const segmentPayloadBytes = 1500 - segmentHeaderBytes;

/**
 * IP bytes of one pushed message: its segments, and an acknowledgement for each two of them, at least one.
 */
export function pushedIpBytes(downBytes: number): number {
  const segments = segmentsOf(downBytes);
  return downBytes + (segments + acknowledgements(segments)) * segmentHeaderBytes;
}

/**
 * IP bytes of one poll: the segments of request and answer; the answer acknowledges the request, and
 * the answer itself is acknowledged by segments of their own.
 */
export function pollIpBytes(upBytes: number, downBytes: number): number {
  const segments = segmentsOf(downBytes);
  return (
    upBytes + downBytes + (segmentsOf(upBytes) + segments + acknowledgements(segments)) * segmentHeaderBytes
  );
}

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

function segmentsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / segmentPayloadBytes));
}

/** A receiver acknowledges every second segment, and the last one after a while (RFC 9293 §3.8.6.3). */
function acknowledgements(segments: number): number {
  return Math.ceil(segments / 2);
}
