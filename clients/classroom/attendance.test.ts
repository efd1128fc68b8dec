import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Attendance } from './attendance.ts';
import type { LaneThreadOptions } from './lane-thread.ts';
import type { SessionState, Told } from './protocol.ts';
import { defaultSettings } from './protocol.ts';
import { limits } from './settings.ts';

/** A member's page on connections of which the test is the other end. */
class FakeSocket {
  readyState = 0;
  readonly sent: unknown[] = [];
  onopen: () => void = () => {};
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number; reason: string }) => void = () => {};

  open(): void {
    this.readyState = 1;
    this.onopen();
  }

  tell(told: Told): void {
    this.onmessage({ data: JSON.stringify(told) });
  }

  /** Whatever was sent, apart from requests for the time. */
  get said(): unknown[] {
    return this.sent.filter((one) => (one as { say: string }).say !== 'clock');
  }

  end(code: number): void {
    this.readyState = 3;
    this.onclose({ code, reason: '' });
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }
}

let sockets: FakeSocket[];
let lanes: LaneThreadOptions[];
let attendance: Attendance;
/** Orders to a lane to connect again. */
let reconnects: number;
const none = { push: 0, sse: 0, 'long-poll': 0, 'short-poll': 0 };
const urls = { push: 'ws://x', sse: 'http://x', 'long-poll': 'http://x', 'short-poll': 'http://x' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  sockets = [];
  lanes = [];
  reconnects = 0;
  attendance = new Attendance({
    origin: 'http://x',
    token: 'token',
    openSocket() {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    startLane(options) {
      lanes.push(options);
      return {
        change() {},
        leave() {},
        comeBack() {},
        reconnect() {
          reconnects += 1;
        },
        stop: async () => {},
      };
    },
    onChange() {},
  });
});

afterEach(async () => {
  await attendance.leave();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** How things stand with this round of a vote. */
const stateIn = (round: number, open = true): SessionState => ({
  settings: defaultSettings,
  paused: false,
  scene: null,
  members: { count: 1, limit: limits.members, byTransport: none },
  vote: { question: 'age-of-a-poll', round, open, votes: 0, people: 1 },
});

/** Connects, and is told how things stand. Returns the server's end. */
function connected(state: SessionState): FakeSocket {
  const socket = sockets.at(-1) as FakeSocket;
  socket.open();
  socket.tell({ tell: 'welcome', role: 'member', name: 'Ada', urls });
  socket.tell({ tell: 'state', state });
  return socket;
}

/** Loses the connection, and waits until another is tried. */
function lose(socket: FakeSocket): void {
  const before = sockets.length;
  socket.end(1006);
  while (sockets.length === before) vi.advanceTimersToNextTimer();
}

const vote = { say: 'vote', question: 'age-of-a-poll', choice: 2 };

it('sends a vote again that did not arrive, as long as that vote is open', () => {
  const first = connected(stateIn(1));
  attendance.vote('age-of-a-poll', 2);
  lose(first);
  expect(connected(stateIn(1)).said).toEqual([vote]);
  lose(sockets.at(-1) as FakeSocket);
  expect(connected(stateIn(1, false)).said).toEqual([]);
  expect(attendance.myVote?.isCounted).toBe(false);
});

it('does not answer a question that is put again with what it voted the first time', () => {
  const first = connected(stateIn(1));
  attendance.vote('age-of-a-poll', 2);
  lose(first);
  expect(connected(stateIn(2)).said).toEqual([]);
  expect(attendance.myVote).toBeUndefined();
});

it('sends a transport again that was chosen while there was no connection, until the server has it', () => {
  const first = connected(stateIn(1));
  first.end(1006);
  attendance.take('sse');
  vi.advanceTimersByTime(10_000);
  const second = connected(stateIn(1));
  expect(second.said).toEqual([{ say: 'transport', transport: 'sse' }]);
  second.tell({ tell: 'transport', transport: 'sse' });
  lose(second);
  expect(connected(stateIn(1)).said).toEqual([]);
});

it('starts no client after it has left', async () => {
  const socket = connected(stateIn(1));
  socket.tell({ tell: 'transport', transport: 'sse' });
  await attendance.leave();
  await vi.runAllTimersAsync();
  expect(lanes).toEqual([]);
});

it('tries less and less often where the server opens connections only to close them', () => {
  const endMs = performance.now() + 60_000;
  while (performance.now() < endMs) {
    const socket = sockets.at(-1) as FakeSocket;
    if (socket.readyState === 0) {
      socket.open();
      socket.end(1013);
    }
    vi.advanceTimersToNextTimer();
  }
  expect(sockets.length).toBeGreaterThan(5);
  expect(sockets.length).toBeLessThan(50);
});

/** Becomes a client by SSE, once it knows the server's clock. */
async function receiving(socket: FakeSocket): Promise<LaneThreadOptions> {
  socket.tell({ tell: 'clock', id: 1, nowMs: 0, head: 0 });
  socket.tell({ tell: 'transport', transport: 'sse' });
  await vi.advanceTimersByTimeAsync(100);
  return lanes.at(-1) as LaneThreadOptions;
}

it('gives up a connection on which the server has fallen silent, and that of its client with it', async () => {
  await receiving(connected(stateIn(1)));
  expect({ sockets: sockets.length, reconnects }).toEqual({ sockets: 1, reconnects: 0 });
  const endMs = performance.now() + 30_000;
  while (sockets.length === 1 && performance.now() < endMs) vi.advanceTimersToNextTimer();
  expect(sockets[0]?.readyState).toBe(3);
  expect(reconnects).toBe(1);
});

it('keeps the latest latencies while there is no connection, and no more than a thousand', async () => {
  const first = connected(stateIn(1));
  const { onSights } = await receiving(first);
  lose(first);
  for (let seq = 1; seq <= 1500; seq += 1)
    onSights([
      { kind: 'arrived', seq, dueMs: 0, atMs: 1 },
      { kind: 'handled', seq, atMs: 1 },
    ]);
  const second = connected(stateIn(1));
  for (let id = 1; id <= 20; id += 1) {
    vi.advanceTimersByTime(500);
    second.tell({ tell: 'clock', id, nowMs: 0, head: 0 });
  }
  const sent = second.said.flatMap((one) => (one as { latenciesMs?: number[] }).latenciesMs ?? []);
  expect(sent).toHaveLength(1000);
});
