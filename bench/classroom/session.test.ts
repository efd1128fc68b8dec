import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { laneToken } from '../../clients/classroom/lane-token.ts';
import { closeCodes, limits } from '../../clients/classroom/settings.ts';
import { HeadlessPage } from './simulated/headless.ts';
import { HeldClass, stateOf } from './simulated/held-class.ts';

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

const latencies = (uncertaintyMs: number, latenciesMs: unknown[]) =>
  JSON.stringify({ say: 'latencies', uncertaintyMs, latenciesMs });

describe('is refused with a reason', () => {
  it.each([
    ['no JSON', '{"say":', /expected JSON/],
    ['no object', '7', /invalid message 7: expected object/],
    ['something unknown', '{"say":"sing"}', /invalid say "sing": expected /],
    ['a field too many', '{"say":"clock","id":1,"more":2}', /expected no unrecognized key: "more"/],
    [
      'a choice that there is not',
      '{"say":"vote","question":"age-of-a-poll","choice":4}',
      /invalid choice 4: expected .*<=3/,
    ],
    ['a vote where there is none', '{"say":"vote","question":"age-of-a-poll","choice":1}', /no open vote/],
    [
      'a transport that browsers lack',
      '{"say":"transport","transport":"tcp-push"}',
      /invalid transport "tcp-push": expected /,
    ],
    [
      'too many latencies',
      latencies(1, Array(limits.latenciesAtOnce + 1).fill(1)),
      new RegExp(`invalid latenciesMs .*expected .*${limits.latenciesAtOnce}`),
    ],
    ['an uncertainty that is none', latencies(-1, []), /invalid uncertaintyMs -1/],
    ['a latency that is none', latencies(1, ['soon']), /invalid latenciesMs\.0 "soon"/],
    ['a latency of days', latencies(1, [1e9]), /invalid latenciesMs\.0 1000000000/],
  ])('%s', async (_what, text, reason) => {
    const member = await held.member();
    member.sendText(text);
    expect((await member.hear('refused')).error).toMatch(reason);
  });

  it('whatever only members may say, when the projector says it', async () => {
    const projector = await held.projector();
    projector.say({ say: 'transport', transport: 'push' });
    expect((await projector.hear('refused')).error).toContain('only members may send this message');
  });
});

it('closes on more than may be said at once, which the reason names', async () => {
  const member = await held.member();
  member.sendText(JSON.stringify({ say: 'vote', question: 'x'.repeat(limits.saidBytes), choice: 1 }));
  const { code, reason } = await member.closed();
  expect(code).toBe(1009);
  expect(reason).toContain(`${limits.saidBytes}`);
});

it('refuses what a member says beyond its limit, names it, and closes when that goes on', async () => {
  const member = await held.member('Mallory');
  const closed = await whileTimeStands(() => {
    for (let id = 100; id < 400; id += 1) member.say({ say: 'clock', id });
    return member.closed();
  });
  const reason = `expected at most ${limits.saidPerSecond} per second`;
  expect((await member.hear('refused')).error).toContain(reason);
  expect(closed).toEqual({ code: 4008, reason: expect.stringContaining(reason) });
});

/** Meanwhile nobody's allowance grows, however long a busy machine takes. */
async function whileTimeStands<Value>(act: () => Promise<Value>): Promise<Value> {
  const clock = vi.spyOn(process, 'hrtime').mockReturnValue(process.hrtime());
  try {
    return await act();
  } finally {
    clock.mockRestore();
  }
}

describe('of two pages of one owner', () => {
  const takenOver = { code: closeCodes.takenOver, reason: 'Another page has taken over.' };

  it.each(['the projector', 'a member'])('the one that comes later takes over, of %s', async (whose) => {
    const token = whose === 'a member' ? (await held.join(held.code, 'Ada')).token : held.token;
    const first = await held.page(token as string, 'one');
    const second = await held.page(token as string, 'two');
    expect(await first.closed()).toEqual(takenOver);
    await second.answered();
  });

  it.each(['the projector', 'a member'])(
    'the earlier one does not take over again when it wakes up, of %s',
    async (whose) => {
      const token = (whose === 'a member' ? (await held.join(held.code, 'Ada')).token : held.token) as string;
      // What it was told when the other one came never reached it: it comes back by itself.
      const asleep = await held.page(token, 'early');
      await asleep.close();
      const live = await held.page(token, 'late');
      const refused = await HeadlessPage.open(held.origin, token, 'early').catch((error) => error);
      expect(refused.message).toBe(`${takenOver.code} ${takenOver.reason}`);
      await live.answered();
      // The live one may lose its connection and come back.
      await live.close();
      await (await held.page(token, 'late')).answered();
    },
  );

  it('the server speaks to the later one while the earlier one does not close', async () => {
    const asleep = await sleeping(held, 'asleep');
    await held.projector('awake');
    expect(held.classroom.front.sessions.projector?.name).toBe('awake');
    asleep.terminate();
  });

  it('the projector’s lanes are for the live one', async () => {
    const early = await held.projector('early lanes');
    const live = await held.projector('live lanes');
    await early.closed();
    await HeadlessPage.open(held.origin, held.token, 'early lanes').catch(() => {});
    const { urls } = await live.hear('welcome');
    const statusFor = async (page: string) =>
      (await fetch(`${urls['short-poll']}/messages?token=${laneToken(held.token, page)}`)).status;
    expect([await statusFor('early lanes'), await statusFor('live lanes')]).toEqual([403, 200]);
  });
});

