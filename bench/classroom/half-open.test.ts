import { afterEach, beforeEach, expect, it } from 'vitest';
import { laneNames } from '../../clients/classroom/protocol.ts';
import { Relay } from '../harness/relay.ts';
import type { HeadlessMember } from './simulated/headless.ts';
import { HeldClass, shownFigures } from './simulated/held-class.ts';

const members = 30;

let held: HeldClass;
/** In front of every port of a class. Made silent, its connections are as those of a phone that changes its network. */
let relay: Relay;

beforeEach(async () => {
  held = await HeldClass.open();
  relay = new Relay();
});

afterEach(async () => {
  await held.close();
  await relay.close();
});

/** A class whose members all reach it through the relay, each with a transport. */
async function classBehindRelay(): Promise<HeadlessMember[]> {
  const behind = new Map<string, string>();
  const { port } = held.classroom.front;
  const own = await held.phone('beside');
  const ports = [port, ...Object.values(own.urls ?? {}).map((url) => Number(new URL(url).port))];
  for (const each of ports) behind.set(String(each), String(await relay.open(each)));
  await own.leave();
  const throughRelay = (url: string) => url.replace(/:(\d+)/, (_, each) => `:${behind.get(each)}`);
  return Promise.all(
    Array.from({ length: members }, async (_, index) => {
      const member = await held.phone(`member ${index}`, throughRelay);
      member.take(laneNames[index % laneNames.length] as (typeof laneNames)[number]);
      await member.until(({ lane }) => (lane?.totals.handled ?? 0) > 0);
      return member;
    }),
  );
}

it('a class whose connections all fall silent connects again, has lost nothing, and its vote is right', async () => {
  await held.control({ action: 'set', settings: { ratePerSecond: 20, intervalMs: 250 } });
  const class30 = await classBehindRelay();
  await held.control({ action: 'ask', question: 'age-of-a-poll' });
  await Promise.all(class30.map((member) => member.until(({ state }) => state?.vote?.open === true)));
  const wereOpen = relay.connections;
  relay.silence();
  // Everybody votes over a connection that is dead and looks open.
  for (const [index, member] of class30.entries()) member.vote('age-of-a-poll', index % 4);
  expect(class30.every(({ myVote }) => myVote?.isCounted === false)).toBe(true);
  await Promise.all(class30.map((member) => member.until(({ myVote }) => myVote?.isCounted === true)));
  expect(wereOpen).toBeGreaterThan(members);

  await held.control({ action: 'pause' });
  const { head } = held.classroom;
  await Promise.all(class30.map((member) => member.until(({ lane }) => lane?.seq === head)));
  for (const { lane, sights, over } of class30) {
    expect(over).toBeUndefined();
    const from = sights.flatMap((sight) => (sight.kind === 'subscribed' ? sight.seq : []));
    const handled = sights.flatMap((sight) => (sight.kind === 'handled' ? sight.seq : []));
    const [first = 0] = from;
    expect({ name: lane?.name, missed: lane?.totals.missed, handled }).toEqual({
      name: lane?.name,
      missed: 0,
      handled: Array.from({ length: head - first }, (_, index) => first + 1 + index),
    });
  }
  await held.control({ action: 'close-vote' }, shownFigures());
  await Promise.all(
    class30.map((member) =>
      member.until(({ state }) => JSON.stringify(state?.vote?.counts) === JSON.stringify([8, 8, 7, 7])),
    ),
  );
}, 120_000);

it('a vote that cannot arrive any more is not taken for one that counts', async () => {
  const [member] = await classBehindRelay();
  await held.control({ action: 'ask', question: 'age-of-a-poll' });
  await member?.until(({ state }) => state?.vote?.open === true);
  relay.silence();
  member?.vote('age-of-a-poll', 1);
  await held.control({ action: 'close-vote' }, shownFigures());
  await member?.until(({ state }) => state?.vote?.open === false);
  expect(member?.myVote).toMatchObject({ question: 'age-of-a-poll', choice: 1, isCounted: false });
  expect(member?.state?.vote).toMatchObject({ votes: 0, counts: [0, 0, 0, 0] });
}, 60_000);
