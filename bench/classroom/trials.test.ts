import { describe, expect, it } from 'vitest';
import { defaultSettings, type LaneName, type Settings } from '../../clients/classroom/protocol.ts';
import { Allowance } from './allowance.ts';
import { ClientBooks } from './client-books.ts';
import { nothingCounted, ofEveryLane } from './counts.ts';
import type { Member } from './members.ts';
import { type Group, Stretches, type Tallied } from './stretches.ts';
import { type Life, trialsOf } from './trials.ts';

/** Stretches and clients put together by hand, and what becomes of them in a result. */
function memberOf(number: number): Member {
  return {
    number,
    name: 'Ada',
    token: '',
    pages: 1,
    transport: 'push',
    awaySinceMs: 0,
    sockets: new Set(),
    asks: new Allowance(1, 1),
    publishes: new Allowance(1, 1),
  };
}

function tallied(requests: number): Tallied {
  const counts = ofEveryLane(() => ({ ...nothingCounted(), requests, bytesToClients: 10 * requests }));
  return { lanes: counts, class: counts, cpuMs: requests, rssBytes: 1 };
}

/** A stretch of the messages 11 to 20, which took two seconds. */
function stretchOf(settings: Partial<Settings> = {}) {
  const stretches = new Stretches();
  stretches.begin({ ...defaultSettings, ...settings }, 10, 1000, tallied(5));
  const { current } = stretches;
  return {
    account: (group: Group) => stretches.accountOf(11, group),
    told(lives: Life[], more: { dropped?: number[]; away?: Life[] } = {}) {
      stretches.begin(defaultSettings, 20, 3000, tallied(12));
      return {
        stretch: current as typeof current & { toSeq: number },
        lives,
        isThere: (life: Life) => !(more.away ?? []).includes(life),
        dropped: new Set(more.dropped),
        repeat: 1,
      };
    },
  };
}

/** A client that subscribed before the stretch and has handled these of its messages. */
function lifeOf(
  group: Group,
  member: Member | undefined,
  stretch: ReturnType<typeof stretchOf>,
  seqs: number[],
): Life {
  const books = new ClientBooks(10);
  for (const seq of seqs) {
    books.arrived(seq, 0, 20);
    books.handled(seq);
    stretch.account(group)?.handled(5, 1);
  }
  return { group, member, books };
}

const all = Array.from({ length: 10 }, (_, index) => 11 + index);
const missed = (upToSeq: number, count: number) => ({ kind: 'missed', upToSeq, count, atMs: 0 }) as const;

describe('a trial', () => {
  it('is one per lane and one per transport of the class, of what was counted in its stretch', () => {
    const stretch = stretchOf();
    const trials = trialsOf(
      stretch.told([
        lifeOf('lanes/push', undefined, stretch, all),
        lifeOf('class/push', memberOf(1), stretch, all),
        lifeOf('class/push', memberOf(2), stretch, all),
      ]),
    );
    expect(trials.map(({ id }) => id)).toEqual(['classroom/1/lanes/push', 'classroom/1/class/push']);
    expect(trials[0]).toMatchObject({
      status: 'ok',
      messages: { expected: 10, delivered: 10, backlogAtEnd: 0 },
      delayMs: { count: 10 },
      requests: { total: 7, empty: 0 },
      bytes: { toClients: 70, toServer: 0 },
      server: { cpuMs: 7 },
      clients: { count: 1, cpuMs: null },
      durationMs: 2000,
      appended: 10,
      warnings: [],
    });
    expect(trials[1]).toMatchObject({ messages: { expected: 20, delivered: 20 }, clients: { count: 2 } });
  });

  it.each<[LaneName, Partial<Settings>, object, string[]]>([
    ['push', {}, { oneWayMs: 0, policy: 'disconnect' }, ['intervalMs', 'holdMs', 'handlingMs', 'awayMs']],
    ['push', { handlingMs: 300, slowBy: 'block' }, { slowClients: 1, handlingMs: 300, slowBy: 'block' }, []],
    ['sse', { handlingMs: 300, oneWayMs: 9 }, { oneWayMs: 9 }, ['handlingMs', 'policy', 'slowClients']],
    ['long-poll', { holdMs: 700 }, { holdMs: 700 }, ['intervalMs', 'policy']],
    ['short-poll', { intervalMs: 70, offline: ['push'] }, { intervalMs: 70 }, ['awayMs', 'replay']],
    ['short-poll', { offline: ['short-poll'] }, { awayMs: 2000, replay: true }, []],
  ])('of %s under %j names what there is, and nothing else', (name, settings, has, lacks) => {
    const stretch = stretchOf(settings);
    const [trial] = trialsOf(stretch.told([lifeOf(`lanes/${name}`, undefined, stretch, all)]));
    expect(trial?.parameters).toMatchObject({ clients: 1, ratePerSecond: 2, schedule: 'poisson', ...has });
    for (const parameter of lacks) expect(trial?.parameters).not.toHaveProperty(parameter);
  });

  it('of the class has no distance but its own', () => {
    const stretch = stretchOf({ oneWayMs: 150 });
    const [trial] = trialsOf(stretch.told([lifeOf('class/push', memberOf(1), stretch, all)]));
    expect(trial?.parameters).not.toHaveProperty('oneWayMs');
  });

  it('leaves out delays that are below their clock’s uncertainty, and says so', () => {
    const stretch = stretchOf();
    const life = lifeOf('lanes/push', undefined, stretch, all.slice(0, 9));
    life.books.arrived(20, 0, 20);
    life.books.handled(20);
    stretch.account('lanes/push')?.handled(0.4, 2.5);
    const [trial] = trialsOf(stretch.told([life]));
    expect(trial).toMatchObject({ status: 'ok', messages: { delivered: 10 }, delayMs: { count: 9 } });
    expect(trial?.warnings).toEqual([
      { code: 'clock-uncertain', text: expect.stringMatching(/^1 of 10 delays .*\(at most 2\.5 ms\)/) },
    ]);
  });
});

