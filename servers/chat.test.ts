import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { hasBrowserFor, launchBrowser } from '../clients/shared/browser.ts';
import { type ChatOptions, chatServer } from './chat.ts';
import { naiveChatServer } from './chat-naive.ts';
import { type ChatRoom, linesToType, openToBrowsers } from './chat-room.ts';

/** Both chat rooms, over real sockets: what they have in common, and what tells them apart. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Some containers have no IPv6. */
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

async function open(room: ChatRoom): Promise<ChatRoom> {
  await room.listen();
  cleanups.push(() => room.close());
  return room;
}

type Member = { socket: WebSocket; name: string; heard: string[] };

/** Joins, and has heard its own announcement when it resolves. */
async function join(room: ChatRoom, host = '127.0.0.1'): Promise<Member> {
  const socket = new WebSocket(`ws://${host}:${room.port}`);
  const member: Member = { socket, name: '', heard: [] };
  socket.on('message', (data) => member.heard.push(String(data)));
  socket.on('error', () => {});
  await once(socket, 'message');
  member.name = /^(User\d+) just connected\.$/.exec(member.heard[0] as string)?.[1] as string;
  return member;
}

async function leave({ socket }: Member): Promise<void> {
  socket.close();
  await once(socket, 'close');
}

async function closeOf({ socket }: Member): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason) };
}

const hears = (member: Member, said: string) => vi.waitFor(() => expect(member.heard).toContain(said));

describe.each([
  ['chat', (options?: ChatOptions) => chatServer(options)],
  ['naive chat', () => naiveChatServer()],
])('%s', (_name, make) => {
  it('announces who connects to everybody, the newcomer included', async () => {
    const room = await open(make());
    const first = await join(room);
    const second = await join(room);
    await hears(first, `${second.name} just connected.`);
    expect(first.heard).toEqual([`${first.name} just connected.`, `${second.name} just connected.`]);
    expect(second.heard).toEqual([`${second.name} just connected.`]);
  });

  it('relays what is said to everybody, as it was said', async () => {
    const room = await open(make());
    const first = await join(room);
    const second = await join(room);
    for (const said of ['hi', '', '<b>é</b> "quoted"\n\u2028 line']) {
      first.socket.send(said);
      await hears(second, `${first.name} says: ${said}`);
      await hears(first, `${first.name} says: ${said}`);
    }
  });

  it('lets sixty members hear every message exactly once, in the order of its speaker', async () => {
    const room = await open(make());
    const members: Member[] = [];
    for (let index = 0; index < 60; index += 1) members.push(await join(room));
    const announcements = (60 * 61) / 2;
    expect(room.tally).toMatchObject({ announced: announcements, relayed: 0 });
    const allHeard = () => members.reduce((sum, { heard }) => sum + heard.length, 0);
    await vi.waitFor(() => expect(allHeard()).toBe(announcements));
    for (const { heard } of members) heard.length = 0;

    for (const { socket } of members) for (const said of ['one', 'two', 'three']) socket.send(said);
    await vi.waitFor(() => expect(allHeard()).toBe(60 * 60 * 3));
    for (const { heard } of members)
      for (const { name } of members)
        expect(heard.filter((one) => one.startsWith(`${name} `))).toEqual([
          `${name} says: one`,
          `${name} says: two`,
          `${name} says: three`,
        ]);
    expect(room.tally).toMatchObject({ relayed: 60 * 60 * 3, evicted: 0, refused: 0 });
  });

  it('harms nobody when a frame is invalid or a connection breaks', async () => {
    const room = await open(make());
    const [steady, broken, rude] = [await join(room), await join(room), await join(room)];
    broken.socket.terminate();
    // A frame with a reserved bit set, past the library that would not send it.
    (rude.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
      Buffer.of(0xf1, 0x80, 0, 0, 0, 0),
    );
    expect(await closeOf(rude)).toMatchObject({ code: 1002 });
    steady.socket.send('still here');
    await hears(steady, `${steady.name} says: still here`);
  });

  it('answers a request that is no WebSocket with what to type', async () => {
    const room = await open(make());
    const answer = await fetch(`http://127.0.0.1:${room.port}`);
    expect(await answer.text()).toContain(`let ws = new WebSocket("ws://127.0.0.1:${room.port}");`);
  });
});

