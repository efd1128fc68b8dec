import type { TransportName } from '../../clients/transports.ts';
import { counted } from '../units.ts';
import { carrierOf, latencyMs, type Poll, type SwimLane, type SwimLanes } from './lanes.ts';
import { inShort, instant } from './spoken.ts';

/**
 * The diagram as positions, in its own pixels. Time runs to the right and is the same for all lanes. In each lane
 * the server is the upper line and the client the lower line, so a message or request is a slope.
 *
 *     server  ──────●━━━━━━━━━●───////////───   pending request, re-arm gap
 *                  ╱           ╲
 *     client  ────╱─────────────╲────────────   request up, response down
 */
export type Drawing = {
  width: number;
  height: number;
  /** The plot area. */
  plot: { left: number; right: number; top: number; bottom: number };
  ticks: { x: number; text: string }[];
  /** Each message number is near its scheduled send time, and connected to it. */
  dues: { seq: number; x: number; numberX: number }[];
  lanes: LaneDrawing[];
};

export type LaneDrawing = {
  transport: TransportName;
  name: string;
  /** The number of responses, in words. */
  asked: string;
  titleY: number;
  serverY: number;
  clientY: number;
  holds: Span[];
  gaps: Span[];
  requests: Slope[];
  answers: (Slope & { seqs: number[] })[];
  /** Message numbers and empty responses at their arrival in the client. */
  arrivals: { x: number; seqs: number[] }[];
  /** The followed message: scheduled, sent, received. */
  followed?: { dueX: number; leftX: number; x: number; waited: string; latency: string };
};

export type Span = { from: number; to: number };

/** From one line to the other. */
export type Slope = { x1: number; x2: number };

const width = 1140;
const plot = { left: 66, right: 966, top: 58 };
/** Heights within a lane: its title, its two lines, and the whole lane. */
const heights = { title: 24, server: 46, client: 106, height: 134 };
const axisHeight = 40;
/** The width of a message number. */
const numberWidth = 30;
const digitWidth = 12;

/** All positions, while one message is followed. */
export function drawingOf(swim: SwimLanes, followed: number): Drawing {
  const bottom = plot.top + swim.lanes.length * heights.height;
  const xOf = (atMs: number) => placeAt(atMs, swim.endMs);
  const dueXs = swim.messages.map(({ dueMs }) => xOf(dueMs));
  const numberXs = spreadOut(dueXs, numberWidth);
  return {
    width,
    height: bottom + axisHeight,
    plot: { ...plot, bottom },
    ticks: ticksOf(swim.endMs).map((atMs) => ({ x: xOf(atMs), text: instant(atMs) })),
    dues: swim.messages.map(({ seq }, place) => ({
      seq,
      x: dueXs[place] ?? 0,
      numberX: numberXs[place] ?? 0,
    })),
    lanes: swim.lanes.map((lane, place) =>
      laneDrawing(lane, plot.top + place * heights.height, swim.endMs, xOf, followed),
    ),
  };
}

/** The position of an instant, on the common scale of all lanes. */
export function placeAt(atMs: number, endMs: number): number {
  return toTenths(plot.left + (atMs / endMs) * (plot.right - plot.left));
}

function toTenths(place: number): number {
  return Math.round(place * 10) / 10;
}

function laneDrawing(
  lane: SwimLane,
  top: number,
  endMs: number,
  xOf: (atMs: number) => number,
  followed: number,
): LaneDrawing {
  const answers = answersOf(lane, xOf);
  return {
    transport: lane.transport,
    name: lane.name,
    asked: askedInWords(lane, endMs),
    titleY: top + heights.title,
    serverY: top + heights.server,
    clientY: top + heights.client,
    holds: lane.holdMs === undefined ? [] : lane.polls.flatMap((poll) => holdOf(poll, endMs, xOf)),
    gaps: lane.holdMs === undefined ? [] : gapsOf(lane.polls, endMs, xOf),
    requests: lane.polls
      .filter(({ sentMs }) => sentMs <= endMs)
      .flatMap(({ sentMs, arrivedMs }) =>
        arrivedMs === undefined ? [] : [{ x1: xOf(sentMs), x2: xOf(arrivedMs) }],
      ),
    answers,
    arrivals: joined(answers.map(({ x2, seqs }) => ({ x: x2, seqs }))),
    followed: followedOf(lane, xOf, followed),
  };
}

