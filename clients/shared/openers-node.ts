import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createParser } from 'eventsource-parser';
import { Client as HttpClient } from 'undici';
import { WebSocket } from 'ws';
import { hostOf } from '../../servers/address.ts';
import {
  type Connection,
  eventNames,
  messageBytesMax,
  type OpenConnection,
  type OpenEvents,
  type Openers,
  type OpenHttp,
} from './openers.ts';
import { refusal } from './refusal.ts';

/**
 * The openers of Node. One connection each and no pool, so that a simulated client costs what a real one does.
 * With an address of this host all connections come from there: from one address the kernel opens some 28,000
 * connections to a port (`ip_local_port_range`), and all of 127.0.0.0/8 is this host, on Linux.
 */
export function nodeOpenersFrom(localAddress?: string): Openers {
  return {
    webSocket: (...opened) => new WebSocketConnection(localAddress, ...opened),
    tcp: (...opened) => new TcpConnection(localAddress, ...opened),
    events: (...opened) => events(localAddress, ...opened),
    http: (...opened) => http(localAddress, ...opened),
  };
}

/** The same, from any address that the kernel chooses. */
export const nodeOpeners: Openers = nodeOpenersFrom();

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

  constructor(
    localAddress: string | undefined,
    ...[url, { onOpen, onText, onClose }]: Parameters<OpenConnection>
  ) {
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

class TcpConnection implements Connection {
  readonly #socket: Socket;
  #reason = 'the server closed the connection';

  constructor(
    localAddress: string | undefined,
    ...[url, { onOpen, onText, onClose }]: Parameters<OpenConnection>
  ) {
    const address = new URL(url);
    this.#socket = connect({
      host: hostOf(address),
      port: Number(address.port),
      noDelay: true,
      localAddress,
    });
    this.#socket.setEncoding('utf8');
    if (onOpen) this.#socket.once('connect', onOpen);
    this.#socket.on('data', onText);
    this.#socket.on('error', ({ message }) => {
      this.#reason = message;
    });
    this.#socket.on('close', () => onClose(this.#reason));
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  close(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}

function events(
  localAddress: string | undefined,
  ...[url, after, { onText, onClose }]: Parameters<OpenEvents>
): Connection {
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
}

/** The reason in a response that refuses a request. */
async function refusalOf(response: IncomingMessage): Promise<string> {
  let body = '';
  response.setEncoding('utf8');
  try {
    for await (const piece of response) {
      body += piece;
      if (body.length > refusalCharactersMax) break;
    }
  } catch {
    // Broken off: the words that have arrived will have to do.
  }
  return refusal(response.statusCode, body);
}

const refusalCharactersMax = 64 * 1024;

function http(
  localAddress: string | undefined,
  ...[origin, { keepAlive = true, silenceLimitMs }]: Parameters<OpenHttp>
) {
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
    async ask(method: 'GET' | 'POST', path: string, body?: string) {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      try {
        const response = await client.request({ method, path, body, headers, reset: !keepAlive });
        return { status: response.statusCode, text: await response.body.text() };
      } catch (error) {
        if (!silences.has((error as { code?: string }).code ?? '')) throw error;
        throw new Error(`no data for ${silenceLimitMs / 1000} s`);
      }
    },
    close: () => void client.destroy().catch(() => {}),
  };
}

/** undici's codes for a response that does not begin, or does not go on. */
const silences = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
