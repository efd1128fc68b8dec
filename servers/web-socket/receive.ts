import type { WebSocket } from 'ws';
import { parseCredit, parseJson, parsePublication } from '../log/message.ts';
import type { Feed } from '../log/message-log.ts';

/**
 * Handles what a client sends: `{"body": "text"}` publishes and is answered with `{"published": seq}`,
 * `{"credit": n}` grants. Anything else closes the connection with 1008 and the reason.
 */
export function receive(client: WebSocket, feed: Feed, grant: (credit: number) => void): void {
  client.on('message', async (data, isBinary) => {
    try {
      if (isBinary) return client.close(1003, 'expected a text message: {"body": "text"}');
      const message = parseJson(String(data));
      const credit = parseCredit(message);
      if (credit !== undefined) return grant(credit);
      const publication = parsePublication(message);
      const { seq } = await feed.publish(publication);
      client.send(JSON.stringify({ published: seq, id: publication.id }));
    } catch (error) {
      client.close(1008, (error as Error).message);
    }
  });
}
