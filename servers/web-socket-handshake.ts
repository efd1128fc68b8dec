import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BadInput, invalid } from './message.ts';

/**
 * How a connection becomes a WebSocket (RFC 6455 §4.2): a request of HTTP, and an answer that only who has
 * understood it can give. After that the same connection carries frames, both ways.
 *
 *     client  ──GET, Upgrade: websocket, Sec-WebSocket-Key: K──►
 *             ◄──101, Sec-WebSocket-Accept: SHA-1(K + a fixed text)── server
 *
 * Left out: subprotocols and extensions. A client that offers subprotocols is answered with none, and most then
 * give up by themselves.
 */
const fixedText = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What is said to every handshake that is refused: the version of WebSocket that is spoken here (§4.4). */
export const spokenHere = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n';

/** The answer to a request to become a WebSocket. Throws `BadInput` on what is none. */
export function handshakeOf({ method, headers, httpVersion }: IncomingMessage): string {
  const { host, 'sec-websocket-key': key, 'sec-websocket-version': version } = headers;
  if (method !== 'GET') throw new BadInput(invalid('method', method, 'GET for a WebSocket'));
  if (httpVersion !== '1.1') throw new BadInput(invalid('HTTP version', httpVersion, '1.1 for a WebSocket'));
  if (host === undefined) throw new BadInput(invalid('host', host, 'a host header in every handshake'));
  if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined)
    throw new BadInput('invalid handshake: expected no body');
  if (version !== '13') throw new BadInput(invalid('sec-websocket-version', version, '13'), 426);
  if (!/^[+/0-9A-Za-z]{22}==$/.test(key ?? ''))
    throw new BadInput(invalid('sec-websocket-key', key, '16 bytes in base64'));
  const accept = createHash('sha1')
    .update(key + fixedText)
    .digest('base64');
  return (
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n' +
    `sec-websocket-accept: ${accept}\r\n\r\n`
  );
}
