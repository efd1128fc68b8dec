import { createServer, type Socket } from 'node:net';
import { Endpoint, newTally } from './endpoint.ts';
import { limitConnections, sayLast, whyTurnedAway } from './entrance.ts';
import { FanOut, type FanOutOptions } from './fan-out.ts';
import { type Limited, limitsOf } from './limits.ts';
import { LineSplitter, parseCredit, parseJson, parsePublication } from './message.ts';
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
 * A reader that is too slow has an outbox with a policy (outbox.ts). Under `credit` it sends
 * `{"credit":n}\n` when it can take n messages more.
 *
 * Left out: encryption, and any authentication.
 */
export function tcpPushServer(source: MessageSource, options: FanOutOptions & Limited = {}): Endpoint {
  const tally = newTally();
  const limits = limitsOf(options);
  const fanOut = new FanOut(source.log, tally, lineFrame, Buffer.from('\n'), options);
  const server = createServer({ noDelay: true });
  limitConnections(server, tally, limits);
  server.on('connection', (socket) => {
    const turnedAway = whyTurnedAway(socket);
    if (turnedAway !== undefined) return sayLast(socket, errorLine(turnedAway), limits.goodbyeMs);
    const lines = new LineSplitter(limits.lineCharacters);
    let joined = false;
    const hello = setTimeout(
      () => refuse(socket, `first line too slow: expected within ${limits.helloMs} ms`),
      limits.helloMs,
    ).unref();
    socket.once('close', () => clearTimeout(hello));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      try {
        for (const line of lines.take(text)) {
          const said = parseJson(line);
          if (joined) takeIn(socket, said);
          else {
            join(socket, said);
            joined = true;
            clearTimeout(hello);
          }
        }
      } catch (error) {
        refuse(socket, (error as Error).message);
      }
    });
    // A reset connection is no news: 'close' follows, and the fan-out lets the reader go.
    socket.on('error', () => {});
  });

  function join(socket: Socket, said: unknown): void {
    const after = source.log.cursorFrom((said as { after?: unknown } | null)?.after);
    fanOut.join(socket, after, (reason) => sayLast(socket, errorLine(reason), limits.goodbyeMs));
  }

  function takeIn(socket: Socket, said: unknown): void {
    const credit = parseCredit(said);
    if (credit !== undefined) fanOut.grant(socket, credit);
    else source.publish(parsePublication(said)).catch(({ message }) => refuse(socket, message));
  }

  function refuse(socket: Socket, reason: string): void {
    // Whoever was told its last already is refused nothing more.
    if (!socket.writable) return;
    tally.refused += 1;
    fanOut.leave(socket);
    sayLast(socket, errorLine(reason), limits.goodbyeMs);
  }

  return new Endpoint(server, tally, fanOut);
}

/** A line. JSON holds no line break of its own. */
function lineFrame(text: string): Buffer {
  return Buffer.from(`${text}\n`);
}

/** The last line that a client gets when it is refused or too slow. */
function errorLine(reason: string): Buffer {
  return lineFrame(JSON.stringify({ error: reason }));
}
