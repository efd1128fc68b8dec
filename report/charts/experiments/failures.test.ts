import { describe, expect, it } from 'vitest';
import type { Probe, Result, Trial } from '../../../bench/result.ts';
import { chatRoomFigures } from './chat-room.ts';
import { connectColumns, peakPercent } from './herd.ts';
import { offlineFigures, timelineRow } from './offline.ts';
import { cellOf, pathFigures } from './path.ts';

const books = {
  expected: 10,
  delivered: 10,
  dropped: 0,
  missed: 0,
  duplicated: 0,
  reordered: 0,
  backlogAtEnd: 0,
};
const delay = { count: 10, mean: 1, p50: 1, p90: 2, p99: 3, max: 4 };

type Change = Omit<Partial<Trial>, 'parameters'> & { parameters?: Partial<Trial['parameters']> };

/** A trial made up by hand, with what the test is about. */
function trial(change: Change): Trial {
  return {
    id: 'made-up',
    experiment: 'offline',
    transport: 'push',
    contract: 'every',
    together: 'made-up',
    repeat: 1,
    status: 'ok',
    messages: books,
    delayMs: delay,
    requests: { total: 0, empty: 0, missedSlots: 0 },
    bytes: { toClients: 0, toServer: 0 },
    server: { cpuMs: 1, rssBytes: 1, eventLoopDelayP99Ms: 1 },
    clients: { count: 10, cpuMs: 1, eventLoopDelayP99Ms: null },
    durationMs: 1000,
    appended: 10,
    warnings: [],
    ...change,
    parameters: {
      clients: 10,
      ratePerSecond: 10,
      schedule: 'periodic',
      payloadBytes: 58,
      ...change.parameters,
    },
  };
}

function resultOf(trials: Trial[], probes: Probe[] = []): Result {
  return {
    trials,
    probes,
    experiments: [],
    findings: [],
    capacities: [],
    fits: [],
    pairs: [],
    figures: [],
  } as unknown as Result;
}

describe('a timeline', () => {
  const row = timelineRow(
    { name: 'push', transport: 'push' },
    trial({
      timeline: {
        dueMs: [50, 150, 650, 750, 850],
        atMs: [51, 152, 905, 910, 906],
        awayFromMs: 200,
        awayUntilMs: 900,
      },
    }),
  );

  it('tells what came at once from what came after the return, and finds what never came', () => {
    expect(row.atOnce).toEqual([50, 150]);
    expect(row.later).toEqual([650, 750, 850]);
    expect(row.never).toEqual([250, 350, 450, 550, 950]);
  });

  it('ends catching up with the last late message, in whatever order they came', () => {
    expect(row.caughtUpAt).toBe(910);
  });

  it('makes no guess about messages of a source without a beat', () => {
    const random = trial({ parameters: { schedule: 'poisson' } });
    expect(timelineRow({ name: 'push', transport: 'push' }, random).never).toEqual([]);
  });

  it('is not drawn for clients that stayed, whose numbers stand in the table', () => {
    const timeline = { dueMs: [50], atMs: [51], awayFromMs: 200, awayUntilMs: 200 };
    const [figure] = offlineFigures(resultOf([trial({ timeline, parameters: { awayMs: 0 } })]));
    expect(figure?.panels).toEqual([]);
    expect(figure?.table.rows).toHaveLength(1);
  });
});

describe('columns of connects', () => {
  const seriesOf = (atMs: number[], connects: number[]): NonNullable<Trial['series']> => ({
    atMs,
    connects,
    rssBytes: atMs.map(() => 0),
    longestBacklogBytes: atMs.map(() => 0),
    slowAgeMs: atMs.map(() => null),
    slowInbox: atMs.map(() => null),
  });

  it('hold every connection, and put a sample that is a little early or late where it belongs', () => {
    const series = seriesOf([49, 102, 148, 201], [1, 2, 3, 4]);
    const columns = connectColumns(trial({ series, durationMs: 200 }));
    expect(columns.slice(0, 4).map(({ y }) => y)).toEqual([1, 2, 3, 4]);
    expect(columns.map(({ x }) => x).slice(0, 2)).toEqual([25, 75]);
  });

  it('count a herd over two samples in a row', () => {
    expect(peakPercent(trial({ series: seriesOf([50, 100, 150], [2, 3, 1]) }))).toBe(50);
    expect(peakPercent(trial({}))).toBeUndefined();
  });
});

describe('a cell of the path matrix', () => {
  const tried = (outcome: 'works' | 'degraded' | 'fails', proxy: 'embedded' | 'nginx', repeat = 1) =>
    trial({
      experiment: 'path',
      repeat,
      parameters: { proxy, path: 'direct' },
      path: { outcome, olderMs: 300, reason: outcome === 'works' ? 'all arrived' : 'all arrived; cut' },
    });

  it('speaks of both proxies at once where they agree', () => {
    expect(cellOf([tried('works', 'embedded'), tried('works', 'nginx')])).toEqual([{ outcome: 'works' }]);
  });

  it('names each proxy where they differ, with the reason and the added latency', () => {
    expect(cellOf([tried('works', 'embedded'), tried('degraded', 'nginx')])).toEqual([
      { by: 'embedded', outcome: 'works' },
      { by: 'nginx', outcome: 'degraded', reason: 'cut; latency +300 ms' },
    ]);
  });

  it('says when runs disagree', () => {
    const cells = [tried('works', 'nginx', 1), tried('works', 'nginx', 2), tried('fails', 'nginx', 3)];
    expect(cellOf(cells)).toEqual([{ outcome: 'works', doubt: 'in 2 of 3 runs; 1 fails' }]);
  });

  it('has as many columns as there are paths', () => {
    const [figure] = pathFigures(resultOf([tried('works', 'embedded')]));
    const [panel] = figure?.panels ?? [];
    expect(panel?.kind === 'matrix' && panel.rows.map(({ cells }) => cells.length)).toEqual([1]);
  });
});

describe('the chat room', () => {
  it('is drawn from probes alone, a figure for each half that was measured', () => {
    const party: Probe = {
      experiment: 'chat-room',
      name: 'party/fixed',
      title: 'a party',
      values: { visitors: 10, announcementsHeard: 55, saidHeard: 100, tellMaxMs: 5, tellMeanMs: 2 },
    };
    const figures = chatRoomFigures(resultOf([], [party]));
    expect(figures.map(({ id }) => id)).toEqual(['chat-room-party']);
    expect(figures[0]?.panels[0]?.says).toContain('55 announcements');
  });
});
