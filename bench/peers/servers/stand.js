import { createInterface } from 'node:readline';

/**
 * What every peer is to the contest: a program that takes a port (0 for any), prints the one it listens on,
 * and sends each line of its standard input, as it stands, to everybody who is connected. It ends when its
 * standard input does. Lines that come in one piece are sent in one turn of the event loop.
 */

/** Listens, prints the port, and calls `tell` for every line. */
export function stand(server, tell = () => {}) {
  server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', 4096, () => console.log(server.address().port));
  createInterface({ input: process.stdin })
    .on('line', tell)
    .on('close', () => process.exit(0));
}
