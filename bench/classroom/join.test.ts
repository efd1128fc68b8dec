import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { laneNames, limits } from '../../clients/classroom/protocol.ts';
import { BadInput } from '../../servers/log/message.ts';
import { Members } from './members.ts';
import { HeldClass, stateOf } from './simulated/held-class.ts';

let held: HeldClass;

beforeEach(async () => {
  held = await HeldClass.open();
});

afterEach(() => held.close());

it('takes the code in small letters and with blanks around it, and nothing else', async () => {
  expect(await held.join(` ${held.code.toLowerCase()} `, 'Ada')).toMatchObject({ status: 200 });
  expect(await held.join('WRONG', 'Ada')).toEqual({
    status: 403,
    error: 'wrong code "WRONG": expected the code on the screen',
  });
});

it('takes the right code after many wrong ones from the same address, as behind one router', async () => {
  for (let tries = 0; tries < 30; tries += 1) expect((await held.join('WRONG', 'Mallory')).status).toBe(403);
  expect(await held.join(held.code, 'Ada')).toMatchObject({ status: 200 });
});

it('bounds wrong codes for the class as a whole, and then says of none whether it was right', async () => {
  let status = 403;
  let tries = 0;
  for (; status === 403 && tries < 1000; tries += 1) ({ status } = await held.join('WRONG', 'Mallory'));
  // 10 for the address and 200 for the class, and a few that have become free meanwhile.
  expect(tries).toBeGreaterThan(210);
  expect(status).toBe(429);
  const { members } = held.classroom.front.access;
  // At the very instant of a refusal the right code is refused as well.
  expect(() => {
    for (let more = 0; more < 1000; more += 1) tryJoin(members, 'WRONG');
    members.join(members.code, 'Ada', '127.0.0.1', undefined);
  }).toThrow('too many wrong codes from 127.0.0.1: wait 10 s');
  // Somebody at another address is not kept out.
  expect(members.join(members.code, 'Grace', '192.0.2.7', undefined).name).toBe('Grace');
});

function tryJoin(members: Members, code: string): void {
  try {
    members.join(code, 'Mallory', '127.0.0.1', undefined);
  } catch (error) {
    expect(error).toBeInstanceOf(BadInput);
  }
}

it.each([
  ['no name', '', /invalid name "": expected .*>=1/],
  ['blanks', '   ', /invalid name " +"/],
  ['a long name', 'x'.repeat(41), /invalid name "x+": expected .*<=40/],
  ['a number', 7, /invalid name 7: expected /],
])('refuses %s', async (_what, name, reason) => {
  const { status, error } = await held.join(held.code, name);
  expect(status).toBe(400);
  expect(error).toMatch(reason);
});

it('refuses a page of another origin that has the code', async () => {
  const answer = await held.join(held.code, 'Ada', { origin: 'http://elsewhere.example' });
  expect(answer).toMatchObject({ status: 403, error: expect.stringContaining('forbidden origin') });
});

it('gives back a hostile name as the text that it is', async () => {
  const name = `<img src=x onerror="alert(1)">`;
  expect((await (await held.member(name)).hear('welcome')).name).toBe(name);
});

it('takes as many members as the limit says, and names it to the next one', () => {
  const { members } = held.classroom.front.access;
  const join = (name: string) => members.join(members.code, name, '127.0.0.1', undefined);
  for (let index = 0; index < limits.members; index += 1)
    Object.assign(join(`${index}`), { pages: 1, wasHere: true });
  expect(() => join('one too many')).toThrow(`the class is full: it has at most ${limits.members} members`);
});

it('gives the place of somebody who joined and never opened a page to the next one', async () => {
  const here = await held.member('here');
  for (let index = 0; index < limits.members + 10; index += 1)
    expect((await held.join(held.code, `${index}`)).status).toBe(200);
  await here.answered();
  await (await held.member('late')).answered();
});

it('counts members while their pages are there, by transport', async () => {
  const projector = await held.projector();
  const [ada, bob] = [await held.member('Ada'), await held.member('Bob')];
  ada.say({ say: 'transport', transport: 'sse' });
  bob.say({ say: 'transport', transport: 'sse' });
  await stateOf(projector, ({ members }) => members.count === 2 && members.byTransport.sse === 2);
  await bob.close();
  await stateOf(projector, ({ members }) => members.count === 1 && members.byTransport.sse === 1);
});

it('assigns to each the transport that the fewest have', async () => {
  const assigned = [];
  for (const name of ['Ada', 'Bob', 'Cy', 'Di']) {
    const member = await held.member(name);
    member.say({ say: 'transport', transport: 'assign' });
    assigned.push((await member.hear('transport')).transport);
  }
  expect(assigned.sort()).toEqual([...laneNames].sort());
});

it('lets a member come back with its token, also while its page is still there', async () => {
  const projector = await held.projector();
  const { token = '' } = await held.join(held.code, 'Ada');
  const first = await held.page(token);
  await stateOf(projector, ({ members }) => members.count === 1);
  const ended = first.closed();
  await held.page(token);
  expect(await ended).toEqual({ code: 4001, reason: 'Another page has taken over.' });
  // The one that went was not the one that is there.
  await held.control({ action: 'set', settings: { ratePerSecond: 1 } });
  const state = await stateOf(projector, ({ settings }) => settings.ratePerSecond === 1);
  expect(state.members.count).toBe(1);
});

it('gives a member that comes back the transport that it had', async () => {
  const { token = '' } = await held.join(held.code, 'Ada');
  const page = await held.page(token, 'first');
  page.say({ say: 'transport', transport: 'sse' });
  await page.hear('transport');
  const loadedAgain = await held.page(token, 'second');
  expect(await loadedAgain.hear('transport')).toMatchObject({ transport: 'sse' });
});

it('takes somebody who joins again with an earlier token for the same member, once its page is gone', async () => {
  const projector = await held.projector();
  const first = await held.join(held.code, 'Ada');
  const page = await held.page(first.token as string);
  await stateOf(projector, ({ members }) => members.count === 1);
  const beside = await held.join(held.code, 'Ada', {}, first.token);
  expect(beside.token).not.toBe(first.token);
  await page.close();
  await stateOf(projector, ({ members }) => members.count === 0);
  expect((await held.join(held.code, 'Ada Lovelace', {}, first.token)).token).toBe(first.token);
  expect((await held.join(held.code, 'Ada', {}, 'unknown')).status).toBe(200);
});

it('keeps the place of a member whose phone sleeps for a minute, and then gives it to the next', () => {
  vi.useFakeTimers({ toFake: ['hrtime'] });
  try {
    const members = new Members('TQHKX');
    const join = () => members.join('TQHKX', 'Ada', '127.0.0.1', undefined);
    // Each has been here, and has closed its page.
    for (let count = 0; count < limits.members; count += 1) join().wasHere = true;
    expect(join).toThrow(`the class is full: it has at most ${limits.members} members`);
    vi.advanceTimersByTime(61_000);
    expect(join().number).toBe(limits.members + 1);
  } finally {
    vi.useRealTimers();
  }
});
