import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OnScreen, Saved } from '../../clients/classroom/protocol.ts';
import { parseResult, type Result } from '../result.ts';
import { ask, HeldClass, shownFigures } from './simulated/held-class.ts';

/** A lesson that is held and saved. */
let runsFolder: string;
let held: HeldClass;

beforeEach(async () => {
  runsFolder = mkdtempSync(join(tmpdir(), 'lesson-'));
  held = await HeldClass.open({ runsFolder });
});

afterEach(async () => {
  await held.close();
  rmSync(runsFolder, { recursive: true, force: true });
});

async function save(figures?: OnScreen): Promise<{ saved: Saved; result: Result }> {
  const answer = await held.control({ action: 'save' }, figures);
  if (!('saved' in answer) || !answer.saved) throw new Error(JSON.stringify(answer));
  return { saved: answer.saved, result: parseResult(readFileSync(answer.saved.resultFile, 'utf8')) };
}

describe('a lesson', () => {
  it('becomes a result with its votes, its settings and what the screen showed, and a report', async () => {
    const phone = await held.phone('<b>Bob</b>');
    phone.take('push');
    await phone.until(({ lane }) => (lane?.totals.handled ?? 0) > 0);
    await held.control({ action: 'ask', question: 'age-of-a-poll' });
    phone.vote('age-of-a-poll', 1);
    await phone.until(({ myVote }) => myVote?.isCounted === true);
    const first = shownFigures({ messages: 25, p50Ms: 480, p95Ms: 930 });
    await held.control({ action: 'close-vote', hands: [0, 2, 1, 0] }, first);
    await held.control({ action: 'set', settings: { oneWayMs: 20, limitBytes: 4096 } }, first);
    // A clock that is known to a millisecond may show a message before it was sent.
    const second = shownFigures({ messages: 3, missed: 2, p50Ms: -0.4, lastMs: -0.2 });
    const { saved, result } = await save(second);

    expect(result.lab).toMatchObject({ profile: 'classroom', status: 'complete' });
    expect(result.lesson?.dropped).toBe(0);
    const [before, after, ...more] = result.lesson?.segments ?? [];
    expect(more).toEqual([]);
    expect(before).toMatchObject({ title: 'Latency' });
    expect(before?.lanes[0]).toEqual({ transport: 'push', ...first.push });
    expect(after?.lanes[3]).toEqual({ transport: 'short-poll', ...second['short-poll'] });
    expect(before?.settings.filter(({ isDefault }) => !isDefault)).toEqual([]);
    expect(after?.settings.filter(({ isDefault }) => !isDefault)).toEqual([
      { label: 'one-way delay', value: '20 ms', isDefault: false },
      // A value that the screen does not offer is written as it is.
      { label: 'queue limit', value: '4.1 kB', isDefault: false },
    ]);
    expect(before?.phones).toMatchObject([{ transport: 'push', members: 1 }]);
    expect(result.votes).toEqual([
      expect.objectContaining({
        counts: [0, 3, 1, 0],
        right: 1,
        measured: expect.stringContaining('With a poll every'),
      }),
    ]);

    expect(readdirSync(dirname(saved.resultFile)).sort()).toEqual(['report.html', 'results.json']);
    const served = await ask(held.origin + saved.reportPath);
    expect(served.status).toBe(200);
    expect(served.text).toBe(readFileSync(saved.reportFile, 'utf8'));
    for (const text of [
      'Numbers of the lesson',
      '1. Latency',
      'one-way delay 20 ms',
      'Predictions of the class and measured results',
    ])
      expect(served.text).toContain(text);
    // Members are counted, not named.
    expect(readFileSync(saved.resultFile, 'utf8')).not.toContain('Bob');
    expect(existsSync(join(runsFolder, 'latest'))).toBe(false);
  });

  it('saved again replaces what was saved of it before', async () => {
    const first = await save(shownFigures({ messages: 1 }));
    const second = await save(shownFigures({ messages: 2 }));
    expect(second.saved).toEqual(first.saved);
    expect(readdirSync(runsFolder).length).toBe(1);
    expect(second.result.lesson?.segments.map(({ lanes }) => lanes[0]?.messages)).toEqual([2]);
  });

  it('has lasted as long as it has, although the wall clock was set back', async () => {
    const clock = vi.spyOn(Date, 'now').mockReturnValue(0);
    try {
      const { result } = await save(shownFigures({ messages: 1 }));
      expect(result.lab.durationMs).toBeGreaterThanOrEqual(0);
    } finally {
      clock.mockRestore();
    }
  });

  it('that can’t be written says why, and what to do', async () => {
    // A file where the folder should be: not even an administrator can write into that.
    rmSync(runsFolder, { recursive: true });
    writeFileSync(runsFolder, '');
    chmodSync(runsFolder, 0o444);
    expect(await held.control({ action: 'save' }, shownFigures({ messages: 1 }))).toEqual({
      error: expect.stringMatching(/^cannot write to .* \(\w+\): start the classroom with --out/),
    });
  });

  it('keeps the latest segments, and says how many are gone', async () => {
    const figures = shownFigures({ messages: 1 });
    for (let rate = 1; rate <= 205; rate += 1)
      await held.control({ action: 'set', settings: { intervalMs: 100 + rate } }, figures);
    const { result } = await save();
    expect(result.lesson).toMatchObject({ dropped: 5 });
    expect(result.lesson?.segments.length).toBe(200);
  });
});
