import { createServer, type Socket } from 'node:net';
import { Endpoint, newTally } from './endpoint.ts';
import { FanOut, type FanOutOptions } from './fan-out.ts';
import { LineSplitter, parseJson, parsePublication } from './message.ts';
import type { MessageSource } from './source/source.ts';

/**
 * Push over a bare TCP socket, a line of JSON per message: "TCP can also work though".
 *
 *     client  ──{"after":null}\n──────────────────────{"body":"hi"}\n────►
 *             ◄──batch\n───────────[7]\n──[8]\n────────────────[9]\n────── server
 *
 * Costs: the least that any push can cost here, a byte of framing per message. In return nothing of
 * what HTTP brings: no browser speaks it, no proxy passes it on, and the first line, the limits and
 * the answers to errors are of our own making.
 *
 * Left out: encryption, and any authentication.
 */
export function tcpPushServer(source: MessageSource, options: FanOutOptions = {}): Endpoint {
  const tally = newTally();
  const fanOut = new FanOut(source.log, tally, lineFrame, Buffer.from('\n'), options);
  const server = createServer({ noDelay: true }, (socket) => {
    const lines = new LineSplitter();
    let joined = false;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      try {
        for (const line of lines.take(text)) read(parseJson(line));
      } catch (error) {
        refuse(socket, (error as Error).message);
      }
    });
    // A reset connection is no news: 'close' follows, and the fan-out lets the reader go.
    socket.on('error', () => {});

    function read(data: unknown): void {
      if (joined) return void source.publish(parsePublication(data));
      fanOut.join(socket, source.log.cursorFrom((data as { after?: unknown } | null)?.after));
      joined = true;
    }
  });

  function refuse(socket: Socket, reason: string): void {
    tally.refused += 1;
    fanOut.leave(socket);
    socket.removeAllListeners('data').resume();
    socket.end(lineFrame(JSON.stringify({ error: reason })));
  }

  return new Endpoint(server, tally, () => fanOut.close());
}

/** A line. JSON holds no line break of its own. */
function lineFrame(text: string): Buffer {
  return Buffer.from(`${text}\n`);
}
