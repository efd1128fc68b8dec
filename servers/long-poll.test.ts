import { expect, it, onTestFinished, vi } from 'vitest';
import { serversByName } from './serve.ts';
import { EmbeddedSource } from './source/embedded.ts';

it('reads for every request anew how long it may hold the answer', async () => {
  const source = new EmbeddedSource();
  const parked = vi.spyOn(source.log, 'subscribe');
  const options = { holdMs: 600_000 };
  const endpoint = serversByName['long-poll'](source, options);
  await endpoint.listen();
  onTestFinished(() => endpoint.close());
  const url = `http://127.0.0.1:${endpoint.port}/messages?after=${source.log.id}:0`;
  const ask = async () => (await fetch(url)).json();

  const held = ask();
  await vi.waitFor(() => expect(parked).toHaveBeenCalledOnce());
  options.holdMs = 1;
  expect(await ask()).toMatchObject({ messages: [] });
  source.log.append('news', 0);
  expect(await held).toMatchObject({ messages: [{ body: 'news' }] });
});
