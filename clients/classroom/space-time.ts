import { transportLooks } from '../transports.ts';
import { isPolling, type Lane, type Mark } from './lane.ts';
import { writeAge } from './numbers.ts';
import { type Picture, pictureOf } from './picture.ts';
import type { LaneName } from './protocol.ts';
import type { Published } from './published.ts';

/**
 * Paints the space-time picture of a lane: time runs to the right, a message's way runs down.
 *
 *     server  ──●━━━━━━━━━┓──────●┓──────      ━ waits at the server
 *                  ╱○     ╲  ╱○   ╲            ╱ a request climbs   ╲ an answer comes down, with messages
 *     page    ────╱─○──────●╱─○────●─────      ○ an empty answer
 *     done    ──────────────●──────●────       when the handler is slow
 *
 * All lanes have one scale. At the right edge is the present or, where there is a distance, a moment as long
 * ago as the way takes: only then is it known what is on its way, and can be seen to travel.
 */
export type View = {
  nowMs: number;
  spanMs: number;
  /** Emulated distance, one way, for what is still on its way. */
  oneWayMs: number;
  /** How far the clock can be trusted. */
  uncertaintyMs: number;
  /** Pixels of what is one on the smallest screen: the picture grows with the type. */
  unit: number;
  /** Whether there is a line of its own for what has been handled. */
  showsHandler: boolean;
};

/** Colours as a canvas takes them: it knows no CSS variables. */
export type Colours = Record<LaneName | 'ink' | 'quiet' | 'grid' | 'panel' | 'fails', string>;

/** Where the words stand, left of the picture. */
const gutter = 62;

/** Room at the right edge, where the present is. */
const edge = 8;

export function paintLane(
  canvas: HTMLCanvasElement,
  lane: Lane,
  published: Published,
  view: View,
  colours: Colours,
): void {
  const pen = prepared(canvas, view.unit);
  if (!pen) return;
  const ground = groundOf(canvas, view);
  const picture = pictureOf(lane, published, view.nowMs, view.spanMs);
  const own = colours[lane.name];
  paintNames(pen, ground, view, colours);
  pen.save();
  pen.beginPath();
  pen.rect(gutter, 0, ground.width - gutter - 1, ground.height);
  pen.clip();
  paintGrid(pen, ground, view, colours);
  paintConnections(pen, ground, picture, own);
  paintLines(pen, ground, view, colours);
  paintExchanges(pen, ground, picture, lane, view, colours);
  paintMessages(pen, ground, picture, lane.name, view, own);
  paintAges(pen, ground, picture, view, colours);
  paintAbsences(pen, ground, picture, colours);
  paintRatio(pen, ground, picture, colours);
  pen.restore();
}

/** How a canvas is laid out: where an instant is, and the three lines. */
type Ground = {
  width: number;
  height: number;
  x(atMs: number): number;
  server: number;
  page: number;
  handler: number;
};

function groundOf(canvas: HTMLCanvasElement, { nowMs, spanMs, showsHandler, unit }: View): Ground {
  const width = canvas.clientWidth / unit;
  const height = canvas.clientHeight / unit;
  const perMs = (width - gutter - edge) / spanMs;
  return {
    width,
    height,
    // An end that is not known yet lies beyond the edge.
    x: (atMs) => Math.min(4 * width, width - edge - (nowMs - atMs) * perMs),
    server: 22,
    page: showsHandler ? height - 44 : height - 22,
    handler: height - 14,
  };
}

