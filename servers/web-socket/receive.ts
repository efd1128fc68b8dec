import type { WebSocket } from 'ws';
import type { Subscriber } from '../fan-out/subscriber.ts';
import { parseCredit, parseJson, parsePublication } from '../log/message.ts';
import type { Feed } from '../log/message-log.ts';

/**
 * Handles what a client sends: `{"body": "text"}` publishes and is answered with `{"published": seq}`,
 * `{"credit": n}` grants. Anything else closes the connection with a code (RFC 6455 §7.4.1) and the reason.
 */
export function receive(client: WebSocket, feed: Feed, subscriber: Subscriber): void {
  client.on('message', (data, isBinary) => {
    // After a refusal, and after a Close frame, nothing counts that a client still sends.
    if (client.readyState !== client.OPEN) return;
    const refuse = (code: number, reason: string) => {
      subscriber.refuse();
      client.close(code, fitted(reason));
    };
    if (isBinary)
      return refuse(1003, 'expected a text message such as {"body": "text"}, not a binary message');
    try {
      const message = parseJson(String(data));
      const credit = parseCredit(message);
      if (credit !== undefined) return subscriber.grant(credit);
      const publication = parsePublication(message);
      feed.publish(publication).then(
        ({ seq }) => client.send(JSON.stringify({ published: seq, id: publication.id })),
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
