import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type ServerOptions, serversByName } from './serve.ts';
import { EmbeddedSource } from './source/embedded.ts';

async function serve(options: ServerOptions) {
  const source = new EmbeddedSource();
  const pending = vi.spyOn(source.log, 'subscribe');
  const endpoint = serversByName['long-poll'](source, options);
  await endpoint.listen();
  onTestFinished(() => endpoint.close());
  const path = () => `/messages?after=${source.log.id}:${source.log.head}`;
  const ask = async (more = '') =>
    (await fetch(`http://127.0.0.1:${endpoint.port}${path()}${more}`)).json() as Promise<{
      messages: unknown[];
    }>;
  return { source, log: source.log, pending, endpoint, path, ask };
}

it('reads its timeout for every request', async () => {
  const options = { holdMs: 600_000 };
  const { log, pending, ask } = await serve(options);
  const held = ask();
  await vi.waitFor(() => expect(pending).toHaveBeenCalledOnce());
  options.holdMs = 1;
  expect(await ask()).toMatchObject({ messages: [] });
  log.append('news', 0);
  expect(await held).toMatchObject({ messages: [{ body: 'news' }] });
});

it.each([
  ['the option', { holdMs: Number.POSITIVE_INFINITY }],
  ['the limit', { limits: { holdMs: Number.POSITIVE_INFINITY } }],
])('waits without end where %s is Infinity', async (_which, options) => {
  const { log, pending, ask } = await serve(options);
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const held = ask();
  await vi.waitFor(() => expect(pending).toHaveBeenCalledOnce());
  const delays = timers.mock.calls.map(([, delayMs]) => delayMs);
  timers.mockRestore();
  // Node runs a longer timer at once.
  expect(delays).toContain(2 ** 31 - 1);
  expect(delays).not.toContain(Number.POSITIVE_INFINITY);
  log.append('news', 0);
  expect(await held).toMatchObject({ messages: [{ body: 'news' }] });
});

it('gives the newest message alone to a client that wants no other', async () => {
  const { log, pending, ask } = await serve({ holdMs: 600_000 });
  const held = ask('&latest');
  await vi.waitFor(() => expect(pending).toHaveBeenCalledOnce());
  for (const body of ['old', 'older', 'news']) log.append(body, 0);
  expect(await held).toMatchObject({ messages: [{ body: 'news' }], superseded: 2 });
});

it('answers at once a client that cannot wait', async () => {
  const { pending, ask } = await serve({ holdMs: 600_000 });
  expect(await ask('&wait=0')).toMatchObject({ messages: [] });
  expect(pending).not.toHaveBeenCalled();
});

it('waits with a cursor that is ahead of this log, which is a moment behind another one', async () => {
  const { log, pending, endpoint } = await serve({ holdMs: 600_000 });
  for (const body of ['1', '2']) log.append(body, 0);
  const ahead = fetch(`http://127.0.0.1:${endpoint.port}/messages?after=${log.id}:3`);
  await vi.waitFor(() => expect(pending).toHaveBeenCalledOnce());
  log.append('3', 0);
  await new Promise(setImmediate);
  log.append('4', 0);
  expect(await (await ahead).json()).toMatchObject({ messages: [{ body: '4' }], missed: 0 });
});

it('answers requests that come one after the other on a connection all at once, when there is news', async () => {
  const { log, pending, endpoint, path } = await serve({ holdMs: 600_000 });
  const socket = connect(endpoint.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let heard = '';
  socket.setEncoding('utf8').on('data', (text) => (heard += text));
  const get = `GET ${path()} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  for (let request = 1; request <= 4; request += 1) {
    socket.write(get);
    await vi.waitFor(() => expect(pending).toHaveBeenCalledTimes(request));
  }
  log.append('news', 0);
  while ((heard.match(/"news"/g) ?? []).length < 4) await once(socket, 'data');
  expect(heard.match(/HTTP\/1.1 200 /g)).toHaveLength(4);
});

it('forgets all requests of a connection that has closed', async () => {
  const { log, pending, endpoint, path } = await serve({ holdMs: 600_000 });
  const socket = connect(endpoint.port, '127.0.0.1');
  socket.write(`GET ${path()} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(3));
  await vi.waitFor(() => expect(pending).toHaveBeenCalledTimes(3));
  expect(log.subscribers).toBe(3);
  socket.destroy();
  await vi.waitFor(() => expect(log.subscribers).toBe(0));
});

it('reads no further requests from a connection with a hundred that wait', async () => {
  const { log, pending, endpoint, path, ask } = await serve({ holdMs: 600_000 });
  const get = `GET ${path()} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const count = 10_000;
  const socket = connect(endpoint.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(get.repeat(count));
  await vi.waitFor(() => expect(log.subscribers).toBeGreaterThanOrEqual(100));
  // Time enough to read all of them.
  for (let other = 0; other < 50; other += 1) await ask('&wait=0');
  // Node reads 64 KiB at a time.
  expect(log.subscribers).toBeLessThan(100 + (64 * 1024) / get.length);

  log.append('news', 0);
  let answers = 0;
  let rest = '';
  for await (const text of socket.setEncoding('utf8')) {
    const pieces = (rest + text).split('"news"');
    rest = pieces.pop() as string;
    answers += pieces.length;
    if (answers === count) break;
  }
  expect(answers).toBe(count);
  expect(pending.mock.calls.length).toBeLessThan(count);
});
