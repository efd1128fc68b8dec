import type { TransportName } from '../../clients/transports.ts';
import { ageMs, carrierOf, type Poll, type SwimLane, type SwimLanes } from './lanes.ts';
import { age, instant } from './spoken.ts';

/**
 * The picture as plain places, in pixels of its own. Time runs to the right and is the same for all lanes;
 * in each lane the server is the upper line and the client the lower one, so what is on its way is a slope.
 *
 *     server  ──────●━━━━━━━━━●───////////───   held request, re-arm gap
 *                  ╱           ╲
 *     client  ────╱─────────────╲────────────   request up, answer down
 */
export type Drawing = {
  width: number;
  height: number;
  /** The part in which time runs. */
  plot: { left: number; right: number; top: number; bottom: number };
  ticks: { x: number; text: string }[];
  /** The number of each message stands near the instant at which it was due, and is tied to it. */
  dues: { seq: number; x: number; numberX: number }[];
  lanes: LaneDrawing[];
};

export type LaneDrawing = {
  transport: TransportName;
  name: string;
  /** How often it was asked, in words. */
  asked: string;
  titleY: number;
  serverY: number;
  clientY: number;
  holds: Span[];
  gaps: Span[];
  requests: Slope[];
  answers: (Slope & { seqs: number[] })[];
  /** The numbers of the messages, and empty answers, where they reach the client. */
  arrivals: { x: number; seqs: number[] }[];
  /** The way of the message that is followed: where it was due, where it left, where it arrived. */
  followed?: { dueX: number; leftX: number; x: number; waited: string; age: string };
};

export type Span = { from: number; to: number };

/** From one line to the other. */
export type Slope = { x1: number; x2: number };

const width = 1140;
const plot = { left: 66, right: 966, top: 58 };
/** Heights within a lane: its title, its two lines, and what it takes in all. */
const heights = { title: 24, server: 46, client: 106, height: 134 };
const axisHeight = 40;
/** Room that a number needs beside another. */
const numberWidth = 30;
const digitWidth = 12;

/** Where everything is, while one message is followed. */
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

/** Where an instant stands: the one scale of all lanes. */
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

/** What goes down: an answer for each poll, or each message by itself. What is pushed leaves when the servers have it. */
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

/** From each answer to the arrival of the next request: nobody is there who could be answered. */
function gapsOf(polls: readonly Poll[], endMs: number, xOf: (atMs: number) => number): Span[] {
  return polls.flatMap(({ answeredMs }, place) => {
    const next = polls[place + 1];
    if (answeredMs === undefined || answeredMs > endMs) return [];
    return [{ from: xOf(Math.max(0, answeredMs)), to: xOf(Math.min(endMs, next?.arrivedMs ?? endMs)) }];
  });
}

function followedOf(lane: SwimLane, xOf: (atMs: number) => number, seq: number): LaneDrawing['followed'] {
  const message = lane.messages.find((other) => other.seq === seq);
  const valueMs = ageMs(lane, seq);
  if (!message || valueMs === undefined) return undefined;
  const leftMs = carrierOf(lane, seq)?.answeredMs ?? message.atMs;
  return {
    dueX: xOf(message.dueMs),
    leftX: xOf(leftMs),
    x: xOf(message.handledMs),
    waited: age(leftMs - message.dueMs),
    age: age(valueMs),
  };
}

function askedInWords({ polls, holdMs }: SwimLane, endMs: number): string {
  if (polls.length === 0) return 'no requests';
  const drawn = polls.filter(({ answeredMs }) => answeredMs !== undefined && answeredMs <= endMs);
  const empty = drawn.filter(({ seqs }) => seqs.length === 0).length;
  const held = holdMs === undefined ? '' : `, held for ${instant(holdMs)} at most`;
  return `${drawn.length} answers, ${empty} of them empty${held}`;
}

/** Numbers that would cover each other stand in one row. Empty answers keep to themselves. */
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

/**
 * Moves places apart until none is closer to the next than `gap`, each as little as that allows: places
 * that push each other stand around their common middle.
 */
export function spreadOut(places: readonly number[], gap: number): number[] {
  const blocks: { middle: number; size: number }[] = [];
  for (const [index, place] of places.entries()) {
    // With `gap` taken out for each one before it, "apart" means "not decreasing".
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
