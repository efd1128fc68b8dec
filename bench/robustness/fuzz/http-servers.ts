import fc from 'fast-check';
import { exchange, type Response, readResponse, reasonIn } from '../raw-socket.ts';
import { asTarget, judgeGroups, judgeInTurn, type Outcome, type Target, taken } from './fuzz.ts';
import { anyText, cursors, publications, wellFormed } from './inputs.ts';
import { openServer } from './open-server.ts';

/**
 * Inputs for the HTTP servers: well-formed requests with any content, many on a connection, and malformed
 * requests on a connection each.
 */
export type HttpInput = {
  /** A byte per character, so that it need not be UTF-8. */
  bytes: string;
  /** Well formed: it gets a response, and the next request may follow. */
  isWhole: boolean;
  /** The response to HEAD has no body, so no reason. */
  isToHead: boolean;
};

/** Requests on one connection. */
const together = 50;

export function httpServers(): Target<never>[] {
  return (['short-poll', 'long-poll', 'sse', 'notify'] as const).flatMap((name) =>
    (['express', 'http'] as const).map((framework) =>
      asTarget<HttpInput>({
        name: `${name}-${framework}`,
        kind: 'server',
        input: httpInputs,
        together,
        async open() {
          const { port, close } = await openServer(name, { framework, holdMs: 20 });
          return { judge: (inputs) => requestAll(port, inputs), close };
        },
      }),
    ),
  );
}

/** Sends the well-formed requests one after the other, the others on a connection each. */
export function requestAll(port: number, inputs: readonly HttpInput[]): Promise<Outcome[]> {
  return judgeGroups(
    inputs,
    ({ isWhole }, index) => (isWhole ? 'shared' : index),
    (key, group) =>
      key === 'shared'
        ? judgeInTurn(group, (left) => requestOn(port, left))
        : Promise.all(group.map((input) => requestAlone(port, input))),
  );
}

const isStream = ({ contentType }: Response) => contentType.startsWith('text/event-stream');

/** Sends all requests at once. Resolves with the outcomes of those that got a response before the connection closed. */
async function requestOn(port: number, inputs: readonly HttpInput[]): Promise<Outcome[]> {
  const responses: Response[] = [];
  await exchange(port, inputs.map(({ bytes }) => bytes).join(''), {
    staysOpen: true,
    isEnough(received) {
      while (responses.length < inputs.length) {
        const last = responses.at(-1);
        // A stream doesn't end, and no response follows it.
        if (last && isStream(last)) return true;
        const next = readResponse(received, last?.end ?? 0, inputs[responses.length]?.isToHead);
        if (!next) return false;
        responses.push(next);
      }
      return true;
    },
  });
  // Closed without a response: an empty reason is a finding.
  if (responses.length === 0) return [{ refused: '' }];
  return responses.map((response, index) => outcomeOf(response, (inputs[index] as HttpInput).isToHead));
}

async function requestAlone(port: number, { bytes }: HttpInput): Promise<Outcome> {
  const received = await exchange(port, bytes, {
    isEnough: (received) => received.includes('\r\ncontent-type: text/event-stream'),
  });
  let last: Response | undefined;
  for (let next = readResponse(received, 0); next; ) {
    last = next;
    next = next.end < received.length ? readResponse(received, next.end) : undefined;
  }
  // A client that disconnects within its request may get no response.
  return last ? outcomeOf(last, false) : taken;
}

function outcomeOf(response: Response, isToHead: boolean): Outcome {
  if (response.status === 500) throw new Error(`the server failed: ${reasonIn(response)}`);
  if (!(response.status >= 400)) return taken;
  return { refused: isToHead ? `${response.status} to HEAD` : reasonIn(response) };
}

/** A path or header field: characters that would end the line are escaped. */
const word = anyText.map((text) => encodeURIComponent(wellFormed(text)));
const lineText = anyText.map((text) => text.replaceAll(/[\p{Cc}\s]|[^ -ÿ]/gu, ''));

const query = fc.oneof(
  {
    weight: 6,
    arbitrary: cursors('a1').map((cursor) => `?after=${encodeURIComponent(wellFormed(cursor))}`),
  },
  { weight: 1, arbitrary: fc.tuple(word, word).map(([name, value]) => `?${name}=${value}&after=${value}`) },
  { weight: 1, arbitrary: lineText.map((text) => `?after=${text}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '?latest', '?after[]=1', '?after=a1:0&after=a1:1', '?after', '?%'),
  },
);

const header = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  {
    weight: 2,
    arbitrary: fc
      .oneof(cursors('a1').map(latin1), lineText)
      .map((id) => `last-event-id: ${id.replaceAll(/[\p{Cc}]/gu, '')}\r\n`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'origin: http://elsewhere\r\n',
      'content-encoding: gzip\r\n',
      'content-encoding: other\r\n',
      'content-type: text/plain; charset=nonsense\r\n',
      'expect: 100-continue\r\n',
      'expect: more\r\n',
      'upgrade: h2c\r\n',
      'range: bytes=0-\r\n',
    ),
  },
);

const gets = fc.tuple(query, header).map(([after, more]) => whole('GET', `/messages${after}`, more));

const posts = fc.tuple(publications, header).map(([body, more]) => whole('POST', '/messages', more, body));

const otherRequests = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'),
    fc.oneof(
      word,
      lineText.map((text) => text.replaceAll('?', '')),
    ),
    header,
    anyText,
  )
  .map(([method, path, more, body]) =>
    whole(method, `/${path}`, more, method === 'GET' || method === 'HEAD' ? '' : body),
  );

/** Requests with random bytes at a random place. */
const raw = fc
  .tuple(
    fc.constantFrom(
      'GET /messages HTTP/1.1\r\nhost: localhost\r\n\r\n',
      'POST /messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 12\r\n\r\n{"body":"x"}',
      'POST /messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nc\r\n{"body":"x"}\r\n0\r\n\r\n',
      'GET /messages HTTP/1.0\r\n\r\n',
      'CONNECT x:1 HTTP/1.1\r\nhost: localhost\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    ),
    fc.nat(),
    fc.oneof(
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.constantFrom(
        '\r\n',
        '\n',
        '\0',
        'content-length: 5\r\n',
        'transfer-encoding: chunked\r\n',
        ': ',
        '\xff\xfe',
      ),
    ),
    fc.constantFrom(0, 0, 1, 5),
  )
  .map(([text, place, inserted, removed]) => {
    const at = place % (text.length + 1);
    return {
      bytes: text.slice(0, at) + inserted + text.slice(at + removed),
      isWhole: false,
      isToHead: false,
    };
  });

export const httpInputs: fc.Arbitrary<HttpInput> = fc.oneof(
  { weight: 45, arbitrary: gets },
  { weight: 40, arbitrary: posts },
  { weight: 10, arbitrary: otherRequests },
  { weight: 5, arbitrary: raw },
);

/** A well-formed request. */
export function whole(method: string, path: string, more = '', body = ''): HttpInput {
  const bytes = latin1(wellFormed(body));
  const length = method === 'GET' || method === 'HEAD' ? '' : `content-length: ${bytes.length}\r\n`;
  return {
    bytes: `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${more}${length}\r\n${bytes}`,
    isWhole: true,
    isToHead: method === 'HEAD',
  };
}

/** UTF-8, a character per byte. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
