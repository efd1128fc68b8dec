import { createServer } from 'node:net';
import { stand } from './stand.js';

/** The floor: the least that Node can do to write one text to many sockets. No frames, no limits, no log. */
const sockets = new Set();
const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket);
  socket
    .on('close', () => sockets.delete(socket))
    .on('error', () => {})
    .resume();
});

stand(server, (text) => {
  const line = Buffer.from(`${text}\n`);
  for (const socket of sockets) socket.write(line);
});
