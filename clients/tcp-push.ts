import { LineSplitter } from '../servers/log/message.ts';
import type { Client, ClientOptions } from './client.ts';
import { messageBytesMax, type Openers } from './shared/openers.ts';
import { Subscription } from './shared/subscription.ts';

/**
 * Receives by push over a TCP socket: sends its cursor in one line, then reads lines.
 *
 *     client  ──{"after":"a1:6"}\n──►                  ──{"body":"hi"}\n──►
 *             ◄─batch\n──[7]\n──[8]\n────────[9]\n──                       ◄─[10]\n──{"published":10}\n──
 *
 * Costs the client an open connection. No browser can do this.
 */
export function tcpPushClient(options: ClientOptions, openers: Pick<Openers, 'tcp'>): Client {
  return new Subscription(options, (after, { onText, onClose }) => {
    const lines = new LineSplitter(messageBytesMax);
    const connection = openers.tcp(options.url, {
      onOpen: () => send(JSON.stringify({ after: after ?? null })),
      onText(piece) {
        try {
          for (const line of lines.take(piece)) onText(line);
        } catch (error) {
          onClose((error as Error).message);
        }
      },
      onClose,
    });
    const write = connection.send?.bind(connection);
    const send = (text: string) => write?.(`${text}\n`);
    return Object.assign(connection, { send });
  });
}
