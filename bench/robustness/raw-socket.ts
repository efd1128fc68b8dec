import { connect } from 'node:net';

/**
 * Sockets that say what no client of ours would, and hear all that comes back.
 *
 *     ──bytes──►        ──FIN──►             what was cut off in the middle is seen to be, so nobody waits
 *               ◄──answers──     ◄──FIN──
 */

/** Says something and no more. Resolves with all that came back once the connection is closed, `undefined` after a reset. */
export function speak(
  port: number,
  bytes: Buffer,
  isEnough: (heard: Buffer) => boolean = () => false,
): Promise<Buffer> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece);
      if (isEnough(pieces.length === 1 ? piece : Buffer.concat(pieces))) socket.destroy();
    });
    socket.on('end', () => socket.destroy());
    // Whoever goes on speaking after the answer finds the door shut; what came before counts.
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(pieces)));
    socket.end(bytes);
  });
}

/** An answer of HTTP: what stands in it, and where the next one begins. */
export type Answer = { status: number; contentType: string; body: Buffer; end: number };

/**
 * Reads the answer that begins at an offset; `undefined` while it is not whole. A stream, and one without a length, lasts
 * as long as the connection: its body is what there is so far.
 */
export function readAnswer(heard: Buffer, offset: number, isToHead = false): Answer | undefined {
  const headEnd = heard.indexOf('\r\n\r\n', offset);
  if (headEnd < 0) return undefined;
  const head = heard.toString('latin1', offset, headEnd);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const contentType = /^content-type: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
  const start = headEnd + 4;
  const of = (end: number, body = heard.subarray(start, end)) => ({ status, contentType, body, end });
  if (status === 100) return readAnswer(heard, start, isToHead);
  if (isToHead || status === 101 || status === 204) return of(start);
  const isStream = contentType.startsWith('text/event-stream');
  if (/^transfer-encoding: chunked/im.test(head))
    return unchunked(heard, start, of) ?? (isStream ? of(heard.length) : undefined);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  const end = length === undefined ? heard.length : start + Number(length);
  return end > heard.length ? undefined : of(end);
}

function unchunked(
  heard: Buffer,
  start: number,
  of: (end: number, body: Buffer) => Answer,
): Answer | undefined {
  const pieces: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = heard.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(heard.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (next > heard.length) return undefined;
    if (size === 0) return of(next, Buffer.concat(pieces));
    pieces.push(heard.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}

/** The reason in the body of a refusal: the `error` of JSON, or the text. */
export function reasonIn({ body, contentType }: Answer): string {
  const text = body.toString();
  if (!contentType.startsWith('application/json')) return text;
  const { error } = JSON.parse(text) as { error?: unknown };
  return typeof error === 'string' ? error : '';
}

/** The head of a handshake. */
export function handshake(path: string, more = ''): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;
}

/** A frame as a client sends it, right or wrong in any of its parts (RFC 6455 §5.2). */
export type FrameParts = {
  /** The first byte: FIN, three reserved bits, opcode. */
  first: number;
  isMasked: boolean;
  /** The length that it claims. Default: that of the payload. */
  claims?: number;
  payload: Buffer;
};

/** Writes a frame. The mask is all zeros, so that the payload stays readable. */
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

/** A frame that came from a server: never masked. */
export type Heard = { opcode: number; payload: Buffer };

/** All whole frames from an offset on. */
export function framesFrom(heard: Buffer, offset: number): Heard[] {
  const frames: Heard[] = [];
  for (let at = offset; at + 2 <= heard.length; ) {
    const short = (heard[at + 1] as number) & 0x7f;
    const size = short < 126 ? 0 : short === 126 ? 2 : 8;
    const start = at + 2 + size;
    if (start > heard.length) break;
    const length =
      size === 0 ? short : size === 2 ? heard.readUInt16BE(at + 2) : Number(heard.readBigUInt64BE(at + 2));
    if (start + length > heard.length) break;
    frames.push({ opcode: (heard[at] as number) & 0x0f, payload: heard.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}
