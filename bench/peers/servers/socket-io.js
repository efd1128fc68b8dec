import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { stand } from './stand.js';

/** Socket.IO as its manual begins: one event for everybody. Carries WebSockets and its own long poll. */
const server = createServer();
const io = new Server(server, { perMessageDeflate: false, httpCompression: false });

stand(server, (text) => io.emit('message', text));
