import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { laneToken } from '../../clients/classroom/lane-token.ts';
import { type Control, type LaneName, laneNames } from '../../clients/classroom/protocol.ts';
import { closeCodes } from '../../clients/classroom/settings.ts';
import type { HeadlessPage } from './simulated/headless.ts';
import { ask, HeldClass } from './simulated/held-class.ts';

/** Who may not come in, and does not. A member who may is there all the time, and hears every message. */
let held: HeldClass;
let healthy: HeadlessPage;
let projector: HeadlessPage;
let memberToken: string;

beforeAll(async () => {
  held = await HeldClass.open();
  healthy = await held.member('Grace');
  await healthy.take('push');
  projector = await held.projector();
  memberToken = (await held.join(held.code, 'Mallory')).token as string;
});

afterAll(async () => {
  const { handled, owed } = await held.heardBy(healthy);
  expect(handled).toEqual(owed);
  await held.close();
});

const foreign = 'http://elsewhere.example';

const controls: Control[] = [
  { action: 'begin' },
  { action: 'set', settings: { ratePerSecond: 1 } },
  { action: 'offline', lane: 'push', isOffline: true },
  { action: 'scene', scene: 1 },
  { action: 'pause' },
  { action: 'resume' },
  { action: 'step' },
  { action: 'burst', count: 2 },
  { action: 'reset' },
  { action: 'ask', question: 'age-of-a-poll' },
  { action: 'close-vote' },
  { action: 'dismiss' },
  { action: 'save' },
];

describe.each(controls)('the control $action', (control) => {
  const send = (headers: Record<string, string>) =>
    ask(`${held.origin}/control`, { method: 'POST', headers, body: JSON.stringify(control) });

  it('answers 403 to whoever has not the presenter’s token', async () => {
    const tries = [
      {},
      ...[
        'Bearer',
        'Bearer ',
        'Bearer wrong',
        `Bearer ${memberToken}`,
        held.token,
        `Basic ${held.token}`,
      ].map((authorization) => ({ authorization })),
    ];
    for (const headers of tries) {
      const answer = await send(headers);
      expect({ headers, status: answer.status }).toEqual({ headers, status: 403 });
      expect(JSON.parse(answer.text).error).toContain('wrong presenter token');
    }
  });

  it('answers 403 to a page of another origin, token or not', async () => {
    const answer = await send({ authorization: `Bearer ${held.token}`, origin: foreign });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text).error).toContain(`forbidden origin "${foreign}"`);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('is nothing that a GET could do', async () => {
    const answer = await ask(`${held.origin}/control?action=${control.action}&token=${held.token}`, {
      headers: { authorization: `Bearer ${held.token}` },
    });
    expect(answer.status).toBe(404);
  });
});

it('has changed nothing for all of these', async () => {
  const { state } = await projector.hear('state');
  expect(state).toMatchObject({ paused: false, scene: null, vote: null, settings: { ratePerSecond: 2 } });
});

describe.each([
  [
    'set',
    { action: 'set', settings: { ratePerSecond: 1000 } },
    /invalid settings\.ratePerSecond 1000: expected .*200/,
  ],
  [
    'set',
    { action: 'set', settings: { holdMs: 'long' } },
    /invalid settings\.holdMs "long": expected number/,
  ],
  [
    'set',
    { action: 'set', settings: { speed: 1 } },
    /invalid settings .*: expected no unrecognized key: "speed"/,
  ],
  ['burst', { action: 'burst', count: 100_000 }, /invalid count 100000: expected .*200/],
  ['explode', { action: 'explode' }, /invalid action "explode": expected 'begin' | /],
  ['nothing', null, /invalid message null: expected object/],
])('the presenter’s own %s', (_action, control, reason) => {
  it('is refused with the field, its value and what was expected, when that makes no sense', async () => {
    const answer = await ask(`${held.origin}/control`, {
      method: 'POST',
      headers: { authorization: `Bearer ${held.token}` },
      body: JSON.stringify(control),
    });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error).toMatch(reason);
  });
});

it('refuses what is no JSON, and what is too large, by naming the limit', async () => {
  const headers = { authorization: `Bearer ${held.token}` };
  const post = (body: string) => ask(`${held.origin}/control`, { method: 'POST', headers, body });
  expect(await post('{"action":')).toMatchObject({ status: 400 });
  const tooLarge = await post(JSON.stringify({ action: 'x'.repeat(10_000) }));
  expect(tooLarge).toMatchObject({ status: 413, text: expect.stringContaining('at most 8192 bytes') });
});

describe('a session', () => {
  /** Asks for one, and returns the answer that refused it. */
  async function refused(token: string, headers: Record<string, string> = {}, path = '/session') {
    const socket = new WebSocket(`${held.origin.replace('http', 'ws')}${path}?token=${token}`, { headers });
    const [, response] = await once(socket, 'unexpected-response');
    let text = '';
    for await (const piece of response.setEncoding('utf8')) text += piece;
    return `${response.statusCode} ${text}`;
  }

  it('is refused to pages of another origin', async () => {
    for (const token of [held.token, memberToken])
      expect(await refused(token, { origin: foreign })).toMatch(/^403 .*forbidden origin/);
  });

  it('is closed for good without a token that is known, with a reason that a browser can read', async () => {
    for (const token of ['', 'wrong', `${held.token}x`]) {
      const socket = new WebSocket(`${held.origin.replace('http', 'ws')}/session?token=${token}`);
      let received = 0;
      socket.on('message', () => {
        received += 1;
      });
      const [code, reason] = await once(socket, 'close');
      expect(code).toBe(closeCodes.unknown);
      expect(String(reason)).toContain('The class may have started again');
      expect(received).toBe(0);
    }
  });

  it('is nowhere else', async () => {
    expect(await refused(held.token, {}, '/elsewhere')).toMatch(/^404 /);
  });
});

