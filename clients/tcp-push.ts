import { LineSplitter } from '../servers/log/message.ts';
import type { Client, ClientOptions } from './client.ts';
import type { Openers } from './shared/openers.ts';
import { Subscription } from './shared/subscription.ts';

/**
 * Receives by push over a bare TCP socket: says where it is in one line, then reads lines.
 *
 *     client  ──{"after":"a1:6"}\n──►                  ──{"body":"hi"}\n──►
 *             ◄─batch\n──[7]\n──[8]\n────────[9]\n──                       ◄─[10]\n──
 *
 * Costs the client an open connection. No browser can do this. `credit` travels as a line, as in push.ts
 * it does as a message.
 */
export function tcpPushClient(options: ClientOptions, openers: Pick<Openers, 'tcp'>): Client {
  return new Subscription(options, (after, { onText, onClose }) => {
    const lines = new LineSplitter(lineLimit);
    const connection = openers.tcp(options.url, {
      onOpen: () => connection.send(`${JSON.stringify({ after: after ?? null })}\n`),
      onText: (text) => lines.take(text).forEach(onText),
      onClose,
    });
    return {
      send: (text) => connection.send(`${text}\n`),
      close: () => connection.close(),
      pause: () => connection.pause?.(),
      resume: () => connection.resume?.(),
      get bytesRead() {
        return connection.bytesRead;
      },
    };
  });
}

/** Characters in the longest line a server may send: a full batch, with room for escapes. */
const lineLimit = 16 * 1024 * 1024;
