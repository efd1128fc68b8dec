import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createParser } from 'eventsource-parser';
import { Client as HttpClient } from 'undici';
import { WebSocket } from 'ws';
import type { OpenConnection, OpenEvents, Openers, OpenHttp } from './openers.ts';

/** The openers of Node. One connection each and no pool, so that a simulated client costs what a real one does. */
export const nodeOpeners: Openers = { webSocket, tcp, events, http };

function webSocket(...[url, { onOpen, onText, onClose }]: Parameters<OpenConnection>) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let reason = '';
  let under: Socket | undefined;
  // The handshake is over in this moment, and the socket below the frames is to be had: it sees pings, too.
  socket.on('upgrade', (response) => {
    under = response.socket;
  });
  socket.on('open', () => onOpen?.());
  socket.on('message', (data) => onText(String(data)));
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('close', (code, text) => onClose(reason || `closed with ${code} ${text}`.trim()));
  return {
    send: (text: string) => socket.send(text),
    close: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    get bytesRead() {
      return under?.bytesRead ?? 0;
    },
  };
}

function tcp(...[url, { onOpen, onText, onClose }]: Parameters<OpenConnection>) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let reason = '';
  socket.setEncoding('utf8');
  socket.on('connect', () => onOpen?.());
  socket.on('data', (text: string) => onText(text));
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('close', () => onClose(reason || 'the server ended the connection'));
  return {
    send: (text: string) => void socket.write(text),
    close: () => void socket.destroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    get bytesRead() {
      return socket.bytesRead;
    },
  };
}

function events(...[url, after, { onEvent, onClose }]: Parameters<OpenEvents>) {
  const parser = createParser({ onEvent: (event) => onEvent(event.data) });
  const headers = { accept: 'text/event-stream', ...(after && { 'last-event-id': after }) };
  let stream: IncomingMessage | undefined;
  let paused = false;
  let reason = 'the server ended the stream';
  const request = get(url, { agent: false, headers }, (response) => {
    stream = response;
    if (response.statusCode !== 200) reason = `the server answered ${response.statusCode}`;
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

function http(...[origin, { keepAlive = true, silenceLimitMs }]: Parameters<OpenHttp>) {
  const client = new HttpClient(origin, {
    pipelining: 1,
    keepAliveTimeout: 120_000,
    headersTimeout: silenceLimitMs,
    bodyTimeout: silenceLimitMs,
  });
  return {
    async ask(method: 'GET' | 'POST', path: string, body?: string) {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      try {
        const answer = await client.request({ method, path, body, headers, reset: !keepAlive });
        return { status: answer.statusCode, text: await answer.body.text() };
      } catch (error) {
        if (!silences.has((error as { code?: string }).code ?? '')) throw error;
        throw new Error(`nothing came for ${silenceLimitMs / 1000} s`);
      }
    },
    close: () => void client.destroy().catch(() => {}),
  };
}

/** What undici calls an answer that does not begin, or does not go on. */
const silences = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
