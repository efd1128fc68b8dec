import { WebSocket } from 'ws';
import { openAll, stand } from './stand.js';

/** The client of ws, with a handler that reads the JSON as any program would. */
const [url, clients] = process.argv.slice(2);
let count = 0;

function open() {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url}/messages`, { perMessageDeflate: false });
    socket.on('message', (data) => {
      if (JSON.parse(data).seq !== undefined) count += 1;
      resolve();
    });
  });
}

stand({ connect: () => openAll(Number(clients), open), count: () => count });
