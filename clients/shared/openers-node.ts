import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createParser } from 'eventsource-parser';
import { Client as HttpClient } from 'undici';
import { WebSocket } from 'ws';
import { hostOf } from '../../servers/address.ts';
import type { Connection, OpenConnection, OpenEvents, Openers, OpenHttp } from './openers.ts';

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

/** The same, from whichever address the kernel chooses. */
export const nodeOpeners: Openers = nodeOpenersFrom();

class WebSocketConnection implements Connection {
  readonly #socket: WebSocket;
  /** The socket below the frames: it sees pings, too. */
  #under: Socket | undefined;
  #reason = '';

  constructor(
    localAddress: string | undefined,
    ...[url, { onOpen, onText, onClose }]: Parameters<OpenConnection>
  ) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false, localAddress });
    // The handshake is over in this moment, and the socket is to be had.
    this.#socket.once('upgrade', ({ socket }) => {
      this.#under = socket;
    });
    if (onOpen) this.#socket.once('open', onOpen);
    this.#socket.on('message', (data) => onText(String(data)));
    this.#socket.on('error', ({ message }) => {
      this.#reason = message;
    });
    this.#socket.on('close', (code, text) => onClose(this.#reason || `closed with ${code} ${text}`.trim()));
  }

  get bytesRead(): number {
    return this.#under?.bytesRead ?? 0;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.terminate();
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
  ...[url, after, { onEvent, onClose }]: Parameters<OpenEvents>
) {
  const parser = createParser({ onEvent: (event) => onEvent(event.data) });
  const headers = { accept: 'text/event-stream', ...(after && { 'last-event-id': after }) };
  let stream: IncomingMessage | undefined;
  let paused = false;
  let reason = 'the server closed the stream';
  const request = get(url, { agent: false, headers, localAddress }, (response) => {
    stream = response;
    if (response.statusCode !== 200) reason = `the server responded with ${response.statusCode}`;
    response.setEncoding('utf8');
    response.on('data', (text: string) => parser.feed(text));
    response.on('error', () => {});
    if (paused) response.pause();
  });
  request.on('error', (error) => {
    reason = error.message;
  });
  request.on('close', () => onClose(reason));
  return {
    close: () => void request.destroy(),
    pause() {
      paused = true;
      stream?.pause();
    },
    resume() {
      paused = false;
      stream?.resume();
    },
    get bytesRead() {
      return request.socket?.bytesRead ?? 0;
    },
  };
}

function http(
  localAddress: string | undefined,
  ...[origin, { keepAlive = true, silenceLimitMs }]: Parameters<OpenHttp>
) {
  const client = new HttpClient(origin, {
    pipelining: 1,
    keepAliveTimeout: 120_000,
    headersTimeout: silenceLimitMs,
    bodyTimeout: silenceLimitMs,
    ...(localAddress && { localAddress }),
  });
  return {
    async ask(method: 'GET' | 'POST', path: string, body?: string) {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      try {
        const answer = await client.request({ method, path, body, headers, reset: !keepAlive });
        return { status: answer.statusCode, text: await answer.body.text() };
      } catch (error) {
        if (!silences.has((error as { code?: string }).code ?? '')) throw error;
        throw new Error(`received nothing for ${silenceLimitMs / 1000} s`);
      }
    },
    close: () => void client.destroy().catch(() => {}),
  };
}

/** What undici calls an answer that does not begin, or does not go on. */
const silences = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
