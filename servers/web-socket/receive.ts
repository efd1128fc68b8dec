import { WebSocket } from 'ws';
import type { Subscriber } from '../fan-out/subscriber.ts';
import type { Feed } from '../log/message-log.ts';

/** Passes on the texts of a client. Anything else closes the connection with a code (RFC 6455 §7.4.1) and the reason. */
export function receive(client: WebSocket, feed: Feed, subscriber: Subscriber): void {
  client.on('message', (data, isBinary) => {
    const refuse = (code: number, reason: string) => {
      client.removeAllListeners('message');
      subscriber.refuse(() => client.close(code, fitted(reason)));
    };
    if (isBinary)
      return refuse(1003, 'invalid binary message: expected a text message such as {"body": "text"}');
    try {
      subscriber.receive(String(data), feed)?.then(
        (publication) => client.send(JSON.stringify(publication)),
        ({ message }: Error) => refuse(1013, message),
      );
    } catch (error) {
      refuse(1008, (error as Error).message);
    }
  });
  // ws has closed the connection already: an invalid frame, or a message that is too long.
  client.on('error', () => subscriber.refuse());
}

/** A Close frame has room for 123 bytes of reason (RFC 6455 §5.5); no character is cut in two. */
function fitted(reason: string): string {
  return new TextDecoder().decode(Buffer.from(reason).subarray(0, 123), { stream: true });
}

/** A WebSocket that gives a reason also where `ws` closes it with a code alone (RFC 6455 §7.4.1). */
export function reasonedWebSocket(messageBytes: number): typeof WebSocket {
  const reasons: Record<number, string> = {
    1002: 'invalid frame: expected a WebSocket frame (RFC 6455 §5)',
    1007: 'invalid UTF-8: expected UTF-8 in texts and close reasons',
    1008: 'too many frames in one message: expected fewer, larger frames',
    1009: `message too long: expected at most ${messageBytes} bytes`,
  };
  return class extends WebSocket {
    override close(code?: number, reason?: string | Buffer): void {
      super.close(code, reason ?? (code === undefined ? undefined : reasons[code]));
    }
  };
}
