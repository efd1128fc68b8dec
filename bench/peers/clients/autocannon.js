import autocannon from 'autocannon';
import { stand } from './stand.js';

/** autocannon at a fixed overall rate. It gives out a second's requests at the second's start. */
const [url, clients, intervalMs] = process.argv.slice(2);
let count = 0;

function connect() {
  const connections = Number(clients);
  const overallRate = Math.round((connections * 1000) / Number(intervalMs));
  const running = autocannon({ url: `${url}/messages`, connections, overallRate, duration: 3600 }, () => {});
  running.on('response', () => {
    count += 1;
  });
}

stand({ connect, count: () => count });
