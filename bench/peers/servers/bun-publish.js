import { createInterface } from 'node:readline';

/** Bun's WebSocket server with its `publish`. Runs on Bun alone, so it can't use stand.js. */
const server = Bun.serve({
  port: Number(process.argv[2] ?? 0),
  hostname: '127.0.0.1',
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 426 })),
  websocket: {
    perMessageDeflate: false,
    open: (client) => client.subscribe('messages'),
    message() {},
  },
});

console.log(server.port);
createInterface({ input: process.stdin })
  .on('line', (line) => server.publish('messages', line))
  .on('close', () => process.exit(0));
