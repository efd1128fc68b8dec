import type { TransportName } from '../../clients/transports.ts';
import { listed, whole, writeMs } from '../units.ts';
import { ageMs, fellIntoGap, type SwimLanes } from './lanes.ts';

/** How a transport is called in the middle of a sentence. */
export const spokenNames: Record<TransportName, string> = {
  push: 'push',
  sse: 'SSE',
  'tcp-push': 'push over TCP',
  notify: 'notify-then-fetch',
  'long-poll': 'the long poll',
  'short-poll': 'the short poll',
};

/** Whose something is: "the long poll’s". */
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

/** An age as a picture has room for it: whole milliseconds from ten on. */
export function age(valueMs: number): string {
  return valueMs < 10 ? writeMs(valueMs) : `${whole(valueMs)} ms`;
}

/** How old one message was at the end of each lane, and why where it met nobody: the finding of the picture. */
export function findingOf(swim: SwimLanes, seq: number): string {
  const ages = swim.lanes.flatMap((lane) => {
    const valueMs = ageMs(lane, seq);
    return valueMs === undefined ? [] : [`${age(valueMs)} with ${spokenNames[lane.transport]}`];
  });
  const dueMs = swim.messages.find((message) => message.seq === seq)?.dueMs ?? 0;
  const arrived = `Message ${seq} of ${swim.messages.length}, due at ${instant(dueMs)}, was ${listed(ages).replace(' with', ' old with')}.`;
  return [arrived, gapSentence(swim, seq)].filter(Boolean).join(' ');
}

function gapSentence({ lanes }: SwimLanes, seq: number): string {
  const missed = lanes
    .filter((lane) => fellIntoGap(lane, seq))
    .map(({ transport }) => spokenNames[transport]);
  return missed.length > 0
    ? `It fell into a re-arm gap: no request of ${listed(missed)} was at the server.`
    : '';
}
