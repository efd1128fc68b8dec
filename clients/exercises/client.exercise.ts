import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client, ClientOptions } from '../client.ts';
import type { Http, Openers } from '../shared/openers.ts';

/**
 * Exercise: write a client. `npm run exercise -- client` runs this until it is green.
 *
 * Write `clients/my-poll.ts`. It exports `myPollClient(options, openers)` and returns a `Client`: a poll
 * that doubles its interval after every empty answer, up to a limit, and is quick again once there is news.
 *
 *     asks     |  |    |        |                |  |    |
 *     answers  7  -    -        -                8  -    -        intervalMs 100, longestMs 800
 *              100 200    400         800        100 200
 *
 * Read `clients/long-poll.ts` first: yours is built the same way. `Poll` in `clients/shared/poll.ts` asks once, keeps
 * the cursor and counts; *when* to poll is your loop's affair. Wait with `sleep`.
 */
const file = process.env.EXERCISE_ANSWER ? './patient-poll.ts' : '../my-poll.ts';

type MyOptions = ClientOptions & { intervalMs: number; longestMs: number };

/** When the client asked, in milliseconds from the start, and what it is to be answered, in turn. */
let askedAtMs: number[];
let news: number[];
let client: Client | undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  askedAtMs = [];
  news = [];
});

afterEach(() => {
  client?.stop();
  client = undefined;
  vi.useRealTimers();
});

describe('step by step', () => {
  it('1. exports myPollClient from its file', async () => {
    expect(existsSync(new URL(file, import.meta.url)), 'write clients/my-poll.ts').toBe(true);
    expect((await import(file)).myPollClient, 'export a function myPollClient').toBeTypeOf('function');
  });

  it('2. polls at once, and is then subscribed', async () => {
    await start();
    expect(askedAtMs).toEqual([0]);
    expect(client?.ledger.cursor).toBe('madeup:0');
  });

  it('3. doubles its wait after every empty response, up to the maximum', async () => {
    await start();
    await vi.advanceTimersByTimeAsync(3200);
    expect(askedAtMs).toEqual([0, 100, 300, 700, 1500, 2300, 3100]);
  });

  it('4. delivers new messages, and polls quickly again', async () => {
    const { got } = await start();
    news = [0, 0, 2];
    await vi.advanceTimersByTimeAsync(1100);
    expect(got).toEqual([1, 2]);
    expect(askedAtMs).toEqual([0, 100, 300, 700, 800, 1000]);
  });

  it('5. counts its requests and the empty responses', async () => {
    await start();
    news = [0, 1];
    await vi.advanceTimersByTimeAsync(350);
    expect(client?.counters).toMatchObject({ requests: 3, empty: 2 });
  });

  it('6. does not poll while it is paused, and polls at once when it is resumed', async () => {
    await start();
    client?.pause();
    await vi.advanceTimersByTimeAsync(5000);
    expect(askedAtMs.length).toBeLessThanOrEqual(2);
    const before = askedAtMs.length;
    client?.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect(askedAtMs.length).toBe(before + 1);
  });

  it('7. does not poll after it is stopped', async () => {
    await start();
    client?.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(askedAtMs).toEqual([0]);
  });
});

async function start(): Promise<{ got: number[] }> {
  const { myPollClient } = (await import(file)) as {
    myPollClient: (options: MyOptions, openers: Pick<Openers, 'http'>) => Client;
  };
  const startMs = performance.now();
  let seq = 0;
  const http: Http = {
    async ask(_method, path) {
      askedAtMs.push(Math.round(performance.now() - startMs));
      const isFirst = !path.includes('after=');
      const count = isFirst ? 0 : (news.shift() ?? 0);
      const messages = Array.from({ length: count }, () => ({ seq: ++seq, dueMs: 0, body: '' }));
      return { status: 200, text: JSON.stringify({ messages, next: `madeup:${seq}`, missed: 0 }) };
    },
    close() {},
  };
  client = myPollClient({ url: 'http://nowhere', intervalMs: 100, longestMs: 800 }, { http: () => http });
  const got: number[] = [];
  await client.start((message) => got.push(message.seq));
  return { got };
}
