import { expect, it } from 'vitest';
import { MarkCounter, messageLine, parseMessage } from './message-line.ts';

it('counts every message once, wherever the stream is cut', () => {
  const stream = Buffer.from([1, 2, 3].map((seq) => `${messageLine(seq, seq, 40)}\n`).join(''));
  for (let pieceBytes = 1; pieceBytes <= stream.length; pieceBytes += 1) {
    const counter = new MarkCounter();
    let count = 0;
    for (let at = 0; at < stream.length; at += pieceBytes)
      count += counter.take(stream.subarray(at, at + pieceBytes));
    expect([pieceBytes, count]).toEqual([pieceBytes, 3]);
  }
});

it('writes a body of as many bytes as were asked for', () => {
  expect(parseMessage(messageLine(7, 1.23456, 200))).toMatchObject({
    dueMs: 1.235,
    body: expect.any(String),
  });
  expect(parseMessage(messageLine(7, 1, 200)).body).toHaveLength(200);
});