it('refuses what members publish: the class hears one source', async () => {
  const { token = '' } = await held.join(held.code, 'Ada');
  const { urls } = await (await held.page(token)).hear('welcome');
  await held.control({ action: 'pause' });
  const { head } = held.classroom;
  const answer = await fetch(`${urls['short-poll']}/messages?token=${token}`, {
    method: 'POST',
    body: JSON.stringify({ body: 'hello' }),
  });
  expect(answer.status).toBe(403);
  expect((await answer.json()).error).toContain('members may not publish');
  expect(held.classroom.head).toBe(head);
  await held.control({ action: 'resume' });
});

it('takes word of no latencies at all, and goes on', async () => {
  const member = await held.member('Mallory');
  member.say({ say: 'transport', transport: 'sse' });
  member.say({ say: 'latencies', uncertaintyMs: 1, latenciesMs: [] });
  await member.answered();
  const projector = await held.projector('still told');
  const { delays } = await projector.hear('class', (told) =>
    told.delays.some(({ transport }) => transport === 'sse'),
  );
  expect(delays.find(({ transport }) => transport === 'sse')).toMatchObject({ members: 1, dots: [] });
});

it('bounds the work that one thing said can cause, whatever it says', async () => {
  const member = await held.phone('Mallory');
  member.take('push');
  await member.until(({ lane }) => lane !== undefined);
  const most = {
    say: 'latencies',
    uncertaintyMs: 0,
    latenciesMs: Array(limits.latenciesAtOnce).fill(5),
  } as const;
  for (let round = 0; round < 20; round += 1) member.session.say(most);
  const projector = await held.projector('counting');
  const { delays } = await projector.sees('class', (told) =>
    told.delays.some(
      ({ transport, messages }) => transport === 'push' && messages >= 20 * limits.latenciesAtOnce,
    ),
  );
  expect(delays.find(({ transport }) => transport === 'push')?.dots.length).toBeLessThanOrEqual(40);
  // Latencies under other settings are no latencies under these.
  await held.control({ action: 'pause' });
  await held.control({ action: 'set', settings: { payloadBytes: 99 } });
  await projector.sees('class', (told) =>
    told.delays.every(({ messages }) => messages < 20 * limits.latenciesAtOnce),
  );
  await held.control({ action: 'resume' });
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
  expect(refused).toContain('too many connections: expected at most 12 at once per member');
  for (const socket of connections) socket.terminate();
  const answers = await whileTimeStands(() =>
    Promise.all(Array.from({ length: 400 }, () => ask(urls['short-poll']))),
  );
  expect(answers.find(({ error }) => /too many requests/.test(error))).toMatchObject({
    status: 429,
    error: 'too many requests: expected at most 50 per second',
  });
});

it('closes a class for a page that comes while it waits for one that sleeps', async () => {
  const ending = await HeldClass.open();
  const asleep = await sleeping(ending, 'asleep');
  const closed = ending.classroom.close();
  const { token } = ending.classroom.front.access.members.join(ending.code, 'Late', '127.0.0.1', undefined);
  const late = await HeadlessPage.open(ending.origin, token).catch((error) => error);
  // Or it came too late for anybody to answer.
  expect(late.message).toMatch(/^(4000 The class has ended\.|1006 )$/);
  await closed;
  asleep.terminate();
});

it('a page that answers no heartbeat is gone, and one that does stays', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const beating = await HeldClass.open();
    const awake = await beating.member();
    const { token = '' } = await beating.join(beating.code, 'Bob');
    const asleep = await sleeping({ origin: beating.origin, token }, 'asleep');
    await stateOf(awake, ({ members: { count } }) => count === 2);
    for (let beat = 0; beat < 3; beat += 1) {
      vi.advanceTimersByTime(5000);
      // Its answer to the ping is sent before the second of these requests.
      await awake.answered();
      await awake.answered();
    }
    await stateOf(awake, ({ members: { count } }) => count === 1);
    asleep.terminate();
    await beating.close();
  } finally {
    vi.useRealTimers();
  }
});

/** A page whose computer sleeps: nothing that it is sent is read, and nothing is answered. */
async function sleeping(
  { origin, token }: Pick<HeldClass, 'origin' | 'token'>,
  name: string,
): Promise<WebSocket> {
  const page = new WebSocket(`${origin.replace('http', 'ws')}/session?token=${token}&page=${name}`);
  await once(page, 'message');
  page.pause();
  return page;
}
