import { createServer } from 'node:http';
import { createChannel, createSession } from 'better-sse';
import { stand } from './stand.js';

/** Server-Sent Events with better-sse: a channel, and its broadcast. */
const channel = createChannel();
const server = createServer(async (request, response) => {
  channel.register(await createSession(request, response, { serializer: (text) => text }));
});

stand(server, (text) => channel.broadcast(text));
