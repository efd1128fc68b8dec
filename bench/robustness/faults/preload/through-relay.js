/**
 * Loaded into every process of a lab (`--import`): sends each connection of its clients through a relay
 * at `FAULT_RELAY_PORT` of this machine. The first two bytes tell the relay which port was meant.
 */
import { Socket } from 'node:net';

const relayPort = Number(process.env.FAULT_RELAY_PORT);

if (process.argv[1]?.includes('fleet-process.ts')) {
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (...told) {
    // Node hands over its own normalised list of arguments, with the options in front.
    const options = Array.isArray(told[0]) ? told[0][0] : told[0];
    if (!options?.port) return connect.apply(this, told);
    const meant = Buffer.alloc(2);
    meant.writeUInt16BE(Number(options.port));
    options.port = relayPort;
    const socket = connect.apply(this, told);
    // Written while it still connects, and so before anything else.
    socket.write(meant);
    return socket;
  };
}
