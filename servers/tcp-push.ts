import type { Server, Socket } from 'node:net';
import { FanOut, type FanOutOptions } from './fan-out/fan-out.ts';
import type { Subscriber, WireFormat } from './fan-out/subscriber.ts';
import {
  LineSplitter,
  type Publication,
  parseCredit,
  parseHello,
  parseJson,
  parsePublication,
} from './log/message.ts';
import type { Feed } from './log/message-log.ts';

/**
 * Push over a bare TCP socket, a line of JSON per message: "TCP can also work though".
 *
 *     client  ──{"after":null}\n──────────────────────{"body":"hi"}\n────►
 *             ◄──batch\n───────────[7]\n──[8]\n──────{"published":9}\n──[9]\n── server
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
    let subscriber: Subscriber | undefined;
    const hello = setTimeout(() => refuse(`first line too slow: expected within ${helloMs} ms`), helloMs);
    socket.on('close', () => clearTimeout(hello));
    // A reset connection needs no handling: 'close' follows.
    socket.on('error', () => {});

    socket.on('data', (bytes: Buffer) => {
      try {
        for (const line of lines.take(bytes)) {
          if (subscriber) handle(parseJson(line), subscriber);
          else subscriber = subscribe(parseJson(line));
        }
      } catch (error) {
        refuse((error as Error).message);
      }
    });

    function subscribe(data: unknown): Subscriber {
      clearTimeout(hello);
      const { after } = parseHello(data);
      return fanOut.add(socket, feed.log.cursorFrom(after), end);
    }

    function handle(data: unknown, subscriber: Subscriber): void {
      const credit = parseCredit(data);
      if (credit === undefined) publish(parsePublication(data));
      else subscriber.grant(credit);
    }

    function publish(publication: Publication): void {
      feed.publish(publication).then(
        ({ seq }) => socket.writable && socket.write(line({ published: seq, id: publication.id })),
        ({ message }: Error) => refuse(message),
      );
    }

    function refuse(reason: string): void {
      if (!socket.writable) return;
      if (subscriber) subscriber.refuse();
      else fanOut.tally.refused += 1;
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