/** Empties the canvas, and makes it as fine as the screen is. All that is painted is in units of the type. */
function prepared(canvas: HTMLCanvasElement, unit: number): CanvasRenderingContext2D | null {
  const { clientWidth, clientHeight } = canvas;
  const width = Math.round(clientWidth * devicePixelRatio);
  const height = Math.round(clientHeight * devicePixelRatio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const pen = canvas.getContext('2d');
  pen?.setTransform(devicePixelRatio * unit, 0, 0, devicePixelRatio * unit, 0, 0);
  pen?.clearRect(0, 0, clientWidth, clientHeight);
  return pen;
}

/** One line per second, or per five. */
function paintGrid(
  pen: CanvasRenderingContext2D,
  ground: Ground,
  { nowMs, spanMs }: View,
  { grid }: Colours,
): void {
  const stepMs = spanMs > 12_000 ? 5000 : 1000;
  pen.strokeStyle = grid;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.beginPath();
  for (let atMs = Math.ceil((nowMs - spanMs) / stepMs) * stepMs; atMs <= nowMs; atMs += stepMs) {
    pen.moveTo(ground.x(atMs), 0);
    pen.lineTo(ground.x(atMs), ground.height);
  }
  pen.stroke();
}

/** The name of each line, left of the picture. */
function paintNames(pen: CanvasRenderingContext2D, ground: Ground, view: View, { ink }: Colours): void {
  pen.font = '600 15px system-ui, sans-serif';
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  pen.fillStyle = ink;
  for (const [name, y] of linesOf(ground, view)) pen.fillText(name, gutter - 8, y);
}

function paintLines(pen: CanvasRenderingContext2D, ground: Ground, view: View, { quiet }: Colours): void {
  pen.lineWidth = 2;
  pen.strokeStyle = quiet;
  for (const [, y] of linesOf(ground, view)) line(pen, gutter, y, ground.width, y);
}

function linesOf({ server, page, handler }: Ground, { showsHandler }: View): [string, number][] {
  return [
    ['server', server],
    ['page', page],
    ...(showsHandler ? [['done', handler] as [string, number]] : []),
  ];
}

/** An open connection is a tint between server and page. */
function paintConnections(
  pen: CanvasRenderingContext2D,
  ground: Ground,
  { connections }: Picture,
  own: string,
): void {
  pen.fillStyle = own;
  pen.globalAlpha = 0.13;
  for (const { fromMs, toMs } of connections) {
    const left = ground.x(fromMs);
    pen.fillRect(left, ground.server, ground.x(toMs) - left, ground.page - ground.server);
  }
  pen.globalAlpha = 1;
}

function paintExchanges(
  pen: CanvasRenderingContext2D,
  ground: Ground,
  { exchanges }: Picture,
  lane: Lane,
  { nowMs, oneWayMs }: View,
  { quiet, panel, ...colours }: Colours,
): void {
  const own = colours[lane.name];
  const { x, server, page } = ground;
  const height = page - server;
  for (const one of exchanges) {
    const { requestMs, answerMs, endMs, messages } = one;
    const wayMs = answerMs === undefined ? oneWayMs : one.oneWayMs;
    const reachedMs = requestMs + wayMs;
    const isEmpty = messages === 0;
    pen.strokeStyle = answerMs !== undefined && isEmpty && isPolling(lane.name) ? quiet : own;
    pen.lineWidth = 2;
    // A request that is answered on the spot would only be hidden by its answer.
    if (answerMs === undefined || x(answerMs) - x(requestMs) > 3) {
      const climbed = Math.min(1, wayMs === 0 ? 1 : (nowMs - requestMs) / wayMs);
      pen.setLineDash([4, 4]);
      line(pen, x(requestMs), page, x(Math.min(reachedMs, nowMs)), page - climbed * height);
      pen.setLineDash([]);
    }
    const leftMs = answerMs === undefined ? Math.min(endMs ?? nowMs, nowMs) : answerMs - wayMs;
    if (lane.name === 'long-poll' && leftMs > reachedMs) {
      pen.lineWidth = 7;
      pen.globalAlpha = 0.45;
      line(pen, x(reachedMs), server - 6, x(leftMs), server - 6);
      pen.globalAlpha = 1;
    }
    if (answerMs === undefined || !isPolling(lane.name)) continue;
    pen.lineWidth = isEmpty ? 2 : 3;
    line(pen, x(leftMs), server, x(answerMs), page);
    if (isEmpty) ring(pen, x(answerMs), page, 5, quiet, panel);
  }
}

function paintMessages(
  pen: CanvasRenderingContext2D,
  ground: Ground,
  picture: Picture,
  name: LaneName,
  { nowMs, showsHandler }: View,
  own: string,
): void {
  const { messages, outstanding } = picture;
  const { x, server, page, handler } = ground;
  pen.strokeStyle = own;
  pen.fillStyle = own;
  // What waits at the server: from when it was due to when it left.
  pen.lineWidth = 6;
  pen.beginPath();
  for (const { dueMs, leftMs } of messages)
    if (leftMs - dueMs > 1) segment(pen, x(dueMs), server, x(Math.min(leftMs, nowMs)), server);
  for (const { dueMs } of outstanding) if (dueMs < nowMs) segment(pen, x(dueMs), server, x(nowMs), server);
  pen.stroke();
  // Its way down. What lies in the future of the picture is cut off at its edge.
  pen.lineWidth = 2.5;
  pen.beginPath();
  for (const { leftMs, arrivedMs } of messages) segment(pen, x(leftMs), server, x(arrivedMs), page);
  pen.stroke();
  if (showsHandler) paintInbox(pen, ground, messages, nowMs);
  for (const { dueMs } of [...messages, ...outstanding]) dot(pen, x(dueMs), server, 4);
  for (const { leftMs, arrivedMs, handledMs } of messages) {
    const share = Math.min(1, (nowMs - leftMs) / (arrivedMs - leftMs));
    if (share > 0) sign(pen, name, x(Math.min(arrivedMs, nowMs)), server + share * (page - server), 6);
    if (showsHandler && handledMs !== undefined) sign(pen, name, x(handledMs), handler, 6);
  }
}

/** From the page's inbox to when it was handled; what has not been is still on the page's line. */
function paintInbox(
  pen: CanvasRenderingContext2D,
  { x, page, handler }: Ground,
  messages: readonly Mark[],
  nowMs: number,
): void {
  pen.lineWidth = 1.5;
  pen.globalAlpha = 0.55;
  pen.beginPath();
  for (const { arrivedMs, handledMs } of messages)
    segment(pen, x(arrivedMs), page, x(handledMs ?? nowMs), handledMs === undefined ? page : handler);
  pen.stroke();
  pen.globalAlpha = 1;
}

/** The age of a message beside it, at the end of its handling, where there is room. */
function paintAges(
  pen: CanvasRenderingContext2D,
  ground: Ground,
  { messages }: Picture,
  { nowMs, uncertaintyMs, showsHandler }: View,
  { ink, panel }: Colours,
): void {
  const baseline = (showsHandler ? ground.handler : ground.page) - 8;
  pen.font = '700 16px system-ui, sans-serif';
  pen.textAlign = 'right';
  pen.textBaseline = 'alphabetic';
  pen.lineJoin = 'round';
  let room = Number.POSITIVE_INFINITY;
  for (const { dueMs, handledMs } of [...messages].reverse()) {
    if (handledMs === undefined || handledMs > nowMs) continue;
    const right = ground.x(handledMs) - 9;
    const text = writeAge(handledMs - dueMs, uncertaintyMs);
    const width = pen.measureText(text).width;
    if (right > room || right - width < gutter) continue;
    pen.strokeStyle = panel;
    pen.lineWidth = 4;
    pen.strokeText(text, right, baseline);
    pen.fillStyle = ink;
    pen.fillText(text, right, baseline);
    room = right - width - 14;
  }
}

function paintAbsences(
  pen: CanvasRenderingContext2D,
  ground: Ground,
  { absences }: Picture,
  { fails, panel }: Colours,
): void {
  const middle = (ground.server + ground.page) / 2;
  pen.textBaseline = 'middle';
  pen.textAlign = 'center';
  for (const { fromMs, toMs } of absences) {
    const left = Math.max(gutter, ground.x(fromMs));
    const right = Math.min(ground.width, ground.x(toMs));
    pen.strokeStyle = fails;
    pen.lineWidth = 3;
    pen.setLineDash([2, 8]);
    line(pen, left, middle, right, middle);
    pen.setLineDash([]);
    if (right - left < 110) continue;
    pen.font = '700 16px system-ui, sans-serif';
    pen.lineWidth = 8;
    pen.strokeStyle = panel;
    pen.strokeText('offline', (left + right) / 2, middle);
    pen.fillStyle = fails;
    pen.fillText('offline', (left + right) / 2, middle);
  }
}

/** Where not everything is shown it says so. */
function paintRatio(
  pen: CanvasRenderingContext2D,
  { width }: Ground,
  { oneIn, oneRequestIn }: Picture,
  { ink, panel }: Colours,
): void {
  const parts = [
    ...(oneIn > 1 ? [`1 message in ${oneIn} shown`] : []),
    ...(oneRequestIn > 1 ? [`1 request in ${oneRequestIn} shown`] : []),
  ];
  if (parts.length === 0) return;
  pen.font = '600 14px system-ui, sans-serif';
  pen.textAlign = 'right';
  pen.textBaseline = 'alphabetic';
  pen.strokeStyle = panel;
  pen.lineWidth = 5;
  pen.strokeText(parts.join(', '), width - edge, 13);
  pen.fillStyle = ink;
  pen.fillText(parts.join(', '), width - edge, 13);
}

function line(pen: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  pen.beginPath();
  segment(pen, x1, y1, x2, y2);
  pen.stroke();
}

function segment(pen: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
}

function dot(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

function ring(
  pen: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  stroke: string,
  fill: string,
): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  pen.strokeStyle = stroke;
  pen.lineWidth = 2;
  pen.stroke();
}

/** The sign of a transport: the same shape that the report draws. */
function sign(pen: CanvasRenderingContext2D, name: LaneName, x: number, y: number, radius: number): void {
  pen.beginPath();
  const { shape } = transportLooks[name];
  if (shape === 'triangle') {
    pen.moveTo(x, y - radius - 1);
    pen.lineTo(x + radius + 1, y + radius);
    pen.lineTo(x - radius - 1, y + radius);
    pen.closePath();
  } else if (shape === 'rect') pen.rect(x - radius + 1, y - radius + 1, 2 * radius - 2, 2 * radius - 2);
  else if (shape === 'crossRot') {
    pen.lineWidth = 4;
    segment(pen, x - radius, y - radius, x + radius, y + radius);
    segment(pen, x - radius, y + radius, x + radius, y - radius);
    pen.stroke();
    return;
  } else pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}
