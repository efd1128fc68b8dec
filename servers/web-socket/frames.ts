import type { WireFormat } from '../fan-out/subscriber.ts';

/**
 * The frames of a WebSocket server: final and unmasked (RFC 6455 §5.2).
 *
 *     ┌───────────────┬──────────────────────────────────┬─────────┐
 *     │ 0x80 + opcode │ length: 1 byte, or 126 and 2,    │ payload │
 *     │               │         or 127 and 8             │         │
 *     └───────────────┴──────────────────────────────────┴─────────┘
 *
 * A frame has no mask and no connection in it, so one buffer serves every subscriber.
 */
const opcodes = { text: 0x1, ping: 0x9 };

export function textFrame(text: string): Buffer {
  return frame(opcodes.text, Buffer.from(text));
}

/** Push: batches and messages as JSON. Every WebSocket client answers a ping with a pong. */
export const webSocketFormat: WireFormat = {
  batch: (batch) => textFrame(JSON.stringify(batch)),
  message: (message) => textFrame(JSON.stringify(message)),
  heartbeat: frame(opcodes.ping, Buffer.alloc(0)),
  isHeartbeatAnswered: true,
};

/** Notify: only the place where the log ends now. */
export const noticeFormat: WireFormat = {
  ...webSocketFormat,
  batch: ({ next }) => textFrame(JSON.stringify({ next })),
  message: (_message, cursor) => textFrame(JSON.stringify({ next: cursor })),
  isNotice: true,
};

function frame(opcode: number, payload: Buffer): Buffer {
  const first = 0x80 + opcode;
  if (payload.length < 126) return Buffer.concat([Buffer.of(first, payload.length), payload]);
  const isShort = payload.length < 65_536;
  const header = Buffer.alloc(isShort ? 4 : 10);
  header[0] = first;
  header[1] = isShort ? 126 : 127;
  header.writeUIntBE(payload.length, isShort ? 2 : 4, isShort ? 2 : 6);
  return Buffer.concat([header, payload]);
}
