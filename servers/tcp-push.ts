import type { Server, Socket } from 'node:net';
import { FanOut, type FanOutOptions } from './fan-out/fan-out.ts';
import type { WireFormat } from './fan-out/subscriber.ts';
import { LineSplitter, parseCredit, parseHello, parseJson, parsePublication } from './log/message.ts';
import type { Feed } from './log/message-log.ts';

/**
 * Push over a bare TCP socket, a line of JSON per message: "TCP can also work though".
 *
 *     client  ──{"after":null}\n──────────────────────{"body":"hi"}\n────►
 *             ◄──batch\n───────────[7]\n──[8]\n────────────────[9]\n────── server
 *
 * Costs: the least of all push, one byte of framing per message. In return nothing that HTTP brings: no browser
 * speaks it, no proxy passes it on, and the first line, the limits and the error lines are our own invention.
 *
 * A slow consumer has a send queue with an overflow policy (fan-out/send-queue.ts). Under `credit` it sends
 * `{"credit":n}\n` when it can take n more messages.
 *
 * Left out: encryption and authentication.
 */
export type TcpPushOptions = FanOutOptions & {
  /** Characters of a line. Default 65,536. */
  lineCharacters?: number;
  /** Time until the first line is complete. Default 20,000. */
  helloMs?: number;
  /** Time in which a refused client may read the reason. Default 1,000. */
  goodbyeMs?: number;
};

export function tcpPush(server: Server, feed: Feed, options: TcpPushOptions = {}): FanOut {
  const fanOut = new FanOut(feed.log, lineFormat, options);
  const { lineCharacters, helloMs = 20_000, goodbyeMs = 1000 } = options;

  server.on('connection', (socket: Socket) => {
    const lines = new LineSplitter(lineCharacters);
    let isSubscribed = false;
    const hello = setTimeout(
      () => refuse(`the first line is too slow: expected within ${helloMs} ms`),
      helloMs,
    );

    socket.on('data', (bytes: Buffer) => {
      try {
        for (const line of lines.take(bytes)) {
          if (isSubscribed) handle(parseJson(line)).catch(({ message }) => refuse(message));
          else {
            clearTimeout(hello);
            isSubscribed = true;
            fanOut.add(socket, feed.log.cursorFrom(parseHello(parseJson(line)).after), end);
          }
        }
      } catch (error) {
        refuse((error as Error).message);
      }
    });
    socket.on('close', () => clearTimeout(hello));
    // A reset connection needs no handling: 'close' follows.
    socket.on('error', () => {});

    async function handle(message: unknown): Promise<void> {
      const credit = parseCredit(message);
      if (credit !== undefined) return fanOut.grant(socket, credit);
      const publication = parsePublication(message);
      const { seq } = await feed.publish(publication);
      socket.write(line({ published: seq, id: publication.id }));
    }

    function refuse(reason: string): void {
      if (!socket.writable) return;
      fanOut.tally.refused += 1;
      fanOut.remove(socket);
      end(reason);
    }

    function end(reason: string): void {
      socket.removeAllListeners('data').resume();
      socket.end(line({ error: reason }));
      setTimeout(() => socket.destroy(), goodbyeMs).unref();
    }
  });
  return fanOut;
}

/** JSON has no line break. */
function line(data: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(data)}\n`);
}

const lineFormat: WireFormat = { batch: line, message: line, heartbeat: Buffer.from('\n') };
