import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResult, type Result, trialSchema } from '../../bench/result.ts';
import { experimentFigures } from '../charts/charts.ts';
import { modelFitFigures } from '../charts/experiments/distance.ts';
import { fairnessSentence } from '../sections/fairness.ts';
import { type Drawing, drawingOf, placeAt, spreadOut } from './drawing.ts';
import { swimLanesOf } from './from-result.ts';
import { fellIntoGap, latencyMs, mostTelling, type SwimLanes } from './lanes.ts';
import { tracedTrials } from './made-up.ts';
import { findingOf } from './spoken.ts';
import { stepsOf } from './steps.ts';

const sample = readFileSync(new URL('../sample/results.json', import.meta.url), 'utf8');

/** The sample with the made-up trace and no other. */
function resultWith(trials = tracedTrials()): Result {
  const result = parseResult(sample);
  result.trials = [...result.trials.filter(({ parameters }) => !parameters.traced), ...trials];
  return result;
}

function swimOf(trials = tracedTrials()): SwimLanes {
  const swim = swimLanesOf(resultWith(trials));
  if (!swim) throw new Error('the made-up trials have a trace');
  return swim;
}

describe('a trace from a result', () => {
  it('has a lane for each transport, in the usual order, with the trial’s own counts', () => {
    for (const trial of tracedTrials()) expect(() => trialSchema.parse(trial)).not.toThrow();
    const { lanes, messages, endMs, windowMs } = swimOf(tracedTrials().reverse());
    expect(lanes.map(({ name, requests, empty }) => [name, requests, empty])).toEqual([
      ['push (WebSocket)', 0, 0],
      ['push (SSE)', 0, 0],
      ['long poll', 4, 1],
      ['short poll every 500 ms', 3, 1],
    ]);
    expect(messages).toEqual([
      { seq: 1, dueMs: 100 },
      { seq: 2, dueMs: 200 },
      { seq: 3, dueMs: 900 },
    ]);
    expect({ endMs, windowMs }).toEqual({ endMs: 1330, windowMs: 1300 });
  });

  it('is none where nothing was traced, or the trial failed', () => {
    expect(swimLanesOf(resultWith([]))).toBeUndefined();
    expect(
      swimLanesOf(resultWith(tracedTrials().map((trial) => ({ ...trial, status: 'failed' })))),
    ).toBeUndefined();
    expect(swimLanesOf(resultWith(tracedTrials().map(({ trace, ...trial }) => trial)))).toBeUndefined();
  });

  it('does without a lane that failed, and without a message that one lane lacks', () => {
    const [push, sse, longPoll, shortPoll] = tracedTrials();
    if (!push?.trace || !sse || !longPoll || !shortPoll) throw new Error('there are four');
    push.trace.messages.shift();
    const { lanes, messages } = swimOf([push, { ...sse, status: 'failed' }, longPoll, shortPoll]);
    expect(lanes.map(({ transport }) => transport)).toEqual(['push', 'long-poll', 'short-poll']);
    expect(messages.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it('leaves every figure, the fit of the models and the fairness sentence as they were', () => {
    const [without, withTrace] = [resultWith([]), resultWith()];
    for (const { id } of without.experiments)
      expect(experimentFigures(withTrace, id)).toEqual(experimentFigures(without, id));
    expect(modelFitFigures(withTrace.trials)).toEqual(modelFitFigures(without.trials));
    expect(fairnessSentence(withTrace)).toBe(fairnessSentence(without));
  });
});

describe('the message that is followed first', () => {
  it('is the one that separates the transports most', () => {
    // From push to long poll to short poll: 81, 81, 230; 82, 141, 130; 82, 111, 430 ms old.
    expect(mostTelling(swimOf())).toBe(3);
  });

  it('is the first one where no message tells more', () => {
    const [push] = tracedTrials();
    expect(mostTelling(swimOf(push ? [push] : []))).toBe(1);
  });

  it('comes with its latency in every lane, and with the re-arm gap', () => {
    expect(findingOf(swimOf(), 3)).toBe(
      'Message 3 of 3, scheduled at 900 ms, had a latency of 81 ms with push, 82 ms with SSE, 111 ms with the long poll and 430 ms with the short poll. The message fell into a re-arm gap: no request of the long poll was at the server.',
    );
    expect(findingOf(swimOf(), 1)).toBe(
      'Message 1 of 3, scheduled at 100 ms, had a latency of 81 ms with push, 82 ms with SSE, 81 ms with the long poll and 230 ms with the short poll.',
    );
    expect([1, 2, 3].map((seq) => swimOf().lanes.map((lane) => fellIntoGap(lane, seq)))).toEqual([
      [false, false, false, false],
      [false, false, true, false],
      [false, false, true, false],
    ]);
  });
});

describe('the drawing', () => {
  const drawn = (followed = 3): Drawing => drawingOf(swimOf(), followed);
  const at = (atMs: number) => placeAt(atMs, 1330);

  it('has one scale for all lanes, and none overlaps another', () => {
    const { lanes, plot, height, dues } = drawn();
    expect(dues.map(({ x }) => x)).toEqual([at(100), at(200), at(900)]);
    for (const lane of lanes) expect(lane.followed?.dueX).toBe(at(900));
    expect(lanes.map((lane) => lane.followed?.x)).toEqual([981, 982, 1011, 1330].map(at));
    const heights = lanes.flatMap(({ titleY, serverY, clientY }) => [titleY, serverY, clientY]);
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
    expect(plot.bottom).toBeGreaterThan(lanes.at(-1)?.clientY ?? Number.POSITIVE_INFINITY);
    expect(height).toBeGreaterThan(plot.bottom);
    expect([at(0), at(1330)]).toEqual([plot.left, plot.right]);
  });

  it('draws a slope for each request, response and pushed message', () => {
    const [push, , longPoll, shortPoll] = drawn().lanes;
    expect(push?.requests).toEqual([]);
    expect(push?.answers).toEqual([
      { x1: at(101), x2: at(181), seqs: [1] },
      { x1: at(201), x2: at(281), seqs: [2] },
      { x1: at(901), x2: at(981), seqs: [3] },
    ]);
    expect(longPoll?.requests).toHaveLength(5);
    expect(longPoll?.answers.map(({ seqs }) => seqs)).toEqual([[1], [2], [], [3]]);
    expect(shortPoll?.requests[0]).toEqual({ x1: at(170), x2: at(250) });
    expect(shortPoll?.answers.map(({ seqs }) => seqs)).toEqual([[1, 2], [], [3]]);
    expect(shortPoll?.asked).toBe('3 responses, 1 empty');
    expect(longPoll?.asked).toBe('4 responses, 1 empty, long-poll timeout 350 ms');
  });

  it('fills the server’s line of a long poll with holds and re-arm gaps, and that of others with neither', () => {
    const [push, , longPoll, shortPoll] = drawn().lanes;
    for (const lane of [push, shortPoll]) expect([lane?.holds, lane?.gaps]).toEqual([[], []]);
    const spans = [...(longPoll?.holds ?? []), ...(longPoll?.gaps ?? [])].sort(
      (a, b) => a.from - b.from || a.to - b.to,
    );
    expect(longPoll?.gaps).toEqual([
      { from: at(101), to: at(261) },
      { from: at(261), to: at(421) },
      { from: at(771), to: at(931) },
      { from: at(931), to: at(1091) },
    ]);
    expect(spans[0]?.from).toBe(at(0));
    expect(spans.at(-1)?.to).toBe(at(1330));
    spans.forEach(({ from }, place) => {
      if (place > 0) expect(from).toBe(spans[place - 1]?.to);
    });
  });

  it('has the latency of the followed message at the end of each lane', () => {
    expect(drawn(2).lanes.map((lane) => lane.followed?.latency)).toEqual([
      '81 ms',
      '82 ms',
      '141 ms',
      '130 ms',
    ]);
    expect(drawn(3).lanes.map((lane) => lane.followed?.waited)).toEqual(['1 ms', '1 ms', '31 ms', '350 ms']);
    for (const [place, lane] of swimOf().lanes.entries())
      expect(drawn(3).lanes[place]?.followed?.latency).toBe(`${Math.round(latencyMs(lane, 3) ?? 0)} ms`);
  });

  it('writes numbers that would cover each other in one row', () => {
    const swim = swimOf();
    for (const { messages } of swim.lanes)
      for (const message of messages) message.handledMs = 300 + message.seq;
    const [push] = drawingOf(swim, 1).lanes;
    expect(push?.arrivals.map(({ seqs }) => seqs)).toEqual([[1, 2, 3]]);
  });
});

describe('places that are spread out', () => {
  it.each([
    [[], []],
    [
      [10, 50, 90],
      [10, 50, 90],
    ],
    [
      [100, 100],
      [90, 110],
    ],
    [
      [100, 100, 100, 200],
      [80, 100, 120, 200],
    ],
    [
      [0, 15, 30],
      [-5, 15, 35],
    ],
  ])('%j to %j, 20 apart', (places, expected) => {
    expect(spreadOut(places, 20)).toEqual(expected);
  });
});

describe('the steps', () => {
  const steps = stepsOf(swimOf());

  it('come in the order of time, all within the picture', () => {
    const instants = steps.map(({ atMs }) => atMs);
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    expect(instants[0]).toBeGreaterThanOrEqual(0);
    expect(instants.at(-1)).toBeLessThanOrEqual(1330);
  });

  it('describe each event once', () => {
    expect(steps.map(({ text }) => text)).toEqual([
      'At 100 ms message 1 is scheduled. Push and SSE send message 1 at once. The long poll’s request is pending: the response carries message 1. With the short poll, message 1 waits: no request is at the server.',
      'At 170 ms the short poll sends a request.',
      'At 181 ms message 1 reaches the client with push: latency 81 ms.',
      'At 181 ms the long poll’s response with message 1 reaches the client: latency 81 ms. The client sends the next request at once.',
      'At 182 ms message 1 reaches the client with SSE: latency 82 ms.',
      'At 200 ms message 2 is scheduled. Push and SSE send message 2 at once. With the long poll and the short poll, message 2 waits: no request is at the server.',
      'At 250 ms the short poll’s request reaches the server. The response carries messages 1 and 2.',
      'At 261 ms the long poll’s request reaches the server. The response carries message 2.',
      'At 281 ms message 2 reaches the client with push: latency 81 ms.',
      'At 282 ms message 2 reaches the client with SSE: latency 82 ms.',
      'At 330 ms the short poll’s response with messages 1 and 2 reaches the client: latencies 230 ms and 130 ms.',
      'At 341 ms the long poll’s response with message 2 reaches the client: latency 141 ms. The client sends the next request at once.',
      'At 421 ms the long poll’s request reaches the server. There is no new message: the request stays pending.',
      'At 670 ms the short poll sends a request.',
      'At 750 ms the short poll’s request reaches the server. There is no new message: the response is empty.',
      'At 771 ms the long poll’s request reaches its timeout of 350 ms: the response is empty.',
      'At 830 ms the short poll’s empty response reaches the client.',
      'At 851 ms the long poll’s empty response reaches the client. The client sends the next request at once.',
      'At 900 ms message 3 is scheduled. Push and SSE send message 3 at once. With the long poll and the short poll, message 3 waits: no request is at the server.',
      'At 931 ms the long poll’s request reaches the server. The response carries message 3.',
      'At 981 ms message 3 reaches the client with push: latency 81 ms.',
      'At 982 ms message 3 reaches the client with SSE: latency 82 ms.',
      'At 1,011 ms the long poll’s response with message 3 reaches the client: latency 111 ms. The client sends the next request at once.',
      'At 1,091 ms the long poll’s request reaches the server. There is no new message: the request stays pending.',
      'At 1,170 ms the short poll sends a request.',
      'At 1,250 ms the short poll’s request reaches the server. The response carries message 3.',
      'At 1,330 ms the short poll’s response with message 3 reaches the client: latency 430 ms.',
    ]);
  });

  it('concern all lanes when a message is scheduled, and one lane otherwise', () => {
    for (const { text, lane } of steps) expect(lane === undefined).toBe(text.includes('is scheduled'));
  });
});
