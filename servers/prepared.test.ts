import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { Endpoint, newTally } from './endpoint.ts';
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
  const place = { logId: log.id, seq: 1 };
  const first = prepared.after(place);
  expect(prepared.after({ ...place })).toBe(first);
  expect(first).toEqual(log.after(place));
  log.append('body 4', 4);
  expect(prepared.after(place)).not.toBe(first);
  expect(prepared.after(place)).toEqual(log.after(place));
});

it('tells a place of another log, and none at all, from a place of this one', () => {
  const log = logOf(2);
  const prepared = new Prepared(log);
  const places = [
    undefined,
    { logId: log.id, seq: 2 },
    { logId: 'other', seq: 2 },
    { logId: log.id, seq: 0 },
  ];
  for (const place of [...places, ...places]) expect(prepared.after(place)).toEqual(log.after(place));
});

it('keeps its limit, and lets go of what is too much', () => {
  const log = logOf(5000);
  const prepared = new Prepared(log, { messages: 2, bytes: 1e6 });
  for (let seq = 0; seq < 5000; seq += 1)
    expect(prepared.after({ logId: log.id, seq })).toEqual(
      log.after({ logId: log.id, seq }, { messages: 2, bytes: 1e6 }),
    );
});

it('keeps no more than a bounded size ready, however large the answers are', () => {
  const log = new MessageLog();
  for (let n = 1; n <= 400; n += 1) log.append('x'.repeat(60_000), n);
  const prepared = new Prepared(log);
  const at = (seq: number) => prepared.after({ logId: log.id, seq });
  const first = at(0);
  expect(at(0)).toBe(first);
  // Each of these carries a megabyte.
  for (let seq = 1; seq <= 20; seq += 1) at(seq);
  expect(at(0)).not.toBe(first);
  expect(at(0)).toEqual(first);
});

it('sends a batch as JSON of a stated length', async () => {
  const log = logOf(2);
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
