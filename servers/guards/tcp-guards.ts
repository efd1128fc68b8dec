import { createServer, type Server } from 'node:net';
import type { Tally } from '../meter/tally.ts';
import {
  destroyAfter,
  endWithMessage,
  limitConnections,
  readWhileRoom,
  rejectionReason,
} from './connection-limit.ts';
import { type Limited, limitsOf } from './limits.ts';

/** A TCP server that passes connections on to the server of a page, up to their limit. */
export function guardedTcpServer(page: Server, tally: Tally, options: Limited): Server {
  const limits = limitsOf(options);
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  limitConnections(server, tally, limits);
  server.on('connection', (socket) => {
    socket.on('end', () => destroyAfter(socket, limits.goodbyeMs));
    const reason = rejectionReason(socket);
    if (reason === undefined) {
      page.emit('connection', socket);
      socket.on('data', readWhileRoom);
    } else endWithMessage(socket, `${JSON.stringify({ error: reason })}\n`, limits.goodbyeMs);
  });
  return server;
}
