import type { IncomingMessage, ServerResponse } from 'node:http';
import { BadInput, type Publication, parseJson, parsePublication } from '../log/message.ts';

/**
 * Reads the publication in the body of a request. Throws `BadInput`, before any of the body has come where the headers
 * are reason enough; Node discards what still comes of it.
 */
export async function readPublication(
  request: IncomingMessage,
  response: ServerResponse,
  limitBytes: number,
): Promise<Publication> {
  const { headers } = request;
  if (Number(headers['content-length']) > limitBytes) throw tooLarge(limitBytes);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new BadInput(`invalid content-encoding "${encoding}": expected none`, 415);
  const charset = /;\s*charset="?([^\s;"]*)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) throw new BadInput(`invalid charset "${charset}": expected utf-8`, 415);
  // A response that waits for the one before it has no socket yet, and Node would write this into that one.
  if (headers.expect !== undefined && response.socket) response.writeContinue();
  return parsePublication(parseJson(await textOf(request, limitBytes)));
}

async function textOf(request: IncomingMessage, limitBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  // The connection must outlive a body that is refused: the reason is still to be written.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > limitBytes) throw tooLarge(limitBytes);
    pieces.push(piece);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch {
    throw new BadInput('invalid UTF-8 in the body: expected JSON in UTF-8');
  }
}

function tooLarge(limitBytes: number): BadInput {
  return new BadInput(`body too large: expected at most ${limitBytes} bytes`, 413);
}
