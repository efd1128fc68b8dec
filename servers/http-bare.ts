import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { count, type HttpApp, methodNotAllowed } from './http-endpoint.ts';
import { BadInput, parseJson, parsePublication } from './message.ts';
import { sendBatch } from './prepared.ts';
import { Questions } from './questions.ts';

/**
 * The same two routes as http-express.ts with nothing on top of `node:http`, so that what polling
 * costs can be told from what a framework costs.
 */
export function bareApp({ onAsked, publish, tally, bodyLimitBytes }: HttpApp): RequestListener {
  const questions = new Questions();

  return (request, response) => {
    try {
      const { path, after, latest } = questions.read(request.url ?? '');
      if (request.method !== 'GET' && request.method !== 'POST') throw methodNotAllowed(request.method);
      if (path !== '/messages') throw new BadInput(`unknown path ${path}: expected /messages`, 404);
      if (request.method === 'POST') return void takeIn(request, response);
      onAsked({
        after,
        latest,
        answer(batch) {
          count(batch, tally);
          sendBatch(response, batch);
        },
        request,
        response,
      });
    } catch (error) {
      refuse(response, error as Error);
    }
  };

  async function takeIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { seq } = await publish(parsePublication(parseJson(await bodyOf(request, bodyLimitBytes))));
      sendJson(response, 201, { seq });
    } catch (error) {
      refuse(response, error as Error);
    }
  }

  function refuse(response: ServerResponse, error: Error): void {
    if (response.headersSent || response.req.socket.destroyed) return void response.destroy();
    tally.refused += 1;
    const status = error instanceof BadInput ? error.status : 500;
    if (status === 500) console.error(error);
    if (status === 405) response.setHeader('allow', 'GET, POST');
    sendJson(response, status, { error: status === 500 ? 'the server failed' : error.message });
  }
}

/** Reads a body. Throws `BadInput` at the first byte too many; the rest is read and thrown away. */
async function bodyOf(request: IncomingMessage, limitBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes <= limitBytes) pieces.push(piece);
  }
  if (bytes > limitBytes) throw new BadInput(`body too large: expected at most ${limitBytes} bytes`, 413);
  return Buffer.concat(pieces).toString();
}

function sendJson(response: ServerResponse, status: number, data: unknown): void {
  const body = JSON.stringify(data);
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
    })
    .end(body);
}
