import { isBatch, parseDelivery } from '../../servers/log/message.ts';
import type { OpenConnection, Openers } from '../shared/openers.ts';
import { refusal } from '../shared/refusal.ts';
import type { Sight } from './protocol.ts';

/** What is seen of requests and connections. */
export type Exchange = Extract<Sight, { kind: 'request' | 'answer' | 'failure' }>;

/**
 * The same openers, watched: says when a request goes out, when its answer comes and with how many messages,
 * and when it fails. Opening a connection is a request, whose answer is the first text that comes on it; a
 * connection that ends later fails under the same id. The clients don't notice.
 */
export function watched(openers: Openers, see: (exchange: Exchange) => void, nowMs: () => number): Openers {
  let ids = 0;

  /** Watches one connection. */
  function connection(onText: (text: string) => void, onClose: (reason: string) => void) {
    const id = ids++;
    let answered = false;
    see({ kind: 'request', id, atMs: nowMs() });
    return {
      onText(text: string) {
        if (!answered) see({ kind: 'answer', id, atMs: nowMs(), messages: messagesIn(text) });
        answered = true;
        onText(text);
      },
      onClose(reason: string) {
        see({ kind: 'failure', id, atMs: nowMs(), reason: reason.slice(0, reasonLimit) });
        onClose(reason);
      },
    };
  }

  const connections =
    (open: OpenConnection): OpenConnection =>
    (url, { onOpen, onText, onClose }) =>
      open(url, { onOpen, ...connection(onText, onClose) });

  return {
    webSocket: connections(openers.webSocket),
    tcp: connections(openers.tcp),
    events: (url, after, { onText, onClose }) => openers.events(url, after, connection(onText, onClose)),
    http(origin, options) {
      const http = openers.http(origin, options);
      return {
        ...http,
        async ask(method, path, body) {
          if (method !== 'GET') return http.ask(method, path, body);
          const id = ids++;
          see({ kind: 'request', id, atMs: nowMs() });
          try {
            const answer = await http.ask(method, path, body);
            if (answer.status !== 200) throw new Error(refusal(answer.status, answer.text));
            see({ kind: 'answer', id, atMs: nowMs(), messages: messagesIn(answer.text) });
            return answer;
          } catch (error) {
            see({
              kind: 'failure',
              id,
              atMs: nowMs(),
              reason: String((error as Error).message).slice(0, reasonLimit),
            });
            throw error;
          }
        },
      };
    },
  };
}

/** Characters in a reason, as the protocol takes it. */
const reasonLimit = 200;

function messagesIn(text: string): number {
  try {
    const delivery = parseDelivery(text);
    return isBatch(delivery) ? delivery.messages.length : 1;
  } catch {
    return 0;
  }
}
