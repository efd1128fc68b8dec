import { createServer } from 'node:http';
import { stand } from './stand.js';

/** The floor of a poll: `node:http` that answers everybody with the same bytes, whatever was asked. */
let answer = Buffer.from('{}');
const server = createServer({ keepAliveTimeout: 120_000 }, (_request, response) => {
  response
    .writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': answer.length,
      'cache-control': 'no-store',
    })
    .end(answer);
});

stand(server, (text) => {
  answer = Buffer.from(text);
});
