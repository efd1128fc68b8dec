import { describe, expect, it } from 'vitest';
import type { LaneFigures, LaneName } from './protocol.ts';
import { defaultSettings, laneNames, settingsSchema } from './protocol.ts';
import { type Figures, questionOf, questions } from './questions.ts';
import { scenes } from './scenes.ts';

describe('the scenes', () => {
  it('stand on the keys 1 to 9, with two questions each', () => {
    expect(scenes.map(({ key }) => key)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { key, questions: ids } of scenes)
      expect(questions.filter(({ scene }) => scene === key).map(({ id }) => id)).toEqual(ids);
  });

  it.each([...scenes, ...questions.filter(({ settings }) => settings)])(
    'set only what may be set: $title$id',
    ({ settings }) => {
      expect(settingsSchema.parse({ ...defaultSettings, ...settings })).toMatchObject(settings ?? {});
    },
  );
});

describe('the questions', () => {
  it('have an id each, by which they are found', () => {
    expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
    for (const question of questions) expect(questionOf(question.id)).toBe(question);
    expect(questionOf('no-such-question')).toBeUndefined();
  });

  it('do not have all their right answers at one place', () => {
    expect(new Set(questions.map(({ right }) => right)).size).toBe(4);
    for (const { questions: ids } of scenes)
      expect(questionOf(ids[0])?.right).not.toBe(questionOf(ids[1])?.right);
  });

  it('say nothing where nothing was measured', () => {
    for (const question of questions) expect(question.measured(figures({}))).toBeNull();
  });

  it('say in one sentence with its figures what was measured', () => {
    const some = { messages: 100, p50Ms: 12, p95Ms: 40, maxMs: 44, lastMs: 15, requests: 120, reconnects: 1 };
    const all = figures(Object.fromEntries(laneNames.map((lane) => [lane, some])));
    for (const { id, measured } of questions) {
      const sentence = measured({ ...all, durationMs: 60_000, delays: [classOfTwo] });
      expect(sentence, id).toMatch(/\d.*\.$/);
      expect(sentence, id).not.toMatch(/NaN|undefined|Infinity|null/);
    }
  });

  it('take the figures of the lane they are about', () => {
    const lanes = {
      'short-poll': { messages: 40, p50Ms: 510, requests: 200 },
      push: { messages: 40, p50Ms: 3 },
    };
    const seen = figures({ ...lanes, 'long-poll': { messages: 40, requests: 41 } });
    expect(questionOf('age-of-a-poll')?.measured(seen)).toContain(
      'The median latency of push was 3 ms. With a poll every 1 s, the median latency of short polling was 0.51 s (40 messages).',
    );
    expect(questionOf('requests-per-message')?.measured(seen)).toBe(
      'Requests per message: short poll 5, long poll 1, push 0.',
    );
  });
});

const classOfTwo = {
  transport: 'push' as const,
  members: 2,
  messages: 40,
  p50Ms: 20,
  p95Ms: 80,
  dots: [],
  leftOut: 0,
};

function figures(lanes: Partial<Record<LaneName, Partial<LaneFigures>>>): Figures {
  const lane = (name: LaneName): LaneFigures => ({
    messages: 0,
    p50Ms: null,
    p95Ms: null,
    maxMs: null,
    lastMs: null,
    requests: 0,
    empty: 0,
    bytes: 0,
    missed: 0,
    reconnects: 0,
    inboxMessages: 0,
    backlogBytes: 0,
    ...lanes[name],
  });
  return {
    settings: defaultSettings,
    durationMs: 0,
    lanes: {
      push: lane('push'),
      sse: lane('sse'),
      'long-poll': lane('long-poll'),
      'short-poll': lane('short-poll'),
    },
    delays: [],
  };
}
