import { expect, it } from 'vitest';
import { MessageLog } from './log/message-log.ts';
import { serversByName } from './serve.ts';
import { EmbeddedSource } from './source/embedded.ts';
import { eventFormat } from './sse.ts';

/** Events in short: "batch@5 missed 2", "6". */
function eventsOf(batch: Parameters<typeof eventFormat.batch>[0]): string[] {
  return String(eventFormat.batch(batch))
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const fields = Object.fromEntries(
        event.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]),
      );
      const { messages, next, seq, dueMs: _due, body: _body, ...report } = JSON.parse(fields.data as string);
      const place = fields.id?.split(':')[1];
      if (fields.event === undefined) {
        expect(place).toBe(String(seq));
        return String(seq);
      }
      expect(fields).toMatchObject({ event: 'batch', id: next });
      expect(messages).toEqual([]);
      return [`batch@${place}`, ...Object.entries(report).map(([name, value]) => `${name} ${value}`)].join(
        ' ',
      );
    });
}

const message = (seq: number) => ({ seq, dueMs: 0, body: 'x' });

it('begins with the place of the subscriber', () => {
  expect(eventsOf({ messages: [], next: 'a:7', missed: 0 })).toEqual(['batch@7 missed 0']);
  expect(eventsOf({ messages: [message(7), message(8)], next: 'a:8', missed: 0 })).toEqual([
    'batch@6 missed 0',
    '7',
    '8',
  ]);
});

it('reports each missing message right before the next one', () => {
  const log = new MessageLog({ limitMessages: 4 }, 'a');
  for (const seq of [1, 2, 3, 5, 6, 9]) log.take(message(seq));
  expect(eventsOf(log.after({ logId: 'a', seq: 0 }))).toEqual([
    'batch@2 missed 2',
    '3',
    'batch@4 missed 1',
    '5',
    '6',
    'batch@8 missed 2',
    '9',
  ]);
});

it('reports a hole behind the last message', () => {
  expect(eventsOf({ messages: [message(1)], next: 'a:3', missed: 2, more: true })).toEqual([
    'batch@0 missed 0',
    '1',
    'batch@3 missed 2',
  ]);
});

it('passes on what else a batch reports, once', () => {
  expect(eventsOf({ messages: [], next: 'a:9', missed: 0, dropped: 3 })).toEqual([
    'batch@9 missed 0 dropped 3',
  ]);
  expect(eventsOf({ messages: [message(4)], next: 'a:4', missed: 3, reset: true })).toEqual([
    'batch@3 missed 3 reset true',
    '4',
  ]);
});

it.each([
  [{}, null],
  [{ unbuffered: true }, 'no'],
])('asks proxies not to buffer it with %j', async (options, header) => {
  const endpoint = serversByName.sse(new EmbeddedSource(), options);
  await endpoint.listen();
  const { headers, body } = await fetch(`http://127.0.0.1:${endpoint.port}/messages`);
  expect(headers.get('x-accel-buffering')).toBe(header);
  await body?.cancel();
  await endpoint.close();
});

it('tells a browser when to come back, before anything else', async () => {
  const endpoint = serversByName.sse(new EmbeddedSource());
  await endpoint.listen();
  const { body } = await fetch(`http://127.0.0.1:${endpoint.port}/messages`);
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toMatch(/^retry: 1000\n\n/);
  await reader?.cancel();
  await endpoint.close();
});

it('takes an empty Last-Event-ID for none: the cursor in the URL counts', async () => {
  const source = new EmbeddedSource(new MessageLog({}, 'a'));
  source.log.append('missed', 0);
  const endpoint = serversByName.sse(source);
  await endpoint.listen();
  const { body } = await fetch(`http://127.0.0.1:${endpoint.port}/messages?after=a:0`, {
    headers: { 'last-event-id': '' },
  });
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('event: batch')) text += (await reader?.read())?.value;
  expect(text).toContain('id: a:0\n');
  await reader?.cancel();
  await endpoint.close();
});
