import { describe, expect, it } from 'vitest';
import { defaultSettings, limits, type Recording, type Sight } from '../../clients/classroom/protocol.ts';
import { ofEveryLane } from './counts.ts';
import { moved, parseRecording, Recorded } from './recording.ts';

const state = {
  settings: defaultSettings,
  paused: false,
  scene: null,
  members: { count: 0, limit: 250, byTransport: ofEveryLane(() => 0) },
  vote: null,
  recorded: false,
};

const arrived: Sight = { kind: 'arrived', seq: 1, dueMs: 5000.25, atMs: 5003.5 };

describe('a recording', () => {
  it('counts its times from its own start', () => {
    const recorded = new Recorded(new Date(0), 4000);
    recorded.saw('push', [arrived, { kind: 'handled', seq: 1, atMs: 5004 }]);
    const [event] = recorded.recording.events;
    expect(event).toMatchObject({
      lane: 'push',
      sights: [
        { kind: 'arrived', seq: 1, dueMs: 1000.25, atMs: 1003.5 },
        { kind: 'handled', seq: 1, atMs: 1004 },
      ],
    });
    expect(moved(moved(arrived, -4000), 4000)).toEqual(arrived);
  });

  it('enters a state once, until there is another', () => {
    const recorded = new Recorded(new Date(0), 0);
    recorded.state(state);
    recorded.state({ ...state });
    recorded.state({ ...state, paused: true });
    expect(recorded.recording.events.length).toBe(2);
  });

  it('is full at its limit, says so once, and takes nothing more', () => {
    const recorded = new Recorded(new Date(0), 0);
    const many = Array<Sight>(500).fill(arrived);
    const said = Array.from({ length: limits.recordedSights / 500 + 3 }, () => recorded.saw('sse', many));
    expect(said.filter(Boolean)).toEqual([
      expect.stringContaining(`it holds ${limits.recordedSights} sights`),
    ]);
    const { length } = recorded.recording.events;
    recorded.state(state);
    expect(length).toBe(limits.recordedSights / 500);
    expect(recorded.recording.events.length).toBe(length);
  });
});

describe('reading a recording', () => {
  const whole = (): Recording => ({
    recordingVersion: 1,
    startedAt: new Date(0).toISOString(),
    events: [
      { atMs: 0, state },
      { atMs: 10, lane: 'push', sights: [arrived] },
      { atMs: 20, delays: [] },
    ],
  });

  const changed = (change: (data: { events: object[] }) => unknown) => {
    const data = JSON.parse(JSON.stringify(whole()));
    change(data);
    return JSON.stringify(data);
  };

  it('gives back what was written', () => {
    expect(parseRecording(JSON.stringify(whole()))).toEqual(whole());
  });

  it.each<[string, string, RegExp]>([
    ['is no JSON', '{"recording', /not a recording: it is not JSON/],
    [
      'is a result file',
      '{"schemaVersion": 1}',
      /recordingVersion is undefined: this classroom plays version 1/,
    ],
    ['is a list', '[]', /recordingVersion is undefined/],
    ['is nothing', 'null', /recordingVersion is undefined/],
    ['is of another version', '{"recordingVersion": 2}', /recordingVersion is 2/],
    [
      'has no events',
      '{"recordingVersion": 1, "startedAt": "2026-01-01T00:00:00Z", "events": []}',
      /events is \[\]/,
    ],
    [
      'began at no time',
      changed((data) => Object.assign(data, { startedAt: 'noon' })),
      /startedAt is "noon"/,
    ],
    [
      'goes back in time',
      changed(({ events }) => Object.assign(events[0] ?? {}, { atMs: 15 })),
      /events\.1\.atMs is 10/,
    ],
    [
      'holds something else',
      changed(({ events }) => Object.assign(events[2] ?? {}, { delays: undefined, song: 1 })),
      /events\.2 holds song: it takes one of lane, state, counts, delays/,
    ],
    [
      'has a bad setting',
      changed(({ events }) =>
        Object.assign((events[0] as { state: { settings: object } }).state.settings, { holdMs: -1 }),
      ),
      /events\.0\.state\.settings\.holdMs is -1/,
    ],
    [
      'has a sight of no kind',
      changed(({ events }) => Object.assign(events[1] ?? {}, { sights: [{ kind: 'dreamt', atMs: 1 }] })),
      /events\.1\.sights\.0\.kind is "dreamt"/,
    ],
    [
      'has a lane that there is not',
      changed(({ events }) => Object.assign(events[1] ?? {}, { lane: 'pigeon' })),
      /events\.1\.lane is "pigeon"/,
    ],
  ])('that %s is refused in one line that names the field', (_what, text, reason) => {
    expect(() => parseRecording(text)).toThrow(reason);
    try {
      parseRecording(text);
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });
});
