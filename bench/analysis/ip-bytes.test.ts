import { describe, expect, it } from 'vitest';
import { pollIpBytes, pushedIpBytes } from './ip-bytes.ts';

describe('bytes on the wire', () => {
  it('are a segment and its acknowledgement for a pushed message', () => {
    expect(pushedIpBytes(60)).toBe(60 + 2 * 52);
  });

  it('are a request, an answer and its acknowledgement for a poll', () => {
    expect(pollIpBytes(96, 249)).toBe(96 + 249 + 3 * 52);
  });

  it('grow by a header for each 1,448 bytes, and an acknowledgement for each two of them', () => {
    expect(pushedIpBytes(1448)).toBe(1448 + 2 * 52);
    expect(pushedIpBytes(1449)).toBe(1449 + 3 * 52);
    expect(pushedIpBytes(5200)).toBe(5200 + (4 + 2) * 52);
    expect(pollIpBytes(100, 5200)).toBe(5300 + (1 + 4 + 2) * 52);
  });
});
