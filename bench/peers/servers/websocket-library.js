import { createServer } from 'node:http';
import websocket from 'websocket';
import { stand } from './stand.js';

/** The library of the lecture's example, `websocket`, with its own broadcast. */
const server = createServer();
const webSockets = new websocket.server({ httpServer: server, autoAcceptConnections: true });

stand(server, (text) => webSockets.broadcastUTF(text));