describe('the books', () => {
  it('of a lane hold what the server dropped against what the client found missing', () => {
    const stretch = stretchOf();
    const life = lifeOf('lanes/push', undefined, stretch, [11, 12]);
    life.books.missed(missed(17, 5), 20, 'lost');
    const told = stretch.told([life], { dropped: [13, 14, 15, 16, 17, 99] });
    expect(trialsOf(told)[0]).toMatchObject({
      status: 'ok',
      messages: { expected: 10, delivered: 2, dropped: 5, missed: 0, backlogAtEnd: 3 },
    });
  });

  it('of a lane do not balance when it lost what the server never dropped', () => {
    const stretch = stretchOf();
    const life = lifeOf('lanes/push', undefined, stretch, all.slice(0, 8));
    life.books.missed(missed(20, 2), 20, 'lost');
    const [trial] = trialsOf(stretch.told([life], { dropped: [19] }));
    expect(trial).toMatchObject({ status: 'failed', messages: { dropped: 1, missed: 0 } });
    expect(trial?.error).toMatch(/1 of 10 messages are unaccounted for; clients found 2 messages missing/);
  });

  it('of a lane do not balance when its page kept silent about some', () => {
    const stretch = stretchOf();
    const [trial] = trialsOf(
      stretch.told([lifeOf('lanes/sse', undefined, stretch, [11, 12, 15, 16, 17, 18, 19, 20])]),
    );
    expect(trial).toMatchObject({ status: 'failed', error: '2 of 10 messages are unaccounted for' });
  });

  it.each(['skipped', 'fell off'] as const)('know why messages are missing that %s', (why) => {
    const stretch = stretchOf();
    const life = lifeOf('lanes/long-poll', undefined, stretch, [11]);
    life.books.missed(missed(20, 9), 20, why);
    expect(trialsOf(stretch.told([life]))[0]).toMatchObject({
      status: 'ok',
      messages: { missed: 9, dropped: 0 },
    });
  });

  it('of the class take what phones have lost for missed, and owe nothing for what they never spoke of', () => {
    const stretch = stretchOf();
    const [ada, bob] = [memberOf(1), memberOf(2)];
    const lost = lifeOf('class/push', ada, stretch, all.slice(0, 8));
    lost.books.missed(missed(20, 2), 20, 'lost');
    const silent = lifeOf('class/push', bob, stretch, [11, 12, 13, 19, 20]);
    const [trial] = trialsOf(stretch.told([lost, silent]));
    expect(trial).toMatchObject({ status: 'ok', messages: { expected: 15, delivered: 13, missed: 2 } });
    expect(trial?.warnings.map(({ code }) => code)).toEqual(['members-lost', 'members-untold']);
  });

  it('of whoever is gone end where their page has got to', () => {
    const stretch = stretchOf();
    const life = lifeOf('class/sse', memberOf(1), stretch, [11, 12, 13]);
    const [trial] = trialsOf(stretch.told([life], { away: [life] }));
    expect(trial).toMatchObject({ status: 'ok', messages: { expected: 3, delivered: 3, backlogAtEnd: 0 } });
  });

  it('leave out whoever came later', () => {
    const stretch = stretchOf();
    const life = { group: 'class/sse', member: memberOf(1), books: new ClientBooks(20) } as const;
    expect(trialsOf(stretch.told([life]))).toEqual([]);
  });
});

describe('stretches', () => {
  it('that held no message are forgotten, and the next has their number', () => {
    const stretches = new Stretches();
    for (const atMs of [0, 1, 2])
      stretches.begin({ ...defaultSettings, ratePerSecond: atMs }, 0, atMs, tallied(0));
    expect(stretches.current).toMatchObject({ number: 1, fromSeq: 1, startMs: 2 });
    stretches.begin(defaultSettings, 4, 9, tallied(0));
    expect(stretches.ended).toMatchObject([{ number: 1, fromSeq: 1, toSeq: 4, endMs: 9 }]);
    expect(stretches.current).toMatchObject({ number: 2, fromSeq: 5 });
  });

  it('take reports on their own messages, whenever these come, until they are accounted for', () => {
    const stretches = new Stretches();
    stretches.begin(defaultSettings, 0, 0, tallied(0));
    stretches.begin(defaultSettings, 4, 1, tallied(0));
    stretches.accountOf(4, 'lanes/push')?.handled(5, 1);
    expect(stretches.ended[0]?.accounts.get('lanes/push')?.delivered).toBe(1);
    stretches.shift();
    expect(stretches.accountOf(4, 'lanes/push')).toBeUndefined();
    expect(stretches.accountOf(5, 'lanes/push')).toBeDefined();
    expect(stretches.shift()).toBeUndefined();
  });
});
