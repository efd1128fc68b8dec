import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BadInput } from './message.ts';

/**
 * How a connection becomes a WebSocket (RFC 6455 §4.2): a request of HTTP, and an answer that only who has
 * understood it can give. After that the same connection carries frames, both ways.
 *
 *     client  ──GET, Upgrade: websocket, Sec-WebSocket-Key: K──►
 *             ◄──101, Sec-WebSocket-Accept: SHA-1(K + a fixed text)── server
 *
 * Left out: subprotocols and extensions. A client that offers some is answered with none of them.
 */
const fixedText = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What is said of every handshake that is refused: the version that is spoken here (§4.4). */
export const spokenVersion = 'sec-websocket-version: 13\r\n';

/** The answer to a handshake. Throws `BadInput` on what is none. */
export function handshakeOf({ method, headers }: IncomingMessage): string {
  const { upgrade, 'sec-websocket-key': key = '', 'sec-websocket-version': version } = headers;
  if (method !== 'GET') throw new BadInput(`${method} opens no WebSocket: it takes a GET`);
  if (upgrade?.toLowerCase() !== 'websocket')
    throw new BadInput(`upgrade is "${upgrade}": it takes "websocket"`);
  if (version !== '13')
    throw new BadInput(`sec-websocket-version is ${version ? `"${version}"` : 'missing'}: it takes 13`, 426);
  if (!/^[+/0-9A-Za-z]{22}==$/.test(key))
    throw new BadInput(`sec-websocket-key is "${key}": it takes 16 bytes in base64`);
  const accept = createHash('sha1')
    .update(key + fixedText)
    .digest('base64');
  return (
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n' +
    `sec-websocket-accept: ${accept}\r\n\r\n`
  );
}
