import { connect } from 'node:net';
import { openAll, stand } from './stand.js';

/** The floor: bare sockets that say the handshake as it stands, and look for the mark in what comes. */
const [url, clients] = process.argv.slice(2);
const { port, hostname } = new URL(url);
const handshake =
  `GET /messages HTTP/1.1\r\nhost: ${hostname}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n` +
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n';
let count = 0;

function open() {
  return new Promise((resolve) => {
    const socket = connect({ port, host: hostname, noDelay: true });
    socket.on('connect', () => socket.write(handshake));
    socket.on('data', (piece) => {
      for (let at = piece.indexOf('@end@'); at >= 0; at = piece.indexOf('@end@', at + 5)) count += 1;
      resolve();
    });
  });
}

stand({ connect: () => openAll(Number(clients), open), count: () => count });
