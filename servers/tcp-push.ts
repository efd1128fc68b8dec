import type { Server, Socket } from 'node:net';
import { FanOut, type FanOutOptions } from './fan-out/fan-out.ts';
import type { Subscriber, WireFormat } from './fan-out/subscriber.ts';
import { LineSplitter, parseHello, parseJson } from './log/message.ts';
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
    const hello = setTimeout(
      () => refuse(new Error(`first line too late: expected a line within ${helloMs} ms`)),
      helloMs,
    );
    socket.on('close', () => clearTimeout(hello));
    // A reset connection needs no handling: 'close' follows.
    socket.on('error', () => {});
    socket.on('data', read);
    socket.on('end', () => {
      // The last line may lack its end. After a refusal nobody listens.
      socket.emit('data', Buffer.from('\n'));
      if (subscriber) subscriber.leave(() => socket.end());
      else socket.end();
    });

    function read(bytes: Buffer): void {
      try {
        for (const text of lines.take(bytes))
          if (subscriber) subscriber.receive(text, feed)?.then(acknowledge, refuse);
          else subscriber = subscribe(parseHello(parseJson(text)));
      } catch (error) {
        refuse(error as Error);
      }
    }

    function subscribe({ after }: { after: unknown }): Subscriber {
      clearTimeout(hello);
      return fanOut.add(socket, feed.log.cursorFrom(after), end);
    }

    function acknowledge(publication: object): void {
      if (socket.writable) socket.write(line(publication));
    }

    function refuse({ message }: Error): void {
      socket.removeAllListeners('data').resume();
      if (subscriber) subscriber.refuse(() => end(message));
      else if (socket.writable) {
        fanOut.tally.refused += 1;
        end(message);
      }
    }

    function end(reason: string): void {
      if (!socket.writable) return;
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
