import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LaneName, laneNames, type Saved, type Settings } from '../../clients/classroom/protocol.ts';
import { bookProblems } from '../analysis/books.ts';
import { parseResult, type Result, type Trial } from '../result.ts';
import type { HeadlessPage } from './headless.ts';
import { ask, HeldClass } from './held-class.ts';
import { parseRecording } from './recording.ts';

/** A lesson that is held with real clients over real sockets, and saved. */
let runsFolder: string;
let held: HeldClass;
let projector: HeadlessPage;

beforeEach(async () => {
  runsFolder = mkdtempSync(join(tmpdir(), 'lesson-'));
  held = await HeldClass.open({ runsFolder });
  await held.control({ action: 'pause' });
  projector = await held.projector();
  await held.control({ action: 'begin' });
  for (const name of laneNames) await projector.take(name);
});

afterEach(async () => {
  await held.close();
  rmSync(runsFolder, { recursive: true, force: true });
});

const set = (settings: Partial<Settings>) => held.control({ action: 'set', settings });
const burst = (count: number) => held.control({ action: 'burst', count });

/** Waits until these lanes have handled everything, and have said so. */
async function handled(...names: LaneName[]): Promise<void> {
  for (const name of names)
    await projector.saw(name, (sight) => sight.kind === 'handled' && sight.seq === held.classroom.head);
  projector.tellSights();
  await projector.readClock(1);
}

async function save(): Promise<{ saved: Saved; result: Result }> {
  const answer = await held.control({ action: 'save' });
  if (!('saved' in answer) || !answer.saved) throw new Error(JSON.stringify(answer));
  return { saved: answer.saved, result: parseResult(readFileSync(answer.saved.resultFile, 'utf8')) };
}

/** The trials of one group, in the order of their stretches. */
const trialsOf = ({ trials }: Result, group: string) => trials.filter(({ id }) => id.endsWith(group));

const gapsOf = ({ messages }: Trial) => messages.dropped + messages.missed;

describe('a lesson', () => {
  it('becomes a result that can be read, whose books balance and whose report is drawn', async () => {
    const [ada, bob] = [await held.member('Ada'), await held.member('<b>Bob</b>')];
    for (const [member, transport] of [
      [ada, 'push'],
      [bob, 'short-poll'],
    ] as const) {
      member.say({ say: 'transport', transport });
      await member.take(transport);
    }
    await held.control({ action: 'ask', question: 'age-of-a-poll' });
    ada.say({ say: 'vote', question: 'age-of-a-poll', choice: 1 });
    await ada.readClock(1);
    await burst(25);
    await handled(...laneNames);
    await projector.sees('counts', ({ head }) => head === 25);
    await held.control({ action: 'close-vote', hands: [0, 2, 1, 0] });
    await set({ oneWayMs: 20 });
    await burst(3);
    await handled(...laneNames);
    const { saved, result } = await save();

    expect(result.lab).toMatchObject({ profile: 'classroom', status: 'complete' });
    for (const trial of result.trials) {
      expect({ id: trial.id, status: trial.status, error: trial.error }).toEqual({
        id: trial.id,
        status: 'ok',
      });
      expect(bookProblems(trial.messages, gapsOf(trial))).toEqual([]);
      expect(trial.delayMs.count).toBeLessThanOrEqual(trial.messages.delivered);
    }
    for (const name of laneNames) {
      const [first, second] = trialsOf(result, `/lanes/${name}`);
      expect(first?.messages).toMatchObject({ expected: 25, delivered: 25 });
      expect(first?.parameters).toMatchObject({ clients: 1, oneWayMs: 0 });
      expect(second?.messages).toMatchObject({ expected: 3, delivered: 3 });
      expect(second?.parameters).toMatchObject({ oneWayMs: 20 });
    }
    expect(trialsOf(result, '/class/push')[0]).toMatchObject({
      messages: { expected: 25 },
      clients: { count: 1 },
    });
    expect(trialsOf(result, '/class/sse')).toEqual([]);
    expect(result.votes).toEqual([
      expect.objectContaining({
        counts: [0, 3, 1, 0],
        right: 1,
        measured: expect.stringContaining('Polling every'),
      }),
    ]);
    expect(result.findings).toMatchObject([{ experiment: 'classroom', claim: 'Push is real time' }]);
    expect(result.findings[0]?.provisional).toBe(result.findings[0]?.verdict !== 'inconclusive');

    expect(readdirSync(dirname(saved.resultFile)).sort()).toEqual([
      'recording.json',
      'report.html',
      'results.json',
    ]);
    const served = await ask(held.origin + saved.reportPath);
    expect(served.status).toBe(200);
    expect(served.text).toBe(readFileSync(saved.reportFile, 'utf8'));
    expect(served.text).toContain('How old were the messages that this class saw?');
    // Members are counted, not named.
    expect(readFileSync(saved.resultFile, 'utf8') + readFileSync(saved.recordingFile, 'utf8')).not.toContain(
      'Bob',
    );
    expect(existsSync(join(runsFolder, 'latest'))).toBe(false);
    checkRecording(saved);
  }, 90_000);

  it('saved again takes the place of what was saved of it before, and plays on if it did', async () => {
    await set({ ratePerSecond: 50 });
    await held.control({ action: 'resume' });
    await projector.saw('push', ({ kind }) => kind === 'handled');
    const first = await save();
    const { head } = held.classroom;
    await projector.saw('push', (sight) => sight.kind === 'arrived' && sight.seq > head);
    await held.control({ action: 'pause' });
    await handled(...laneNames);
    const second = await save();
    expect(second.saved).toEqual(first.saved);
    expect(readdirSync(runsFolder).length).toBe(1);
    const [one, two] = [first, second].map(({ result }) => trialsOf(result, '/lanes/push'));
    expect(one?.map(({ repeat }) => repeat)).toEqual([1]);
    expect(two?.map(({ repeat }) => repeat)).toEqual([1, 2]);
    const sum = two?.reduce((total, { messages }) => total + messages.delivered, 0);
    expect(sum).toBe(held.classroom.head);
  }, 90_000);
});

/** The recording holds what was seen, set and counted, on a clock of its own. */
function checkRecording({ recordingFile }: Saved): void {
  const { events } = parseRecording(readFileSync(recordingFile, 'utf8'));
  const seen = events.flatMap((event) => ('lane' in event && event.lane === 'push' ? event.sights : []));
  expect(seen.filter(({ kind }) => kind === 'handled').length).toBe(28);
  const last = events.at(-1)?.atMs ?? 0;
  const counted = events.findLastIndex((event) => 'counts' in event);
  expect(counted).toBeGreaterThan(events.findLastIndex((event) => 'lane' in event && event.lane === 'push'));
  expect(events[counted]).toMatchObject({ counts: { head: 28, lanes: { push: { deliveries: 28 } } } });
  for (const { atMs } of seen) expect(atMs).toBeLessThanOrEqual(last);
  expect(events.some((event) => 'state' in event && event.state.settings.oneWayMs === 20)).toBe(true);
  expect(events.some((event) => 'counts' in event && event.counts.lanes.push.deliveries === 25)).toBe(true);
}
