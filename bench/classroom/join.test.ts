import { afterEach, beforeEach, expect, it } from 'vitest';
import { laneNames, limits } from '../../clients/classroom/protocol.ts';
import { HeldClass, stateOf } from './held-class.ts';

let held: HeldClass;

beforeEach(async () => {
  held = await HeldClass.open();
});

afterEach(() => held.close());

it('takes the code in small letters and with blanks around it, and nothing else', async () => {
  expect(await held.join(` ${held.code.toLowerCase()} `, 'Ada')).toMatchObject({ status: 200 });
  expect(await held.join('WRONG', 'Ada')).toEqual({
    status: 403,
    error: 'code is "WRONG": that is not the code on the screen',
  });
});

it('limits wrong codes, and after that says of none whether it was right', async () => {
  const wrong = [];
  for (let tries = 0; tries < 10; tries += 1) wrong.push((await held.join('WRONG', 'Mallory')).status);
  expect(new Set(wrong)).toEqual(new Set([403]));
  expect(await held.join(held.code, 'Mallory')).toMatchObject({
    status: 429,
    error: expect.stringMatching(
      /too many wrong codes from .*127\.0\.0\.1: after 10 it takes one try in 10 s/,
    ),
  });
});

it.each([
  ['no name', '', /name is "": .*>=1/],
  ['blanks', '   ', /name is/],
  ['a long name', 'x'.repeat(41), /name is "x+": .*<=40/],
  ['a number', 7, /name is 7: /],
])('refuses %s', async (_what, name, reason) => {
  const { status, error } = await held.join(held.code, name);
  expect(status).toBe(400);
  expect(error).toMatch(reason);
});

it('refuses a page of another origin that has the code', async () => {
  const answer = await held.join(held.code, 'Ada', { origin: 'http://elsewhere.example' });
  expect(answer).toMatchObject({ status: 403, error: expect.stringContaining('origin is') });
});

it('gives back a hostile name as the text that it is', async () => {
  const name = `<img src=x onerror="alert(1)">`;
  expect((await (await held.member(name)).hear('welcome')).name).toBe(name);
});

it('takes as many members as the limit says, and names it to the next one', async () => {
  const joins = Array.from({ length: limits.members }, (_, index) => held.join(held.code, `${index}`));
  expect(new Set((await Promise.all(joins)).map(({ status }) => status))).toEqual(new Set([200]));
  expect(await held.join(held.code, 'one too many')).toEqual({
    status: 403,
    error: `the class is full: it takes at most ${limits.members} members`,
  });
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
  expect(await ended).toEqual({ code: 4001, reason: 'another page has taken over' });
  // The one that went was not the one that is there.
  await held.control({ action: 'set', settings: { ratePerSecond: 1 } });
  const state = await stateOf(projector, ({ settings }) => settings.ratePerSecond === 1);
  expect(state.members.count).toBe(1);
});
