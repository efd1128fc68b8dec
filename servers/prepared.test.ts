import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { Endpoint, newTally } from './endpoint.ts';
import { BadInput } from './message.ts';
import { MessageLog } from './message-log.ts';
import { Prepared, sendBatch } from './prepared.ts';

function logOf(messages: number): MessageLog {
  const log = new MessageLog();
  for (let n = 1; n <= messages; n += 1) log.append(`body ${n}`, n);
  return log;
}

it('gives those who ask from the same place the same batch, until the log grows', () => {
  const log = logOf(3);
  const prepared = new Prepared(log);
  const place = `${log.id}:1`;
  const first = prepared.after(place);
  expect(prepared.after([log.id, 1].join(':'))).toBe(first);
  expect(first).toEqual(log.after(log.cursorFrom(place)));
  log.append('body 4', 4);
  expect(prepared.after(place)).not.toBe(first);
  expect(prepared.after(place)).toEqual(log.after(log.cursorFrom(place)));
});

it('tells a place of another log, and none at all, from a place of this one', () => {
  const log = logOf(2);
  const prepared = new Prepared(log);
  const places = [undefined, null, '', `${log.id}:2`, 'other:2', `${log.id}:0`];
  for (const place of [...places, ...places])
    expect(prepared.after(place)).toEqual(log.after(log.cursorFrom(place)));
});

it.each(['nonsense', 'a:b', 7, ['a:1'], { after: 'a:1' }])('refuses %j every time', (text) => {
  const prepared = new Prepared(logOf(2));
  for (let time = 0; time < 2; time += 1) expect(() => prepared.after(text)).toThrow(BadInput);
});

it('refuses a place that lies ahead of the log, until the log has got there', () => {
  const log = logOf(2);
  const prepared = new Prepared(log);
  const place = `${log.id}:3`;
  for (let time = 0; time < 2; time += 1)
    expect(() => prepared.after(place)).toThrow('expected at most 2, where the log ends');
  log.append('body 3', 3);
  expect(prepared.after(place)).toMatchObject({ messages: [], next: place });
});

it('keeps its limit, and lets go of what is too much', () => {
  const log = logOf(5000);
  const limit = { messages: 2, bytes: 1e6 };
  const prepared = new Prepared(log, limit);
  for (let seq = 0; seq < 5000; seq += 1)
    expect(prepared.after(`${log.id}:${seq}`)).toEqual(log.after({ logId: log.id, seq }, limit));
});

it('keeps no more than a bounded size ready, however large the answers are', () => {
  const log = new MessageLog();
  for (let n = 1; n <= 400; n += 1) log.append('x'.repeat(60_000), n);
  const prepared = new Prepared(log);
  const at = (seq: number) => prepared.after(`${log.id}:${seq}`);
  const first = at(0);
  expect(at(0)).toBe(first);
  // Each of these carries a megabyte.
  for (let seq = 1; seq <= 20; seq += 1) at(seq);
  expect(at(0)).not.toBe(first);
  expect(at(0)).toEqual(first);
});

it.each<[string, string, string | undefined]>([
  ['keys', '', 'k'.repeat(128)],
  ['characters that take six in JSON', '\u0001'.repeat(100), undefined],
])('counts all that an answer takes, not its bodies alone: %s', (_what, body, key) => {
  const log = new MessageLog();
  for (let n = 1; n <= 1500; n += 1) log.append(body, n, key);
  const prepared = new Prepared(log);
  const at = (seq: number) => prepared.after(`${log.id}:${seq}`);
  const first = at(0);
  const bytes = JSON.stringify(first).length;
  let seq = 0;
  for (; at(0) === first; seq += 1) at(seq + 1);
  expect((seq - 1) * bytes).toBeLessThan(17 * 1024 * 1024);
});

it.each([
  ['short', 'body'],
  ['short, of more than one byte a character', 'Grüße 🌍'],
  ['long', 'body '.repeat(1000)],
  ['long, of more than one byte a character', 'Grüße 🌍 '.repeat(1000)],
])('sends a batch as JSON of a stated length: %s', async (_what, body) => {
  const log = new MessageLog();
  log.append(body, 1);
  const batch = log.after({ logId: log.id, seq: 0 });
  const endpoint = new Endpoint(
    createServer((_request, response) => sendBatch(response, batch)),
    newTally(),
  );
  await endpoint.listen();
  for (let time = 0; time < 2; time += 1) {
    const answer = await fetch(`http://127.0.0.1:${endpoint.port}/`);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const text = await answer.text();
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(JSON.parse(text)).toEqual(batch);
  }
  await endpoint.close();
});
