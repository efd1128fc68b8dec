import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../meter/endpoint.ts';
import { type ServerName, startServers } from '../serve.ts';
import { EmbeddedSource } from '../source/embedded.ts';

/** Express and bare HTTP answer the same requests alike: status, headers that mean something, and body. */
const frameworks = ['express', 'http'] as const;
const names = ['short-poll', 'long-poll', 'sse', 'notify', 'push'] as const;
const bodyBytes = 1000;

let source: EmbeddedSource;
let endpoints: Record<(typeof frameworks)[number], Map<ServerName, Endpoint>>;

beforeAll(async () => {
  source = new EmbeddedSource();
  // So that every seq has the same length.
  for (let seq = 1; seq <= 200; seq += 1) source.log.append('x', 0);
  const start = (framework: (typeof frameworks)[number]) =>
    startServers(source, names, { framework, holdMs: 0, limits: { bodyBytes } });
  endpoints = { express: await start('express'), http: await start('http') };
});

beforeEach(() => {
  source.log.append('x', 0);
});

afterAll(async () => {
  for (const framework of frameworks)
    for (const endpoint of endpoints[framework].values()) await endpoint.close();
});

type Answer = { status: number; headers: Record<string, string>; body: string };

/** Headers that a client may depend on. */
const compared = [
  'allow',
  'access-control-allow-origin',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'upgrade',
  'vary',
];

/** Sends bytes, and returns the first final response as soon as it is whole; of a stream its head. */
function ask(port: number, bytes: string | Buffer): Promise<Answer & { continued: boolean }> {
  const isToHead = String(bytes).startsWith('HEAD ');
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const finish = (atEnd: boolean) => {
      const continued = text.startsWith('HTTP/1.1 100 ');
      const final = continued ? text.slice(text.indexOf('\r\n\r\n') + 4) : text;
      const headEnd = final.indexOf('\r\n\r\n');
      if (headEnd < 0) return atEnd ? reject(new Error(`no response: ${JSON.stringify(text)}`)) : undefined;
      const [statusLine = '', ...lines] = final.slice(0, headEnd).split('\r\n');
      const all = lines.map((line) => line.split(': ') as [string, string]);
      const headers = Object.fromEntries(all.map(([name, value]) => [name.toLowerCase(), value]));
      const length = isToHead || headers['transfer-encoding'] ? 0 : Number(headers['content-length'] ?? 0);
      const body = final.slice(headEnd + 4, headEnd + 4 + length);
      if (body.length < length) return undefined;
      resolve({ status: Number(statusLine.split(' ')[1]), headers, body, continued });
      socket.destroy();
      return undefined;
    };
    // Latin 1: a character per byte.
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      finish(false);
    });
    socket.on('error', () => {});
    socket.on('close', () => finish(true));
  });
}

/** What both frameworks answer to the same bytes. Fails where they differ. */
async function bothAnswer(name: ServerName, bytesFor: () => string | Buffer) {
  const answers = [];
  for (const framework of frameworks) {
    const port = endpoints[framework].get(name)?.port as number;
    const { status, headers, body, continued } = await ask(port, bytesFor());
    const some = Object.fromEntries(compared.map((header) => [header, headers[header]]));
    // The same publication is another message.
    answers.push({ status, headers: some, body: body.replace(/"seq":\d+/, '"seq":0'), continued });
  }
  expect(answers[1]).toEqual(answers[0]);
  return answers[0] as NonNullable<(typeof answers)[0]>;
}

const request = (method: string, target = '/messages', more = '', host = 'host: localhost\r\n') =>
  `${method} ${target} HTTP/1.1\r\n${host}${more}\r\n`;

const post = (body: string | Buffer, more = '') =>
  Buffer.concat([
    Buffer.from(request('POST', '/messages', `content-length: ${Buffer.byteLength(body)}\r\n${more}`)),
    Buffer.from(body),
  ]);

/** A path, with the cursor of the beginning for `CURSOR`. */
const at = (target: string) => () => request('GET', target.replaceAll('CURSOR', `${source.log.id}:0`));

type Case = [what: string, bytes: () => string | Buffer, status: number, body?: RegExp | string];

