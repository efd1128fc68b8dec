import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { createParser } from 'eventsource-parser';
import { Client as HttpClient } from 'undici';
import { WebSocket } from 'ws';
import type { OpenConnection, OpenEvents, Openers, OpenHttp } from './openers.ts';

/** The openers of Node. One connection each and no pool, so that a simulated client costs what a real one does. */
export const nodeOpeners: Openers = { webSocket, tcp, events, http };

function webSocket(...[url, { onOpen, onText, onClose }]: Parameters<OpenConnection>) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let reason = '';
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
  };
}

function http(...[origin, { keepAlive = true } = {}]: Parameters<OpenHttp>) {
  const client = new HttpClient(origin, { pipelining: 1, keepAliveTimeout: 120_000, bodyTimeout: 0 });
  return {
    async ask(method: 'GET' | 'POST', path: string, body?: string) {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await client.request({ method, path, body, headers, reset: !keepAlive });
      return { status: answer.statusCode, text: await answer.body.text() };
    },
    close: () => void client.destroy().catch(() => {}),
  };
}
