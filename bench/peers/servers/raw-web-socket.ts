import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { Receiver } from 'ws';
import { FanOut } from '../../../servers/fan-out/fan-out.ts';
import { type Page, servePage } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { webSocketFormat } from '../../../servers/web-socket/frames.ts';
import { standEndpoint } from './stand-endpoint.ts';

/**
 * Push with a WebSocket written by hand (RFC 6455 §4.2): `ws` makes a parser for each client, and most clients of a
 * push server send nothing but pongs. Here the parser comes with the first frame of another kind.
 */
const [port = '0'] = process.argv.slice(2);
const source = new EmbeddedSource();
await standEndpoint(port, servePage(rawPush, source), source);

function rawPush({ server, source, options }: Parameters<Page>[0]): FanOut {
  const fanOut = new FanOut(source.log, webSocketFormat, options);
  server.on('upgrade', (request, socket: Socket) => {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    fanOut.add(socket, undefined, () => socket.destroy());
    let receiver: Receiver | undefined;
    socket.on('data', (bytes: Buffer) => {
      if (isPong(bytes)) return;
      receiver ??= receiverOf(socket);
      receiver.write(bytes);
    });
  });
  return fanOut;
}

/** A pong without a payload, and nothing else. */
function isPong(bytes: Buffer): boolean {
  return bytes.length === 6 && bytes[0] === 0x8a && bytes[1] === 0x80;
}

function receiverOf(socket: Socket): Receiver {
  const receiver = new Receiver({ isServer: true, maxPayload: 64 * 1024 });
  receiver.on('message', (data) => void source.publish({ body: String(data) }));
  for (const event of ['conclude', 'error']) receiver.on(event, () => socket.destroy());
  return receiver;
}