describe('the servers of the lanes and of the class', () => {
  const urlsOf = async (page: HeadlessPage) => (await page.hear('welcome')).urls;
  const polls: LaneName[] = ['sse', 'long-poll', 'short-poll'];

  it.each(polls)('%s refuses a page of another origin, and whoever has not its token', async (name) => {
    const [lane, own] = [(await urlsOf(projector))[name], (await urlsOf(healthy))[name]];
    const statusOf = async (url: string, token: string, headers = {}) =>
      (await ask(`${url}/messages?token=${token}`, { headers })).status;
    expect(await statusOf(lane, held.token, { origin: foreign })).toBe(403);
    expect(await statusOf(own, memberToken, { origin: foreign })).toBe(403);
    expect(await statusOf(lane, memberToken)).toBe(403);
    expect(await statusOf(own, held.token)).toBe(403);
    expect(await statusOf(own, '')).toBe(403);
  });

  it('push refuses them at the upgrade', async () => {
    const statusOf = async (url: string, token: string, headers = {}) => {
      const socket = new WebSocket(`${url}/messages?token=${token}`, { headers });
      return (await once(socket, 'unexpected-response'))[1].statusCode;
    };
    const [lane, own] = [(await urlsOf(projector)).push, (await urlsOf(healthy)).push];
    expect(await statusOf(lane, held.token, { origin: foreign })).toBe(403);
    expect(await statusOf(own, memberToken, { origin: foreign })).toBe(403);
    expect(await statusOf(lane, memberToken)).toBe(403);
    expect(await statusOf(own, held.token)).toBe(403);
  });

  it('are reached at the name by which the page was loaded', async () => {
    const { port } = held.classroom.front;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/session?token=${held.token}`, {
      origin: `http://localhost:${port}`,
    });
    const [first] = await once(socket, 'message');
    socket.terminate();
    const { urls } = JSON.parse(String(first));
    expect(laneNames.map((name) => new URL(urls[name]).hostname)).toEqual(laneNames.map(() => 'localhost'));
  });
});

it('lets only the projector’s page that took over last use the lanes, so that nobody else is counted there', async () => {
  const { urls } = await projector.hear('welcome');
  const statusFor = async (token: string) =>
    (await ask(`${urls['short-poll']}/messages?token=${token}`, { headers: { connection: 'close' } })).status;
  await held.projector('first');
  expect(await statusFor(laneToken(held.token, 'first'))).toBe(200);
  await held.projector('second');
  expect(await statusFor(laneToken(held.token, 'second'))).toBe(200);
  for (const token of [laneToken(held.token, 'first'), held.token, laneToken('wrong', 'second')])
    expect(await statusFor(token)).toBe(403);
});

describe('the pages', () => {
  it.each(['/', '/join', '/presenter.js', '/member.js', '/lane-worker.js', '/style.css'])(
    '%s comes with a policy',
    async (path) => {
      const { status, headers } = await ask(held.origin + path);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'self'");
      expect(policy).not.toContain('unsafe');
    },
  );

  it('may connect to the lanes and the class, and to nobody else', async () => {
    const { port } = held.classroom.front;
    const connectsAt = async (host: string) => {
      const { headers } = await ask(held.origin, { headers: { host } });
      const [, connects = ''] = /connect-src ([^;]*)/.exec(String(headers['content-security-policy'])) ?? [];
      return connects.trim().split(' ').slice(1);
    };
    const connects = await connectsAt(`127.0.0.1:${port}`);
    const urls = [
      ...Object.values((await projector.hear('welcome')).urls),
      ...Object.values((await healthy.hear('welcome')).urls),
    ];
    for (const url of urls) expect(connects).toContain(url);
    // For browsers to which 'self' means no WebSocket.
    expect(connects).toContain(`ws://127.0.0.1:${port}`);
    const ports = new Set([`${port}`, ...urls.map((url) => new URL(url).port)]);
    for (const source of connects) {
      expect(ports).toContain(new URL(source).port);
      expect(new URL(source).hostname).toBe('127.0.0.1');
    }
    expect(await connectsAt(`localhost:${port}`)).toContain(`ws://localhost:${port}`);
    for (const host of ['elsewhere.example', `elsewhere.example:${port}`, '; script-src *'])
      expect(await connectsAt(host)).toEqual([]);
  });

  it('hold no secret: neither the token nor the code', async () => {
    for (const path of ['/', '/join', '/presenter.js', '/member.js']) {
      const { text } = await ask(held.origin + path);
      expect(text).not.toContain(held.token);
      expect(text).not.toContain(held.code);
    }
  });

  it('know no report that was not saved in this class', async () => {
    for (const id of ['latest', '..%2f..%2fpackage.json', 'x'])
      expect((await ask(`${held.origin}/report/${id}`)).status).toBe(404);
  });
});
