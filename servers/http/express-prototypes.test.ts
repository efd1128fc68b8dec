import { once } from 'node:events';
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { afterEach, expect, it } from 'vitest';
import { type Born, bornFor } from './express-prototypes.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Kinds = { request: unknown; response: unknown };

const kindsOf = (request: IncomingMessage, response: ServerResponse): Kinds => ({
  request: Object.getPrototypeOf(request),
  response: Object.getPrototypeOf(response),
});

/** Asks such an app, and tells what the request and response were before Express had them, and after. */
async function ask(
  bornOf: (app: Express) => Born,
): Promise<{ before: Kinds; after: Kinds; answer: unknown }> {
  const app = express();
  let before: Kinds | undefined;
  let after: Kinds | undefined;
  app.get('/words/:word', (request, response) => {
    after = kindsOf(request, response);
    response.json({
      word: request.params.word,
      query: request.query,
      sameApp: request.app === app && response.app === app,
      isWhatNodeMakes: request instanceof IncomingMessage && response instanceof ServerResponse,
    });
  });
  server = createServer(bornOf(app), (request, response) => {
    before = kindsOf(request, response);
    app(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await (await fetch(`http://127.0.0.1:${port}/words/push?after=7`)).json();
  return { before: before as Kinds, after: after as Kinds, answer };
}

it('leaves Express no prototype to change', async () => {
  const { before, after } = await ask(bornFor);
  expect(after.request).toBe(before.request);
  expect(after.response).toBe(before.response);
});

it('Express changes both as a rule: what this is for', async () => {
  const { before, after } = await ask(() => ({}));
  expect(after.request).not.toBe(before.request);
  expect(after.response).not.toBe(before.response);
});

it('has all that Express gives, and all that Node does', async () => {
  const { answer } = await ask(bornFor);
  expect(answer).toEqual({ word: 'push', query: { after: '7' }, sameApp: true, isWhatNodeMakes: true });
});
