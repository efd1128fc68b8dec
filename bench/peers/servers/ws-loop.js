import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { stand } from './stand.js';

/** The loop of the ws manual's broadcast example: `client.send(text)` for every client. */
const server = createServer();
const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
webSockets.on('connection', (client) => client.on('error', () => {}));

stand(server, (text) => {
  for (const client of webSockets.clients) client.send(text);
});
