import { createServer } from 'node:http';
import { defaultLimits } from '../../../servers/guards/limits.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { parseMessage } from '../message-line.ts';
import { stand } from './stand.js';

/**
 * Short poll on `node:http` with a cache of responses: `response-cache.ts PORT`.
 *
 *     GET after=a1:6 ──►┐
 *     GET after=a1:6 ──►├── parsed, looked up and encoded once ──► the same bytes to each
 *     GET after=a1:6 ──►┘
 *
 * Clients poll from few places, as a rule from the end of the log. Until the log grows, the same URL gets the same
 * bytes. For polls this is what the shared frame is for push.
 */
const source = new EmbeddedSource();
const { log } = source;

/** URLs whose responses are kept. When there are more, all are dropped. */
const urlsMax = 1000;

const responses = new Map<string, { headers: string[]; body: string }>();
let head = 0;

function responseTo(url: string) {
  if (head !== log.head || responses.size >= urlsMax) responses.clear();
  head = log.head;
  const known = responses.get(url);
  if (known) return known;
  const { searchParams } = new URL(url, 'http://localhost');
  const body = JSON.stringify(log.after(log.cursorFrom(searchParams.get('after'))));
  const headers = [
    ...['content-type', 'application/json; charset=utf-8'],
    ...['content-length', `${Buffer.byteLength(body)}`],
  ];
  const response = { headers, body };
  responses.set(url, response);
  return response;
}

const server = createServer({ keepAliveTimeout: defaultLimits.idleMs }, ({ url = '/' }, response) => {
  const { headers, body } = responseTo(url);
  response.writeHead(200, headers).end(body);
});
stand(server, (line) => {
  const { body, dueMs } = parseMessage(line);
  log.append(body, dueMs);
});