const targets: Case[] = [
  ['a cursor', at('/messages?after=CURSOR'), 200, /"messages":\[\{"seq":/],
  ['a question mark in the query', at('/messages?from=what?&after=CURSOR'), 200, /"messages":\[\{"seq":/],
  ['a whole address, as to a proxy', at('http://example.org/messages?after=CURSOR'), 200, /"seq":/],
  ['a query that is not encoded', at('/messages?%&%zz=%'), 200, /"messages":\[\]/],
  ['the newest alone', at('/messages?after=CURSOR&latest'), 200, /"messages":\[\{[^{]*\}\]/],
  ['names of what every object has', at('/messages?__proto__=1&toString=2&constructor=3'), 200],
  ['a list in brackets, which is another name', at('/messages?after[]=1'), 200, /"messages":\[\]/],
  ['two cursors', at('/messages?after=CURSOR&after=CURSOR'), 400, /after .*\[/],
  ['a malformed cursor', at('/messages?after=nonsense'), 400, /after .*\\"nonsense\\"/],
  ['a path with dots', at('/elsewhere/../messages?after=CURSOR'), 200, /"seq":/],
  ['a fragment', at('/messages?after=CURSOR#end'), 200],
  ['two slashes', at('//'), 404, /unknown path \/\/:/],
  ['two slashes and a name', at('//messages'), 404],
  ['a capital', at('/Messages'), 404],
  ['a slash at the end', at('/messages/'), 404],
  ['an encoded path', at('/%6dessages'), 404],
  ['an address that is none', at('http://['), 400, /invalid request target \\"http:\/\/\[\\"/],
  ['another scheme', at('ftp://example.org/messages'), 400, /invalid request target/],
  ['all of the server', () => request('OPTIONS', '*'), 400, /invalid request target/],
];

const heads: Case[] = [
  ['no Host', () => request('GET', '/messages', '', ''), 400, /missing host/],
  [
    'two Hosts',
    () => request('GET', '/messages', 'host: localhost\r\n'),
    400,
    /too many hosts: expected 1, found 2/,
  ],
  ['a malformed Host', () => request('GET', '/messages', '', 'host: a b/c?\r\n'), 400, /invalid host \\"a b/],
  ['a Host with a path', () => request('GET', '/messages', '', 'host: localhost/x\r\n'), 400],
  ['no Host in HTTP/1.0', () => 'GET /messages HTTP/1.0\r\n\r\n', 200],
  ['a foreign Host', () => request('GET', '/messages', '', 'host: evil.example\r\n'), 403, /invalid host/],
  [
    'a foreign page',
    () => request('GET', '/messages', 'origin: https://evil.example\r\n'),
    403,
    /invalid origin/,
  ],
  ['a page of this machine', () => request('GET', '/messages', 'origin: http://localhost:1\r\n'), 200],
  ['an offer of HTTP/2', () => request('GET', '/messages', 'connection: upgrade\r\nupgrade: h2c\r\n'), 200],
  [
    'an unknown expectation',
    () => request('GET', '/messages', 'expect: more\r\n'),
    417,
    /expected 100-continue/,
  ],
];

const bodies: Case[] = [
  ['a publication', () => post('{"body":"hi"}'), 201, '{"seq":0}'],
  ['a byte order mark', () => post('\ufeff{"body":"hi"}'), 201],
  ['its charset', () => post('{"body":"é"}', 'content-type: text/plain; charset="UTF-8"\r\n'), 201],
  ['nothing', () => post(''), 400, /JSON/],
  ['no JSON', () => post('{"body":'), 400, /JSON/],
  ['no publication', () => post('[1]'), 400, /publication/],
  ['invalid UTF-8', () => post(Buffer.of(0x22, 0xff, 0xc3, 0x22)), 400, /invalid UTF-8/],
  [
    'another charset',
    () => post('{"body":"x"}', 'content-type: text/plain; charset=iso-8859-1\r\n'),
    415,
    /invalid charset \\"iso-8859-1\\": expected utf-8/,
  ],
  ['an unknown charset', () => post('{"body":"x"}', 'content-type: text/plain; charset=klingon\r\n'), 415],
  [
    'a compressed body',
    () => post(gzipSync('{"body":"x"}'), 'content-encoding: gzip\r\n'),
    415,
    /invalid content-encoding \\"gzip\\": expected none/,
  ],
  [
    'a chunked body that is too large',
    () => `${request('POST', '/messages', 'transfer-encoding: chunked\r\n')}3e9\r\n${'x'.repeat(1001)}`,
    413,
    /body too large: expected at most 1000 bytes/,
  ],
];

/** Only the head is sent: whatever comes is an answer to that. */
const bodiesThatDoNotCome: Case[] = [
  ['too large', () => request('POST', '/messages', 'content-length: 100000000\r\n'), 413, /too large/],
  ['elsewhere', () => request('POST', '/nope', 'content-length: 5\r\n'), 404, /unknown path \/nope/],
  ['compressed', () => request('POST', '/messages', 'content-length: 5\r\ncontent-encoding: br\r\n'), 415],
  [
    'of a foreign page',
    () => request('POST', '/messages', 'content-length: 5\r\norigin: https://evil.example\r\n'),
    403,
  ],
];

function check(
  { status, body }: Pick<Answer, 'status' | 'body'>,
  expectedStatus: number,
  expectedBody: RegExp | string = '',
): void {
  expect(status).toBe(expectedStatus);
  if (typeof expectedBody === 'string' && expectedBody !== '') expect(body).toBe(expectedBody);
  else expect(body).toMatch(expectedBody);
}

describe('a short poll answers alike on Express and on bare HTTP', () => {
  it.each([...targets, ...heads, ...bodies])('to %s', async (_what, bytes, status, body) => {
    check(await bothAnswer('short-poll', bytes), status, body);
  });

  it.each(bodiesThatDoNotCome)(
    'to a body that is %s, before it has come',
    async (_what, bytes, status, body) => {
      const answer = await bothAnswer('short-poll', bytes);
      check(answer, status, body);
    },
  );

  it.each(bodiesThatDoNotCome)(
    'to a client that waits with a body that is %s',
    async (_what, bytes, status, body) => {
      const expecting = () => String(bytes()).replace('\r\n\r\n', '\r\nexpect: 100-continue\r\n\r\n');
      const answer = await bothAnswer('short-poll', expecting);
      check(answer, status, body);
      expect(answer.continued).toBe(false);
      expect(answer.headers.connection).toBe('close');
    },
  );

  it('to a client that waits with a body that is right', async () => {
    const answer = await bothAnswer('short-poll', () => post('{"body":"hi"}', 'expect: 100-continue\r\n'));
    expect(answer).toMatchObject({ status: 201, continued: true });
  });
});

describe.each(names)('%s answers alike on Express and on bare HTTP', (name) => {
  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('to %s', async (method) => {
    const answer = await bothAnswer(name, () => request(method));
    check(answer, 405, new RegExp(`invalid method ${method}`));
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
  });

  it('to HEAD, as to GET without the body', async () => {
    const counted = () => frameworks.map((framework) => endpoints[framework].get(name)?.tally.requests);
    const before = counted();
    const head = await bothAnswer(name, () => request('HEAD'));
    expect(counted()).toEqual(before);
    expect(head.body).toBe('');
    const get = await bothAnswer(name, () => request('GET'));
    // The length of a stream is in its chunks, and these are the body.
    const headers = { ...get.headers, 'transfer-encoding': undefined };
    expect(head).toEqual({ ...get, headers, body: '' });
  });

  it('to a publication', async () => {
    check(await bothAnswer(name, () => post('{"body":"hi"}')), 201, '{"seq":0}');
  });

  it('to a path that does not exist', async () => {
    check(await bothAnswer(name, () => request('GET', '/elsewhere')), 404, /unknown path \/elsewhere/);
  });
});

it('a long poll answers HEAD at once, also where a GET waits', async () => {
  const holding = await startServers(source, ['long-poll'], { holdMs: Number.POSITIVE_INFINITY });
  const endpoint = holding.get('long-poll') as Endpoint;
  const { status } = await ask(
    endpoint.port,
    request('HEAD', `/messages?after=${source.log.id}:${source.log.head}`),
  );
  expect(status).toBe(200);
  await endpoint.close();
});

it('push answers a plain GET with 426, and says what to do', async () => {
  const answer = await bothAnswer('push', () => request('GET'));
  check(answer, 426, /Connect with ws:\/\//);
  expect(answer.headers.upgrade).toBe('websocket');
});

/** Express has ETags: a client that names the one it has gets 304. Bare HTTP has none, so that it costs only what it has to. */
it('differ in conditional requests alone', async () => {
  const portOf = (framework: (typeof frameworks)[number]) =>
    endpoints[framework].get('short-poll')?.port as number;
  const { etag } = (await ask(portOf('express'), request('GET'))).headers;
  const conditional = request('GET', '/messages', `if-none-match: ${etag}\r\n`);
  expect((await ask(portOf('express'), conditional)).status).toBe(304);
  expect((await ask(portOf('http'), conditional)).status).toBe(200);
});
