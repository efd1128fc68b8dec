/**
 * What a server says over a WebSocket: final, unmasked frames (RFC 6455 §5.2).
 *
 *     ┌───────────────┬──────────────────────────────────┬─────────┐
 *     │ 0x80 + opcode │ length: 1 byte, or 126 and 2,    │ payload │
 *     │               │         or 127 and 8             │         │
 *     └───────────────┴──────────────────────────────────┴─────────┘
 *
 * That is two bytes on top of a short text. A frame is the same for everybody, so it is built once.
 */
const opcodes = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa };

/** A text. */
export function webSocketFrame(text: string): Buffer {
  return frame(opcodes.text, Buffer.from(text));
}

/** A sign of life, for whatever sits between. A client answers it; that a reader is gone, TCP notices. */
export const pingFrame = frame(opcodes.ping, Buffer.alloc(0));

/** Whether this is a client's answer to `pingFrame` and nothing else: a pong without a word, behind its mask. */
export function isPong(bytes: Buffer): boolean {
  return bytes.length === 6 && bytes[0] === 0x80 + opcodes.pong && bytes[1] === 0x80;
}

/** The answer to a ping: it says again what the ping said, at most 125 bytes. */
export function pongFrame(said: Buffer): Buffer {
  return frame(opcodes.pong, said);
}

/**
 * The last frame, with a code (RFC 6455 §7.4) and a reason for people. It has room for 123 bytes of reason, and a
 * character that is cut in two goes. Code 1005 means that there is none, and is not sent (§7.1.5).
 */
export function closeFrame(code: number, reason = ''): Buffer {
  if (code === 1005) return frame(opcodes.close, Buffer.alloc(0));
  const words = Buffer.from(reason)
    .subarray(0, 123)
    .toString()
    .replace(/\ufffd$/, '');
  return frame(opcodes.close, Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(words)]));
}

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
