import type { TransportName } from '../../clients/transports.ts';
import { listed, whole, writeMs } from '../units.ts';
import { fellIntoGap, latencyMs, type SwimLanes } from './lanes.ts';

/** The name of a transport within a sentence. */
export const spokenNames: Record<TransportName, string> = {
  push: 'push',
  sse: 'SSE',
  'tcp-push': 'push over TCP',
  notify: 'notify-then-fetch',
  'long-poll': 'the long poll',
  'short-poll': 'the short poll',
};

/** "the long poll’s". */
export function possessive(transport: TransportName): string {
  return `${spokenNames[transport]}’s`;
}

/** "message 3", "messages 3, 4 and 5". */
export function messagesNamed(seqs: readonly number[]): string {
  return `${seqs.length === 1 ? 'message' : 'messages'} ${listed(seqs.map(String))}`;
}

/** An instant as the time axis counts it: "1,204 ms". */
export function instant(atMs: number): string {
  return `${whole(atMs)} ms`;
}

/** A latency in short form: whole milliseconds from ten on. */
export function inShort(valueMs: number): string {
  return valueMs < 10 ? writeMs(valueMs) : `${whole(valueMs)} ms`;
}

/** The latency of one message in each lane, and its re-arm gap: the finding of the diagram. */
export function findingOf(swim: SwimLanes, seq: number): string {
  const latencies = swim.lanes.flatMap((lane) => {
    const valueMs = latencyMs(lane, seq);
    return valueMs === undefined ? [] : [`${inShort(valueMs)} with ${spokenNames[lane.transport]}`];
  });
  const dueMs = swim.messages.find((message) => message.seq === seq)?.dueMs ?? 0;
  const arrived = `Message ${seq} of ${swim.messages.length}, scheduled at ${instant(dueMs)}, had a latency of ${listed(latencies)}.`;
  return [arrived, gapSentence(swim, seq)].filter(Boolean).join(' ');
}

function gapSentence({ lanes }: SwimLanes, seq: number): string {
  const missed = lanes
    .filter((lane) => fellIntoGap(lane, seq))
    .map(({ transport }) => spokenNames[transport]);
  return missed.length > 0
    ? `The message fell into a re-arm gap: no request of ${listed(missed)} was at the server.`
    : '';
}