/** A thousand come and go, ten at a time; one stays. */
async function comeAndGo(room: ChatRoom): Promise<void> {
  for (let come = 0; come < 1000; come += 10)
    await Promise.all(Array.from({ length: 10 }, async () => leave(await join(room))));
  await vi.waitFor(() => expect(room.connections).toBe(0));
}

it('sends away who is one too many, with a reason', async () => {
  const room = await open(chatServer({ limits: { connections: 1 } }));
  const member = await join(room);
  const late = new WebSocket(`ws://127.0.0.1:${room.port}`);
  const [code, reason] = await once(late, 'close');
  expect([code, String(reason)]).toEqual([1013, 'too many connections: expected at most 1 at once']);
  expect((await fetch(`http://127.0.0.1:${room.port}`)).status).toBe(503);
  expect(room.tally).toMatchObject({ announced: 1, refused: 2 });
  expect(member.heard).toHaveLength(1);
});

describe('chat forgets and defends, naive chat does not', () => {
  it('forgets a member that has left', async () => {
    const room = await open(chatServer());
    const [stays, leaves] = [await join(room), await join(room)];
    expect(room.remembered).toBe(2);
    await leave(leaves);
    await vi.waitFor(() => expect(room.remembered).toBe(1));
    stays.socket.send('who is there?');
    await hears(stays, `${stays.name} says: who is there?`);
    expect(room.tally.relayed).toBe(1);
  });

  it('naive: goes on telling a member that has left', async () => {
    const room = await open(naiveChatServer());
    const [stays, leaves] = [await join(room), await join(room)];
    await leave(leaves);
    stays.socket.send('who is there?');
    await hears(stays, `${stays.name} says: who is there?`);
    expect(room).toMatchObject({ remembered: 2, connections: 1 });
    expect(room.tally.relayed).toBe(2);
  });

  it('is empty after a thousand have come and gone', async () => {
    const room = await open(chatServer());
    await comeAndGo(room);
    expect(room.remembered).toBe(0);
    expect(room.tally.announced).toBeLessThan(1000 * 20);
  });

  it('naive: remembers a thousand dead connections, and has announced each to all before it', async () => {
    const room = await open(naiveChatServer());
    await comeAndGo(room);
    expect(room.remembered).toBe(1000);
    expect(room.tally.announced).toBe((1000 * 1001) / 2);
  });

  it.each([
    ['a binary message', Buffer.from('hi'), 1003, 'invalid binary message: expected a text message'],
    [
      'a message over the limit',
      'x'.repeat(1001),
      1009,
      'the message is too large: expected at most 1000 bytes',
    ],
    [
      'a message over the limit in bytes',
      'é'.repeat(501),
      1009,
      'the message is too large: expected at most 1000 bytes',
    ],
    ['a message far over the limit', 'x'.repeat(100_000), 1009, ''],
  ])('closes on %s, says why, and the others go on', async (_name, message, code, reason) => {
    const room = await open(chatServer({ textLimitBytes: 1000 }));
    const [steady, rude] = [await join(room), await join(room)];
    rude.socket.send(message, { binary: Buffer.isBuffer(message) });
    rude.socket.send('and another thing');
    expect(await closeOf(rude)).toEqual({ code, reason });
    expect(room.remembered).toBe(1);
    steady.socket.send('x'.repeat(1000));
    await hears(steady, `${steady.name} says: ${'x'.repeat(1000)}`);
    expect(steady.heard.filter((one) => one.startsWith(rude.name))).toEqual([`${rude.name} just connected.`]);
    expect(room.tally.refused).toBe(1);
  });

  it('takes 64 KiB in a message, and not a byte more', async () => {
    const room = await open(chatServer());
    const member = await join(room);
    member.socket.send('x'.repeat(65_536));
    await hears(member, `${member.name} says: ${'x'.repeat(65_536)}`);
    member.socket.send('x'.repeat(65_537));
    expect(await closeOf(member)).toEqual({
      code: 1009,
      reason: 'the message is too large: expected at most 65536 bytes',
    });
  });

  /** Talks until `enough`: what waits for a paused member first fills the kernel's buffers, then ours. */
  async function talkUntil(speaker: Member, enough: () => boolean): Promise<number> {
    let said = 0;
    for (; !enough(); said += 1) {
      expect(said).toBeLessThan(1000);
      speaker.socket.send(`${said} `.padEnd(60_000, 'x'));
      await once(speaker.socket, 'message');
    }
    return said;
  }

  it('closes a member that does not read with 4008, while the others go on', async () => {
    const room = await open(chatServer());
    const [speaker, listener, slow] = [await join(room), await join(room), await join(room)];
    await hears(speaker, `${slow.name} just connected.`);
    slow.socket.pause();
    const said = await talkUntil(speaker, () => room.tally.evicted > 0);
    expect(room.remembered).toBe(2);
    slow.socket.resume();
    expect(await closeOf(slow)).toEqual({
      code: 4008,
      reason: 'slow consumer: expected at most 1048576 bytes in the send queue',
    });
    await vi.waitFor(() => expect(listener.heard.filter((one) => one.includes('says'))).toHaveLength(said));
    expect(room.tally.evicted).toBe(1);
  });

  it('destroys the connection of a member that does not even read the reason', async () => {
    const room = await open(chatServer({ queueLimitBytes: 100_000 }));
    const [speaker, slow] = [await join(room), await join(room)];
    await hears(speaker, `${slow.name} just connected.`);
    slow.socket.pause();
    await talkUntil(speaker, () => room.tally.evicted > 0);
    expect(room.connections).toBe(2);
    await vi.waitFor(() => expect(room.connections).toBe(1));
  });

  it('naive: lets what waits for a slow member grow', async () => {
    const room = await open(naiveChatServer());
    const [speaker, slow] = [await join(room), await join(room)];
    await hears(speaker, `${slow.name} just connected.`);
    slow.socket.pause();
    await talkUntil(speaker, () => room.longestBacklogBytes > 4 * 1024 * 1024);
    expect(room).toMatchObject({ remembered: 2, connections: 2 });
    expect(room.tally.evicted).toBe(0);
  });
});

