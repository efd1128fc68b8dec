import { connect } from 'node:net';

/**
 * Sockets that send what no client of the lab would, and read everything that comes back.
 *
 *     ──bytes──►            ──FIN──►         the FIN shows that a truncated request is truncated, so the server
 *               ◄──responses──      ◄──FIN──  doesn't wait for the rest
 */

/**
 * Sends bytes, one per character, and closes its half of the connection unless it `staysOpen`. Resolves with everything
 * received when the connection closes, or when `isEnough` of it.
 */
export function exchange(
  port: number,
  bytes: string,
  { isEnough = () => false, staysOpen = false }: Exchange = {},
): Promise<Buffer> {
  return new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    socket.on('data', (piece: Buffer) => {
      received = received.length === 0 ? piece : Buffer.concat([received, piece]);
      if (isEnough(received)) socket.destroy();
    });
    socket.on('end', () => socket.destroy());
    // A server may reset the connection when more bytes follow its response.
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
    if (staysOpen) socket.write(bytes, 'latin1');
    else socket.end(bytes, 'latin1');
  });
}

type Exchange = { isEnough?: (received: Buffer) => boolean; staysOpen?: boolean };

/** A response of HTTP. The next one begins at `end`. */
export type Response = { status: number; contentType: string; body: Buffer; end: number };

/**
 * Reads the response that begins at an offset; `undefined` while it is incomplete. A stream, or a response without a length,
 * lasts as long as the connection: its body is what has arrived so far.
 */
export function readResponse(received: Buffer, offset: number, isToHead = false): Response | undefined {
  const headEnd = received.indexOf('\r\n\r\n', offset);
  if (headEnd < 0) return undefined;
  const head = received.toString('latin1', offset, headEnd);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const contentType = /^content-type: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
  const start = headEnd + 4;
  const of = (end: number, body = received.subarray(start, end)) => ({ status, contentType, body, end });
  if (status === 100) return readResponse(received, start, isToHead);
  if (isToHead || status === 101 || status === 204) return of(start);
  const isStream = contentType.startsWith('text/event-stream');
  if (/^transfer-encoding: chunked/im.test(head))
    return unchunked(received, start, of) ?? (isStream ? of(received.length) : undefined);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  const end = length === undefined ? received.length : start + Number(length);
  return end > received.length ? undefined : of(end);
}

function unchunked(
  received: Buffer,
  start: number,
  of: (end: number, body: Buffer) => Response,
): Response | undefined {
  const pieces: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (next > received.length) return undefined;
    if (size === 0) return of(next, Buffer.concat(pieces));
    pieces.push(received.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}

/** The reason of a refusal: the `error` of a JSON body, or the text. */
export function reasonIn({ body, contentType }: Response): string {
  const text = body.toString();
  if (!contentType.startsWith('application/json')) return text;
  const { error } = JSON.parse(text) as { error?: unknown };
  return typeof error === 'string' ? error : '';
}

/** The request of a WebSocket handshake. */
export function handshake(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
}

/** A frame of a client, each part of which may be wrong (RFC 6455 §5.2). */
export type FrameParts = {
  /** The first byte: FIN, three reserved bits, opcode. */
  first: number;
  isMasked: boolean;
  /** The length in its header. Default: the length of the payload. */
  claims?: number;
  payload: Buffer;
};

/** Encodes a frame. The mask is all zeros, so that the payload stays readable. */
export function frameOf({ first, isMasked, claims, payload }: FrameParts): Buffer {
  const length = claims ?? payload.length;
  const mask = isMasked ? 0x80 : 0;
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + size + (isMasked ? 4 : 0));
  head[0] = first;
  head[1] = mask | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** A frame of a server: never masked. */
export type Frame = { opcode: number; payload: Buffer };

/** All complete frames from an offset on. */
export function framesFrom(received: Buffer, offset: number): Frame[] {
  const frames: Frame[] = [];
  for (let at = offset; at + 2 <= received.length; ) {
    const short = (received[at + 1] as number) & 0x7f;
    const size = short < 126 ? 0 : short === 126 ? 2 : 8;
    const start = at + 2 + size;
    if (start > received.length) break;
    const length =
      size === 0
        ? short
        : size === 2
          ? received.readUInt16BE(at + 2)
          : Number(received.readBigUInt64BE(at + 2));
    if (start + length > received.length) break;
    frames.push({
      opcode: (received[at] as number) & 0x0f,
      payload: received.subarray(start, start + length),
    });
    at = start + length;
  }
  return frames;
}