/** A response for each poll, or each pushed message. A pushed message leaves when the servers receive it. */
function answersOf(lane: SwimLane, xOf: (atMs: number) => number): LaneDrawing['answers'] {
  if (lane.polls.length === 0)
    return lane.messages.map(({ seq, atMs, handledMs }) => ({
      x1: xOf(atMs),
      x2: xOf(handledMs),
      seqs: [seq],
    }));
  return lane.polls.flatMap(({ answeredMs, receivedMs, seqs }) =>
    answeredMs === undefined || receivedMs === undefined
      ? []
      : [{ x1: xOf(answeredMs), x2: xOf(receivedMs), seqs }],
  );
}

function holdOf({ arrivedMs, answeredMs }: Poll, endMs: number, xOf: (atMs: number) => number): Span[] {
  if (arrivedMs === undefined || arrivedMs > endMs) return [];
  return [{ from: xOf(Math.max(0, arrivedMs)), to: xOf(Math.min(endMs, answeredMs ?? endMs)) }];
}

/** From each response to the arrival of the next request: the server has no request to answer. */
function gapsOf(polls: readonly Poll[], endMs: number, xOf: (atMs: number) => number): Span[] {
  return polls.flatMap(({ answeredMs }, place) => {
    const next = polls[place + 1];
    if (answeredMs === undefined || answeredMs > endMs) return [];
    return [{ from: xOf(Math.max(0, answeredMs)), to: xOf(Math.min(endMs, next?.arrivedMs ?? endMs)) }];
  });
}

function followedOf(lane: SwimLane, xOf: (atMs: number) => number, seq: number): LaneDrawing['followed'] {
  const message = lane.messages.find((other) => other.seq === seq);
  const valueMs = latencyMs(lane, seq);
  if (!message || valueMs === undefined) return undefined;
  const leftMs = carrierOf(lane, seq)?.answeredMs ?? message.atMs;
  return {
    dueX: xOf(message.dueMs),
    leftX: xOf(leftMs),
    x: xOf(message.handledMs),
    waited: inShort(leftMs - message.dueMs),
    latency: inShort(valueMs),
  };
}

function askedInWords({ polls, holdMs }: SwimLane, endMs: number): string {
  if (polls.length === 0) return 'no requests';
  const drawn = polls.filter(({ answeredMs }) => answeredMs !== undefined && answeredMs <= endMs);
  const empty = drawn.filter(({ seqs }) => seqs.length === 0).length;
  const timeout = holdMs === undefined ? '' : `, long-poll timeout ${instant(holdMs)}`;
  return `${counted(drawn.length, 'response')}, ${empty} empty${timeout}`;
}

/** Joins message numbers that would overlap. Empty responses stay separate. */
function joined(arrivals: readonly LaneDrawing['arrivals'][number][]): LaneDrawing['arrivals'] {
  const rows: (LaneDrawing['arrivals'][number] & { from: number })[] = [];
  for (const { x, seqs } of arrivals) {
    const last = rows.at(-1);
    const room = last && (widthOf(last.seqs) + widthOf(seqs)) / 2;
    if (last && room && last.seqs.length > 0 && seqs.length > 0 && x - last.x < room) {
      last.seqs = [...last.seqs, ...seqs];
      last.x = (last.from + x) / 2;
    } else rows.push({ x, from: x, seqs });
  }
  return rows.map(({ x, seqs }) => ({ x, seqs }));
}

function widthOf(seqs: readonly number[]): number {
  return seqs.reduce((sum, seq) => sum + (String(seq).length + 1) * digitWidth, 0);
}

/** A tick at each of the roundest steps that leave at most ten. */
function ticksOf(endMs: number): number[] {
  const stepMs = [100, 200, 250, 500, 1000, 2000, 5000].find((step) => endMs / step <= 10) ?? 10_000;
  return Array.from({ length: Math.floor(endMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

/** Moves positions apart to at least `gap`, each as little as possible: a crowded group keeps its middle. */
export function spreadOut(places: readonly number[], gap: number): number[] {
  const blocks: { middle: number; size: number }[] = [];
  for (const [index, place] of places.entries()) {
    // Without the gaps before each position, "apart" means "not decreasing".
    let block = { middle: place - index * gap, size: 1 };
    for (let before = blocks.at(-1); before && before.middle > block.middle; before = blocks.at(-1)) {
      blocks.pop();
      const size = before.size + block.size;
      block = { middle: (before.middle * before.size + block.middle * block.size) / size, size };
    }
    blocks.push(block);
  }
  return blocks
    .flatMap(({ middle, size }) => Array<number>(size).fill(middle))
    .map((place, index) => toTenths(place + index * gap));
}
