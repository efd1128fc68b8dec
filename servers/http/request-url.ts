import type { IncomingMessage } from 'node:http';
import { BadInput } from '../log/message.ts';

/**
 * The URL of a request: a path, or a whole address as to a proxy (RFC 9112 §3.2). Throws `BadInput` on anything
 * else. Do not trust its host: the client may have written any.
 */
export function urlOf({ url = '' }: IncomingMessage): URL {
  const address = url.startsWith('/') ? `http://localhost${url}` : url;
  if (/^(http|ws)s?:/i.test(address) && URL.canParse(address)) return new URL(address);
  throw new BadInput(`invalid request target "${url}": expected a path such as /messages`);
}
