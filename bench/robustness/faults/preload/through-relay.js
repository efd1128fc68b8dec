/**
 * Loaded into every process of a lab (`--import`). Sends each connection of its clients through a relay at
 * `FAULT_RELAY_PORT` of this machine. The first two bytes are the port of the server.
 */
import { Socket } from 'node:net';

const relayPort = Number(process.env.FAULT_RELAY_PORT);

if (process.argv[1]?.includes('load-generator.ts')) {
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (...args) {
    // Node passes its own normalised list of arguments, options first.
    const options = Array.isArray(args[0]) ? args[0][0] : args[0];
    if (!options?.port) return connect.apply(this, args);
    const target = Buffer.alloc(2);
    target.writeUInt16BE(Number(options.port));
    options.port = relayPort;
    const socket = connect.apply(this, args);
    // Written before the connection is open, so before anything else.
    socket.write(target);
    return socket;
  };
}
