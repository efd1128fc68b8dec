import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createParser } from 'eventsource-parser';
import { Client as HttpClient } from 'undici';
import { WebSocket } from 'ws';
import { hostOf } from '../../servers/address.ts';
import {
  type Connection,
  type ConnectionEvents,
  eventNames,
  messageBytesMax,
  type OpenConnection,
  type OpenEvents,
  type Openers,
  type OpenHttp,
} from './openers.ts';
import { refusal } from './refusal.ts';

/** `closeTimeout` is how long a server may take to answer a Close frame. */
const webSocketOptions = {
  perMessageDeflate: false,
  maxPayload: messageBytesMax,
  closeTimeout: 1000,
  autoPong: false,
};

class WebSocketConnection implements Connection {
  readonly #socket: WebSocket;
  /** The socket below the frames: it sees pings, too. */
  #under: Socket | undefined;
  #reason = '';
  #ping: Buffer | undefined;

  constructor(url: string, { onOpen, onText, onClose }: ConnectionEvents, localAddress?: string) {
    this.#socket = new WebSocket(url, { ...webSocketOptions, localAddress });
    // The handshake is over at this moment, and ws shows the socket.
    this.#socket.once('upgrade', ({ socket }) => {
      this.#under = socket;
    });
    this.#socket.once('unexpected-response', async (_request, response) => {
      this.#reason = await refusalOf(response);
      this.#socket.terminate();
    });
    if (onOpen) this.#socket.once('open', onOpen);
    this.#socket.on('message', (data) => onText(String(data)));
    // Only the newest ping gets a pong (RFC 6455 §5.5.3): a client that was paused finds one for every heartbeat.
    this.#socket.on('ping', (data) => {
      if (!this.#ping) setImmediate(() => this.#pong());
      this.#ping = data;
    });
    this.#socket.on('error', ({ message }) => {
      this.#reason ||= message;
    });
    this.#socket.on('close', (code, text) => onClose(this.#reason || `closed with ${code} ${text}`.trim()));
  }

  get bytesRead(): number {
    return this.#under?.bytesRead ?? 0;
  }

  #pong(): void {
    this.#socket.pong(this.#ping);
    this.#ping = undefined;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.removeAllListeners('message');
    // The server's Close frame comes behind all that was not read.
    this.#socket.resume();
    this.#socket.close(1000);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}

const openTcp =
  (localAddress?: string): OpenConnection =>
  (url, { onOpen, onText, onClose }) => {
    const address = new URL(url);
    const host = hostOf(address);
    const socket = connect({ host, port: Number(address.port), noDelay: true, localAddress });
    let reason = 'the server closed the connection';
    socket.setEncoding('utf8');
    if (onOpen) socket.once('connect', onOpen);
    socket.on('data', onText);
    socket.on('error', ({ message }) => {
      reason = message;
    });
    socket.on('close', () => onClose(reason));
    return Object.assign(socket, {
      send: (text: string) => void socket.write(text),
      close: () => void socket.destroy(),
    });
  };

const openEvents =
  (localAddress?: string): OpenEvents =>
  (url, after, { onText, onClose }) => {
    const parser = createParser({
      onEvent: ({ event = 'message', data }) => {
        if (eventNames.includes(event)) onText(data);
      },
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') request.destroy(error);
      },
      maxBufferSize: messageBytesMax,
    });
    const headers = { accept: 'text/event-stream', ...(after && { 'last-event-id': after }) };
    let stream: IncomingMessage | undefined;
    let reason = 'the server ended the stream';
    const request = get(url, { agent: false, headers, localAddress }, async (response) => {
      if (response.statusCode !== 200) {
        reason = await refusalOf(response);
        request.destroy();
        return;
      }
      stream = response;
      response.setEncoding('utf8');
      response.on('data', (text: string) => parser.feed(text));
      response.on('error', () => {});
    });
    request.on('error', (error) => {
      reason = error.message;
    });
    request.on('close', () => onClose(reason));
    return {
      close: () => void request.destroy(),
      pause: () => void stream?.pause(),
      resume: () => void stream?.resume(),
      get bytesRead() {
        return request.socket?.bytesRead ?? 0;
      },
    };
  };

/** The reason in a response that refuses a request: its first 64 KiB. */
async function refusalOf(response: IncomingMessage): Promise<string> {
  let body = '';
  response.setEncoding('utf8');
  try {
    for await (const piece of response) {
      body += piece;
      if (body.length > 64 * 1024) break;
    }
  } catch {
    // Broken off: the words that have arrived will have to do.
  }
  return refusal(response.statusCode, body);
}

const openHttp =
  (localAddress?: string): OpenHttp =>
  (origin, { keepAlive = true, silenceLimitMs }) => {
    // 0 means no limit here.
    const timeout = Number.isFinite(silenceLimitMs) ? Math.ceil(silenceLimitMs) : 0;
    const client = new HttpClient(origin, {
      pipelining: 1,
      keepAliveTimeout: 120_000,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      maxResponseSize: messageBytesMax,
      ...(localAddress && { localAddress }),
    });
    return {
      async ask(method, path, body) {
        const headers = body === undefined ? {} : { 'content-type': 'application/json' };
        try {
          const response = await client.request({ method, path, body, headers, reset: !keepAlive });
          return { status: response.statusCode, text: await response.body.text() };
        } catch (error) {
          const { code } = error as { code?: string };
          if (code !== 'UND_ERR_HEADERS_TIMEOUT' && code !== 'UND_ERR_BODY_TIMEOUT') throw error;
          throw new Error(`no data for ${silenceLimitMs / 1000} s`);
        }
      },
      close: () => void client.destroy().catch(() => {}),
    };
  };

/**
 * The openers of Node. One connection each and no pool, so that a simulated client costs what a real one does.
 * With an address of this host all connections come from there: from one address the kernel opens some 28,000
 * connections to a port (`ip_local_port_range`), and all of 127.0.0.0/8 is this host, on Linux.
 */
export function nodeOpenersFrom(localAddress?: string): Openers {
  return {
    webSocket: (url, events) => new WebSocketConnection(url, events, localAddress),
    tcp: openTcp(localAddress),
    events: openEvents(localAddress),
    http: openHttp(localAddress),
  };
}

/** The same, from any address that the kernel chooses. */
export const nodeOpeners: Openers = nodeOpenersFrom();
