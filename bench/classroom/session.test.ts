import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { limits } from '../../clients/classroom/protocol.ts';
import type { HeadlessPage } from './headless.ts';
import { HeldClass, stateOf } from './held-class.ts';

/** Members who say what they should not, beside one who hears every message all the same. */
let held: HeldClass;
let healthy: HeadlessPage;

beforeAll(async () => {
  held = await HeldClass.open();
  healthy = await held.member('Grace');
  await healthy.take('push');
});

afterAll(async () => {
  const { handled, owed } = await held.heardBy(healthy);
  expect(handled).toEqual(owed);
  expect(healthy.heard('refused')).toEqual([]);
  await held.close();
});

const sights = (...some: unknown[]) =>
  JSON.stringify({ say: 'saw', transport: 'push', uncertaintyMs: 1, sights: some });

describe('is refused with a reason', () => {
  it.each([
    ['no JSON', '{"say":', /this is not JSON/],
    ['no object', '7', /this is 7/],
    ['something unknown', '{"say":"sing"}', /say is "sing"/],
    ['a field too many', '{"say":"clock","id":1,"more":2}', /Unrecognized key: "more"/],
    [
      'a choice that there is not',
      '{"say":"vote","question":"age-of-a-poll","choice":4}',
      /choice is 4: .*<=3/,
    ],
    ['a vote where there is none', '{"say":"vote","question":"age-of-a-poll","choice":1}', /no open vote/],
    [
      'a transport that browsers lack',
      '{"say":"transport","transport":"tcp-push"}',
      /transport is "tcp-push"/,
    ],
    ['too many sights', sights(...Array(501).fill({ kind: 'handled', seq: 1, atMs: 0 })), /sights is .*500/],
    [
      'a time that is none',
      '{"say":"saw","transport":"push","uncertaintyMs":-1,"sights":[]}',
      /uncertaintyMs is -1/,
    ],
    [
      'a message before any subscription',
      sights({ kind: 'arrived', seq: 1, dueMs: 0, atMs: 0 }),
      /arrived comes before subscribed/,
    ],
    [
      'a subscription ahead of the log',
      sights({ kind: 'subscribed', seq: 1e9, atMs: 0 }),
      /seq is 1000000000: the log ends at/,
    ],
    [
      'a sight from tomorrow',
      sights({ kind: 'subscribed', seq: 0, atMs: 1e15 }),
      /atMs is 1000000000000000: the server's clock/,
    ],
  ])('%s', async (_what, text, reason) => {
    const member = await held.member();
    member.sendText(text);
    expect((await member.hear('refused')).error).toMatch(reason);
  });

  it('whatever only members may say, when the projector says it', async () => {
    const projector = await held.projector();
    projector.say({ say: 'transport', transport: 'push' });
    expect((await projector.hear('refused')).error).toContain('that is for members');
  });

  it('more characters than may be said at once, which the reason names', async () => {
    const member = await held.member();
    member.sendText(JSON.stringify({ say: 'vote', question: 'x'.repeat(limits.saidBytes), choice: 1 }));
    expect((await member.hear('refused')).error).toMatch(
      new RegExp(`1311\\d\\d characters are too much: .* at most ${limits.saidBytes}`),
    );
    // It is still there, and is answered.
    await member.readClock(1);
  });
});

it('closes on more than could be characters at all', async () => {
  const member = await held.member();
  member.sendText('x'.repeat(4 * limits.saidBytes + 1));
  expect((await member.closed()).code).toBe(1009);
});

it('refuses what a member says beyond its limit, names it, and closes when that goes on', async () => {
  const member = await held.member('Mallory');
  const closed = member.closed();
  for (let id = 100; id < 400; id += 1) member.say({ say: 'clock', id });
  const reason = `a member may say ${limits.saidPerSecond} things a second`;
  expect((await member.hear('refused')).error).toContain(reason);
  expect(await closed).toEqual({ code: 4008, reason: expect.stringContaining(reason) });
});

it('lets a projector take over, and tells the one before it for good', async () => {
  const first = await held.projector();
  const closed = first.closed();
  const second = await held.projector();
  expect(await closed).toEqual({ code: 4001, reason: 'another page has taken over' });
  await second.hear('counts');
  expect((await stateOf(second)).recorded).toBe(false);
});

it('a publication of a member is limited in size and number, which the reason names', async () => {
  const { token = '' } = await held.join(held.code, 'Ada');
  const member = await held.page(token);
  const { urls } = await member.hear('welcome');
  const publish = async (body: string) => {
    const answer = await fetch(`${urls['short-poll']}/messages?token=${token}`, {
      method: 'POST',
      body: JSON.stringify({ body }),
    });
    return { status: answer.status, ...(await answer.json()) };
  };
  expect(await publish('hello')).toMatchObject({ status: 201 });
  expect(await publish('x'.repeat(2000))).toMatchObject({
    status: 413,
    error: 'a publication of 2011 bytes is too large: a member’s takes at most 1024',
  });
  const answers = await Promise.all(Array.from({ length: 40 }, () => publish('hello')));
  expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
  expect(answers.find(({ status }) => status === 429)).toMatchObject({
    error: 'too many publications: a member may send 2 a second',
  });
});

it('a member that asks too much of the class’s servers is refused, and may not hold too many connections', async () => {
  const { token = '' } = await held.join(held.code, 'Mallory');
  const member = await held.page(token);
  const { urls } = await member.hear('welcome');
  const ask = async (url: string) => {
    const answer = await fetch(`${url}/messages?token=${token}`);
    return { status: answer.status, ...(await answer.json()) };
  };
  const connections = Array.from({ length: 20 }, () => new WebSocket(`${urls.push}/messages?token=${token}`));
  const refused = await Promise.any(
    connections.map(
      (socket) =>
        new Promise<string>((resolve) => {
          socket.on('unexpected-response', async (_request, response) => {
            let text = '';
            for await (const piece of response.setEncoding('utf8')) text += piece;
            resolve(text);
          });
          socket.on('error', () => {});
        }),
    ),
  );
  expect(refused).toContain('too many connections: a member may have 12 at once');
  for (const socket of connections) socket.terminate();
  const answers = await Promise.all(Array.from({ length: 400 }, () => ask(urls['short-poll'])));
  expect(answers.find(({ error }) => /too many requests/.test(error))).toMatchObject({
    status: 429,
    error: 'too many requests: a member may send 50 a second',
  });
});
