/**
 * What a server wants to hear before it sends anything, for each protocol among the contenders: as bytes,
 * since the audience has no library.
 */
export type Language = 'tcp' | 'tcp-push' | 'websocket' | 'socket.io' | 'sse' | 'lab-sse' | 'lab-websocket';

type Manners = {
  /** What a client says first. */
  greeting: string;
  /** What the server says when the client is in; without it the connection itself will do. */
  isIn?: string;
  /** What the client says once the server has answered at all. */
  answer?: Buffer;
};

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n` +
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n';

const events = 'GET /messages HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n\r\n';

export const languages: Record<Language, Manners> = {
  tcp: { greeting: '\n' },
  'tcp-push': { greeting: '{"after":null}\n', isIn: '"next"' },
  websocket: { greeting: upgrade('/'), isIn: '101 Switching' },
  'lab-websocket': { greeting: upgrade('/messages'), isIn: '"next"' },
  // A masked frame that says 40: connect to the first namespace (Socket.IO protocol 5).
  'socket.io': {
    greeting: upgrade('/socket.io/?EIO=4&transport=websocket'),
    isIn: '40{',
    answer: Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]),
  },
  sse: { greeting: events, isIn: '200 OK' },
  'lab-sse': { greeting: events, isIn: '"next"' },
};
