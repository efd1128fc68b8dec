import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '../endpoint.ts';
import type { Batch, Message } from '../message.ts';
import { EmbeddedSource } from '../source/embedded.ts';
import type { MessageSource } from '../source/source.ts';

/**
 * Exercise: write a server. `npm run exercise -- server` runs this until it is green.
 *
 * Write `servers/my-transport.ts`. It exports `myTransportServer(source)` and returns an `Endpoint`: push
 * as one HTTP answer that never ends, with one line of JSON per delivery.
 *
 *     client  ──GET /messages?after=a1:6──────────────────────────►
 *             ◄──200, application/x-ndjson──{batch [7]}⏎──{8}⏎──{9}⏎─── server
 *
 * Read `servers/sse.ts` first: yours needs the same parts. `FanOut` writes one frame to every reader, and
 * takes what makes a frame of a text; `httpServer` calls you for every `GET /messages`.
 */
const file = process.env.EXERCISE_ANSWER ? './json-lines.ts' : '../my-transport.ts';

let source: EmbeddedSource;
let endpoint: Endpoint | undefined;
const readers: AbortController[] = [];

beforeEach(() => {
  source = new EmbeddedSource();
});

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.abort();
  await endpoint?.close();
  endpoint = undefined;
});

describe('step by step', () => {
  it('1. exports myTransportServer from its file', async () => {
    expect(existsSync(new URL(file, import.meta.url)), 'write servers/my-transport.ts').toBe(true);
    expect((await import(file)).myTransportServer, 'export a function myTransportServer').toBeTypeOf(
      'function',
    );
  });

  it('2. responds to GET /messages with 200 and the type application/x-ndjson', async () => {
    const { response } = await listen();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
  });

  it('3. first sends the end of the log: a batch without messages', async () => {
    source.log.append('before anybody came', 0);
    const { lines } = await listen();
    await vi.waitFor(() => expect(lines).toEqual([{ messages: [], next: `${source.log.id}:1`, missed: 0 }]));
  });

  it('4. pushes each message as one line, at once', async () => {
    const { lines } = await listen();
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    for (const body of ['one', 'two', 'é "quoted" \n line']) source.log.append(body, 0);
    await vi.waitFor(() => expect(lines).toHaveLength(4));
    expect((lines as Message[]).slice(1).map(({ seq, body }) => `${seq} ${body}`)).toEqual([
      '1 one',
      '2 two',
      '3 é "quoted" \n line',
    ]);
  });

  it('5. sends the missed messages to a client that reconnects with a cursor', async () => {
    for (const body of ['one', 'two', 'three']) source.log.append(body, 0);
    const { lines } = await listen(`${source.log.id}:1`);
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect((lines[0] as Batch).messages.map(({ body }) => body)).toEqual(['two', 'three']);
  });

  it('6. rejects an invalid cursor, with 400 and a reason', async () => {
    const { port } = await serve();
    const refused = await fetch(`http://127.0.0.1:${port}/messages?after=yesterday`);
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as { error: string }).error).toContain('yesterday');
  });

  it('7. forgets a client that has disconnected', async () => {
    const { leave } = await listen();
    await vi.waitFor(() => expect(endpoint?.readers).toHaveLength(1));
    leave();
    await vi.waitFor(() => expect(endpoint?.readers).toHaveLength(0));
  });
});

async function serve(): Promise<Endpoint> {
  const { myTransportServer } = (await import(file)) as {
    myTransportServer: (source: MessageSource) => Endpoint;
  };
  endpoint = myTransportServer(source);
  await endpoint.listen();
  return endpoint;
}

/** Opens a connection and reads its lines as they come. */
async function listen(after?: string) {
  const { port } = await serve();
  const reader = new AbortController();
  readers.push(reader);
  const query = after ? `?after=${after}` : '';
  const response = await fetch(`http://127.0.0.1:${port}/messages${query}`, { signal: reader.signal });
  const lines: (Batch | Message)[] = [];
  void readLines(response, lines).catch(() => {});
  return { response, lines, leave: () => reader.abort() };
}

async function readLines(response: Response, lines: (Batch | Message)[]): Promise<void> {
  let rest = '';
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const pieces = (rest + piece).split('\n');
    rest = pieces.pop() ?? '';
    lines.push(...pieces.filter((line) => line !== '').map((line) => JSON.parse(line)));
  }
}