describe.skipIf(!hasIpv6)('localhost, which is ::1 to a browser', () => {
  it('is the same room', async () => {
    const room = chatServer({ limits: { connections: 2 } });
    cleanups.push(() => room.close());
    expect(await openToBrowsers(room, 0)).toEqual({ host: `localhost:${room.port}` });
    const [here, there] = [await join(room), await join(room, '[::1]')];
    await hears(here, `${there.name} just connected.`);
    expect(room.connections).toBe(2);
    const late = new WebSocket(`ws://[::1]:${room.port}`);
    expect((await once(late, 'close'))[0]).toBe(1013);
  });

  it('is not told of where it is another program', async () => {
    const other = createServer().listen(0, '::1');
    cleanups.push(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const room = chatServer();
    cleanups.push(() => room.close());
    expect(await openToBrowsers(room, port)).toEqual({
      host: `127.0.0.1:${port}`,
      why: expect.stringContaining(`Another program uses port ${port} at ::1`),
    });
    await join(room);
  });
});

describe('npm run chat', () => {
  const start = (...args: string[]): ChildProcess => {
    const main = fileURLToPath(new URL('./chat-main.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args]);
    cleanups.push(() => child.kill('SIGKILL'));
    return child;
  };
  const outcome = async (child: ChildProcess) => {
    const [said, [exitCode]] = await Promise.all([text(child.stderr as never), once(child, 'close')]);
    return { exitCode, lines: said.trim().split('\n') };
  };

  it('says what to type, serves it, and ends on Ctrl-C', async () => {
    const child = start('--port', '0');
    const [printed] = await once(child.stdout as never, 'data');
    const port = Number(/new WebSocket\("ws:\/\/localhost:(\d+)"\);/.exec(String(printed))?.[1]);
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(socket, 'message');
    child.kill('SIGINT');
    expect(await outcome(child)).toEqual({ exitCode: 0, lines: [''] });
  });

  it('says in one line that the port is taken', async () => {
    const { port } = await open(chatServer());
    const { exitCode, lines } = await outcome(start('--port', `${port}`));
    expect(lines).toEqual([`port ${port} is in use (EADDRINUSE): choose another with --port`]);
    expect(exitCode).toBe(3);
  });

  it.each([
    [['--port', 'x'], ['Invalid --port "x": expected 1 to 65535, or 0 for any free port. Try --port 8080.']],
    [
      ['--port', '65536'],
      ['Invalid --port "65536": expected 1 to 65535, or 0 for any free port. Try --port 8080.'],
    ],
    [
      ['--prot', '1'],
      ["error: unknown option '--prot'", '(Did you mean --port?)'],
    ],
  ])('refuses %j and says what it takes', async (args, lines) => {
    expect(await outcome(start(...args))).toEqual({ exitCode: 2, lines });
  });
});

const hasBrowser = hasBrowserFor('the chat room in a browser');

describe.skipIf(!hasBrowser)("the lecture's client in Chromium's console", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(() => browser.close());

  /** A room, its page's console, and what that printed. */
  async function openConsole(opener = browser, pageOf = ({ port }: ChatRoom) => `http://localhost:${port}`) {
    const room = await open(chatServer());
    const page = await opener.newPage();
    cleanups.push(() => page.close());
    await page.goto(pageOf(room));
    const printed: string[] = [];
    page.on('console', (message) => printed.push(message.text()));
    const lines = linesToType(`localhost:${room.port}`).split('\n') as [string, string, string];
    return { room, lines, printed, session: await page.context().newCDPSession(page) };
  }

  /** Evaluates as the console does: what one line declares, the next one knows. Returns the error, if there is one. */
  async function enter(session: CDPSession, line: string): Promise<string | undefined> {
    const { exceptionDetails } = await session.send('Runtime.evaluate', { expression: line, replMode: true });
    return exceptionDetails?.exception?.description;
  }

  it('connects and talks when it is entered line by line', async () => {
    const { room, lines, printed, session } = await openConsole();
    const listener = await join(room);
    const [connect, listen, speak] = lines;
    expect(await enter(session, connect)).toBeUndefined();
    expect(await enter(session, listen)).toBeUndefined();
    await vi.waitFor(() => expect(listener.heard).toHaveLength(2));
    const name = /^(User\d+) just connected\.$/.exec(listener.heard[1] as string)?.[1];
    await enter(session, 'await new Promise((open) => ws.readyState === 1 ? open() : (ws.onopen = open))');
    expect(await enter(session, speak)).toBeUndefined();
    await hears(listener, `${name} says: Hello! I'm client`);
    await vi.waitFor(() => expect(printed).toContain(`Received: ${name} says: Hello! I'm client`));
    listener.socket.send('welcome');
    await vi.waitFor(() => expect(printed).toContain(`Received: ${listener.name} says: welcome`));
  });

  it('throws while it connects when it is pasted whole, and works once the connection is open', async () => {
    const { room, lines, printed, session } = await openConsole();
    expect(await enter(session, lines.join('\n'))).toMatch(
      /^InvalidStateError: Failed to execute 'send' on 'WebSocket': Still in CONNECTING state/,
    );
    await vi.waitFor(() => expect(room.remembered).toBe(1));
    await vi.waitFor(() => expect(printed.join()).toMatch(/Received: User\d+ just connected\./));
    expect(await enter(session, lines[2])).toBeUndefined();
    await vi.waitFor(() => expect(printed.join()).toMatch(/Received: User\d+ says: Hello! I'm client/));
  });

  it('is refused on an empty page: any page could do that', async () => {
    // Newer browsers refuse it themselves.
    const trusting = await launchBrowser(['LocalNetworkAccessChecks']);
    cleanups.push(() => trusting.close());
    const { room, lines, session } = await openConsole(trusting, () => 'about:blank');
    expect(await enter(session, lines[0])).toBeUndefined();
    await vi.waitFor(() => expect(room.tally.refused).toBe(1));
    expect(room.tally.announced).toBe(0);
  });
});
