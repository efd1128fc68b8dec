import { createInterface } from 'node:readline';

/**
 * What every simulated client is to the contest: a program that prints "here" once it has loaded, connects
 * all its clients when it is told "connect", prints "ready" when they are in, and answers "count" with the
 * messages, or the answers, that came so far. It ends when its standard input does.
 */
export function stand({ connect, count }) {
  console.log('here');
  createInterface({ input: process.stdin })
    .on('line', async (line) => {
      if (line === 'count') return console.log(count());
      await connect();
      console.log('ready');
    })
    .on('close', () => process.exit(0));
}

/** Opens so many, a hundred at a time, as the lab's own fleet does. */
export async function openAll(clients, open) {
  for (let first = 0; first < clients; first += 100)
    await Promise.all(Array.from({ length: Math.min(100, clients - first) }, open));
}
