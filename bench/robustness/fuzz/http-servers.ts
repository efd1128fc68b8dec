import { connect } from 'node:net';
import fc from 'fast-check';
import { type Answer, readAnswer, reasonIn, speak } from '../raw-socket.ts';
import { type Outcome, type Target, taken } from './fuzz.ts';
import { anyText, cursors, publications, wellFormed } from './inputs.ts';
import { openServer } from './open-server.ts';

/**
 * What anybody may send to the servers that speak HTTP: requests that are well formed and say anything, many on
 * a connection, and heads that are not even that, on one each.
 */
export type HttpInput = {
  /** A byte per character, so that it need not be UTF-8. */
  bytes: string;
  /** Well formed: it is answered, and the next may follow. */
  isWhole: boolean;
  /** HEAD has no body, hence no place for a reason. */
  isToHead: boolean;
};

/** Requests on one connection. */
const together = 50;

export function httpServers(): Target<never>[] {
  return (['short-poll', 'long-poll', 'sse', 'notify'] as const).flatMap((name) =>
    (['express', 'http'] as const).map((framework) => {
      const target: Target<HttpInput> = {
        name: `${name}-${framework}`,
        kind: 'server',
        input: httpInputs,
        together,
        async open() {
          const { port, close } = await openServer(name, { framework, holdMs: 20 });
          return { judge: (inputs) => askAll(port, inputs), close };
        },
      };
      return target as unknown as Target<never>;
    }),
  );
}

/** Sends the well-formed ones one after the other, the others on a connection each. */
export async function askAll(port: number, inputs: readonly HttpInput[]): Promise<Outcome[]> {
  const outcomes = new Map<HttpInput, Outcome>();
  const whole = inputs.filter(({ isWhole }) => isWhole);
  const others = inputs.filter(({ isWhole }) => !isWhole);
  await Promise.all([
    askInRow(port, whole, outcomes),
    ...others.map(async (input) => outcomes.set(input, await askAlone(port, input))),
  ]);
  return inputs.map((input) => outcomes.get(input) as Outcome);
}

/** Goes on with a connection of its own where the one before was closed after an answer. */
async function askInRow(
  port: number,
  inputs: readonly HttpInput[],
  outcomes: Map<HttpInput, Outcome>,
): Promise<void> {
  for (let left = inputs; left.length > 0; ) {
    const answers = await askOn(port, left);
    for (const [index, answer] of answers.entries()) {
      const input = left[index] as HttpInput;
      outcomes.set(input, outcomeOf(answer, input.isToHead));
    }
    // An empty reason is a finding: it was closed without a word.
    if (answers.length === 0) outcomes.set(left[0] as HttpInput, { refused: '' });
    left = left.slice(Math.max(1, answers.length));
  }
}

/** Sends all at once, without waiting, and resolves with the answers that came before the connection closed. */
function askOn(port: number, inputs: readonly HttpInput[]): Promise<Answer[]> {
  return new Promise((resolve) => {
    const answers: Answer[] = [];
    let heard: Buffer = Buffer.alloc(0);
    let offset = 0;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (piece: Buffer) => {
      heard = heard.length === offset ? piece : Buffer.concat([heard.subarray(offset), piece]);
      offset = 0;
      while (answers.length < inputs.length) {
        const answer = readAnswer(heard, offset, inputs[answers.length]?.isToHead);
        if (!answer) return;
        answers.push(answer);
        offset = answer.end;
        // A stream never ends by itself, and nothing is answered behind it.
        if (answer.contentType.startsWith('text/event-stream')) break;
      }
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answers));
    socket.write(Buffer.from(inputs.map(({ bytes }) => bytes).join(''), 'latin1'));
  });
}

async function askAlone(port: number, { bytes }: HttpInput): Promise<Outcome> {
  const isStream = (heard: Buffer) => heard.includes('\r\ncontent-type: text/event-stream');
  const heard = await speak(port, Buffer.from(bytes, 'latin1'), isStream);
  let last: Answer | undefined;
  for (let offset = 0; offset < heard.length; ) {
    const answer = readAnswer(heard, offset);
    if (!answer) break;
    last = answer;
    offset = answer.end;
  }
  // Whoever hangs up in the middle may be left without an answer.
  return last ? outcomeOf(last, false) : taken;
}

function outcomeOf(answer: Answer, isToHead: boolean): Outcome {
  if (answer.status === 500) throw new Error(`the server failed: ${reasonIn(answer)}`);
  if (!(answer.status >= 400)) return taken;
  return { refused: isToHead ? `${answer.status} to HEAD` : reasonIn(answer) };
}

/** A path or a field of a header: whatever would end the line is escaped. */
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

/** Heads and bodies with anything anywhere in them. */
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

/** A request that is well formed, whatever it says. */
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
