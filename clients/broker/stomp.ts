import { type IStompSocket, Client as StompClient, StompSocketState } from '@stomp/stompjs';
import type { OpenConnection, Openers } from '../shared/openers.ts';
import { type Consuming, type ConsumingOptions, consuming, InFlight } from './in-flight.ts';

/**
 * Receives from a RabbitMQ queue by STOMP: text frames over TCP, and the broker pushes.
 *
 *     consumer  ──SUBSCRIBE, prefetch-count:2──►                    ──ACK 7──►
 *     broker                                     ◄─MESSAGE 7─ ◄─MESSAGE 8─     ◄─MESSAGE 9─
 *
 * Costs an open connection, an acknowledgement for each message, and headers in plain text. Its
 * `prefetch-count` is AMQP's prefetch; without one the broker sends all that it has.
 */
export function stompConsumer(options: ConsumingOptions, openers: Pick<Openers, 'tcp'>): Consuming {
  const { queue, prefetch = 0 } = options;
  const { username, password, hostname, port, pathname } = new URL(options.url);
  const inFlight = new InFlight(options.after);
  const client = new StompClient({
    webSocketFactory: () => asWebSocket(`tcp://${hostname}:${port}`, openers.tcp),
    connectHeaders: {
      login: decodeURIComponent(username),
      passcode: decodeURIComponent(password),
      host: decodeURIComponent(pathname.slice(1)) || '/',
    },
    heartbeatIncoming: 0,
    heartbeatOutgoing: 0,
    reconnectDelay: 200,
  });

  return consuming(inFlight, {
    start: () =>
      new Promise((resolve, reject) => {
        client.onConnect = () => {
          inFlight.counters.requests += 1;
          client.subscribe(
            `/amq/queue/${queue}`,
            (message) =>
              inFlight.take(message.body, message.headers.redelivered === 'true', () => message.ack()),
            {
              ack: 'client-individual',
              ...(prefetch > 0 && { 'prefetch-count': String(prefetch) }),
              receipt: 'subscribed',
            },
          );
          client.watchForReceipt('subscribed', () => resolve());
        };
        client.onStompError = ({ headers, body }) => reject(new Error(headers.message ?? body));
        client.onWebSocketClose = ({ reason }: { reason: string }) => {
          inFlight.lose(reason);
          reject(new Error(reason));
        };
        client.activate();
      }),
    stop() {
      client.onWebSocketClose = () => {};
      void client.deactivate({ force: true });
    },
  });
}

/** A TCP connection that looks to the library like the WebSocket that it expects. */
function asWebSocket(url: string, open: OpenConnection): IStompSocket {
  let readyState = StompSocketState.CONNECTING;
  const connection = open(url, {
    onOpen() {
      readyState = StompSocketState.OPEN;
      socket.onopen?.();
    },
    onText: (data) => socket.onmessage?.({ data }),
    onClose(reason) {
      readyState = StompSocketState.CLOSED;
      socket.onclose?.({ code: 1006, reason, wasClean: false });
    },
  });
  const socket: IStompSocket = {
    url,
    onopen: null,
    onmessage: null,
    onerror: null,
    onclose: null,
    get readyState() {
      return readyState;
    },
    send: (data) => connection.send?.(data as string),
    close: () => connection.close(),
    terminate: () => connection.close(),
  };
  return socket;
}
