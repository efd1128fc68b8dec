import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { laneNames } from '../../clients/classroom/protocol.ts';
import type { HeadlessMember } from './simulated/headless.ts';
import { HeldClass, shownFigures } from './simulated/held-class.ts';

/**
 * Relays in front of every port of a class. All connections that are open can be made to fall silent in both
 * directions without an end, as those of a phone do that changes its network; new ones work.
 */
class Relays {
  readonly #servers = new Map<number, Server>();
  readonly #pairs = new Set<{ isSilent: boolean; sockets: Socket[] }>();

  /** The same address behind a relay. */
  async to(url: string): Promise<string> {
    const address = new URL(url);
    const port = Number(address.port);
    const server = this.#servers.get(port) ?? createServer((socket) => this.#relay(socket, port));
    if (!this.#servers.has(port)) {
      this.#servers.set(port, server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    address.port = String((server.address() as AddressInfo).port);
    return address.href.replace(/\/$/, '');
  }

  get open(): number {
    return this.#pairs.size;
  }

  silenceAll(): void {
    for (const pair of this.#pairs) pair.isSilent = true;
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
    for (const { sockets } of this.#pairs) for (const socket of sockets) socket.destroy();
  }

  #relay(near: Socket, port: number): void {
    const far = connect(port, '127.0.0.1');
    const pair = { isSilent: false, sockets: [near, far] };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => pair.isSilent || to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => {
        if (pair.isSilent) return;
        this.#pairs.delete(pair);
        to.destroy();
      });
    }
  }
}

const members = 30;

let held: HeldClass;
let relays: Relays;

beforeEach(async () => {
  held = await HeldClass.open();
  relays = new Relays();
});

afterEach(async () => {
  await held.close();
  relays.close();
});

/** A class whose members all reach it through relays, each with a transport. */
async function classBehindRelays(): Promise<HeadlessMember[]> {
  const behind = new Map<string, string>();
  const { port } = held.classroom.front;
  const own = await held.phone('beside');
  const ports = [port, ...Object.values(own.urls ?? {}).map((url) => Number(new URL(url).port))];
  for (const each of ports)
    behind.set(String(each), new URL(await relays.to(`http://127.0.0.1:${each}`)).port);
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
  const class30 = await classBehindRelays();
  await held.control({ action: 'ask', question: 'age-of-a-poll' });
  await Promise.all(class30.map((member) => member.until(({ state }) => state?.vote?.open === true)));
  const wereOpen = relays.open;
  relays.silenceAll();
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
  const [member] = await classBehindRelays();
  await held.control({ action: 'ask', question: 'age-of-a-poll' });
  await member?.until(({ state }) => state?.vote?.open === true);
  relays.silenceAll();
  member?.vote('age-of-a-poll', 1);
  await held.control({ action: 'close-vote' }, shownFigures());
  await member?.until(({ state }) => state?.vote?.open === false);
  expect(member?.myVote).toMatchObject({ question: 'age-of-a-poll', choice: 1, isCounted: false });
  expect(member?.state?.vote).toMatchObject({ votes: 0, counts: [0, 0, 0, 0] });
}, 60_000);
