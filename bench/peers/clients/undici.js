import { Client } from 'undici';
import { stand } from './stand.js';

/** undici alone: every client asks every so often, all at once, and reads the answer as text. */
const [url, clients, intervalMs] = process.argv.slice(2);
let count = 0;

function connect() {
  const all = Array.from({ length: Number(clients) }, () => new Client(url, { pipelining: 1 }));
  setInterval(() => {
    for (const client of all) void ask(client);
  }, Number(intervalMs));
}

async function ask(client) {
  const { body } = await client.request({ method: 'GET', path: '/messages' });
  await body.text();
  count += 1;
}

stand({ connect, count: () => count });
