import { transportLooks } from '../../clients/transports.ts';
import { Sign } from '../drawing/sign.tsx';
import { type Drawing, drawingOf, type LaneDrawing, placeAt } from './drawing.ts';
import type { SwimLanes } from './lanes.ts';
import { findingOf } from './spoken.ts';
import type { Step } from './steps.ts';

/** The distance of message numbers below the client's line, and the thickness of a pending request. */
const numbersY = 26;
const barHeight = 16;
/** The width of the label with the waiting time. */
const waitedWidth = 120;

/**
 * The space-time diagram: one picture for all lanes, because they share the time axis. It is part of the page, so it
 * prints and needs no script; the script also shows the current step.
 */
export function Diagram({ swim, followed, step }: { swim: SwimLanes; followed: number; step?: Step }) {
  const drawing = drawingOf(swim, followed);
  const { width, height, plot } = drawing;
  return (
    <svg class="swim" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={findingOf(swim, followed)}>
      <defs>
        <clipPath id="swim-plot">
          <rect x={plot.left} y="0" width={plot.right - plot.left + 14} height={height} />
        </clipPath>
        <pattern
          id="swim-hatch"
          width="8"
          height="8"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <path d="M0 0V8" class="swim-hatch" />
        </pattern>
      </defs>
      <TimeAxis drawing={drawing} />
      {step && <Cursor x={placeAt(step.atMs, swim.endMs)} plot={plot} />}
      <Dues drawing={drawing} followed={followed} />
      {drawing.lanes.map((lane, place) => (
        <Lane lane={lane} drawing={drawing} followed={followed} key={place} />
      ))}
      <text x={width} y={plot.top - 34} text-anchor="end" class="swim-quiet">
        latency of
      </text>
      <text x={width} y={plot.top - 12} text-anchor="end" class="swim-name">
        message {followed}
      </text>
      {step && <Rings step={step} drawing={drawing} x={placeAt(step.atMs, swim.endMs)} />}
    </svg>
  );
}

function TimeAxis({ drawing: { plot, ticks } }: { drawing: Drawing }) {
  return (
    <g>
      {ticks.map(({ x, text }) => (
        <g key={text}>
          <line x1={x} x2={x} y1={plot.top} y2={plot.bottom + 6} class="swim-grid" />
          <text x={x} y={plot.bottom + 28} text-anchor="middle" class="swim-quiet">
            {text}
          </text>
        </g>
      ))}
    </g>
  );
}

/** A dashed line through all lanes at the scheduled send time, connected to the message number above. */
function Dues({ drawing: { dues, plot }, followed }: { drawing: Drawing; followed: number }) {
  return (
    <g>
      {dues.map(({ seq, x, numberX }) => (
        <g class={seq === followed ? 'swim-due swim-due-followed' : 'swim-due'} data-message={seq} key={seq}>
          <path d={`M${numberX} ${plot.top - 26}L${x} ${plot.top}V${plot.bottom}`} class="swim-due-line" />
          <path d={`M${x} ${plot.top}V${plot.bottom}`} class="swim-target" />
          <circle cx={numberX} cy={plot.top - 40} r="14" />
          <text x={numberX} y={plot.top - 34} text-anchor="middle">
            {seq}
          </text>
        </g>
      ))}
    </g>
  );
}

function Lane({ lane, drawing, followed }: { lane: LaneDrawing; drawing: Drawing; followed: number }) {
  const { transport, titleY, serverY, clientY, holds, gaps } = lane;
  const { plot, width } = drawing;
  return (
    <g class={`swim-lane of-${transport}`}>
      <line x1="0" x2={width} y1={titleY - 24} y2={titleY - 24} class="swim-rule" />
      <Title lane={lane} x={plot.left} />
      {(['server', 'client'] as const).map((end) => {
        const y = end === 'server' ? serverY : clientY;
        return (
          <g key={end}>
            <text x={plot.left - 10} y={y + 5} text-anchor="end" class="swim-quiet">
              {end}
            </text>
            <line x1={plot.left} x2={plot.right} y1={y} y2={y} class="swim-line" />
          </g>
        );
      })}
      <g clip-path="url(#swim-plot)">
        {holds.map(({ from, to }, place) => (
          <rect
            x={from}
            y={serverY - barHeight / 2}
            width={to - from}
            height={barHeight}
            class="swim-held"
            key={place}
          />
        ))}
        {gaps.map(({ from, to }, place) => (
          <rect
            x={from}
            y={serverY - barHeight / 2}
            width={to - from}
            height={barHeight}
            class="swim-gap"
            key={place}
          />
        ))}
        <Arrows lane={lane} followed={followed} />
        <Followed lane={lane} />
      </g>
      <Arrivals lane={lane} plot={plot} followed={followed} />
      {lane.followed && (
        <text x={width} y={(serverY + clientY) / 2 + 12} text-anchor="end" class="swim-age">
          {lane.followed.latency}
        </text>
      )}
    </g>
  );
}

function Title({ lane: { transport, name, asked, titleY }, x }: { lane: LaneDrawing; x: number }) {
  return (
    <g>
      <g class="swim-sign">
        <Sign transport={transport} x={x + 7} y={titleY - 7} />
      </g>
      <text x={x + 22} y={titleY} class="swim-name">
        {name}
        <tspan dx="12" class="swim-quiet">
          {asked}
        </tspan>
      </text>
    </g>
  );
}

/** Requests go up, responses down. An empty response is grey and ends in a ring. */
function Arrows({ lane, followed }: { lane: LaneDrawing; followed: number }) {
  const { transport, serverY, clientY, requests, answers } = lane;
  const dash = transportLooks[transport].dash.join(' ');
  return (
    <g>
      {requests.map(({ x1, x2 }, place) => (
        <g class="swim-request" key={place}>
          <line x1={x1} y1={clientY} x2={x2} y2={serverY} />
          <path d={headAt(x1, clientY, x2, serverY)} />
        </g>
      ))}
      {answers.map(({ x1, x2, seqs }, place) =>
        seqs.length === 0 ? (
          <g class="swim-empty" key={place}>
            <line x1={x1} y1={serverY} x2={x2} y2={clientY} stroke-dasharray="3 6" />
            <circle cx={x2} cy={clientY} r="7" />
          </g>
        ) : (
          <g class="swim-answer" data-message={seqs.includes(followed) ? followed : seqs[0]} key={place}>
            <line x1={x1} y1={serverY} x2={x2} y2={clientY} class="swim-target" />
            <line x1={x1} y1={serverY} x2={x2} y2={clientY} class="swim-stroke" stroke-dasharray={dash} />
            <Sign transport={transport} x={x2} y={clientY} />
          </g>
        ),
      )}
    </g>
  );
}

/** The followed message: along the server's line while it waits there, then down to the client. */
function Followed({ lane: { transport, followed, serverY, clientY } }: { lane: LaneDrawing }) {
  if (!followed) return null;
  const { dueX, leftX, x, waited } = followed;
  const room = leftX - dueX;
  return (
    <g class="swim-followed">
      <path d={`M${dueX} ${serverY}H${leftX}L${x} ${clientY}`} class="swim-followed-ground" />
      <path d={`M${dueX} ${serverY}H${leftX}L${x} ${clientY}`} class="swim-followed-stroke" />
      <g transform={`translate(${x} ${clientY}) scale(1.7)`}>
        <Sign transport={transport} x={0} y={0} />
      </g>
      {room > waitedWidth && (
        <text x={dueX + room / 2} y={serverY + 24} text-anchor="middle" class="swim-waited">
          waits {waited}
        </text>
      )}
    </g>
  );
}

function Arrivals(props: { lane: LaneDrawing; plot: Drawing['plot']; followed: number }) {
  const { lane, plot, followed } = props;
  return (
    <g>
      {lane.arrivals
        .filter(({ x }) => x >= plot.left && x <= plot.right + 14)
        .map(({ x, seqs }) => (
          <text x={x} y={lane.clientY + numbersY} text-anchor="middle" class="swim-numbers" key={x}>
            {seqs.length === 0 && <tspan class="swim-quiet">empty</tspan>}
            {seqs.map((seq, place) => (
              <tspan
                dx={place > 0 ? 7 : undefined}
                class={seq === followed ? 'swim-number-followed' : undefined}
                data-message={seq}
                key={seq}
              >
                {seq}
              </tspan>
            ))}
          </text>
        ))}
    </g>
  );
}

/** The current step: an upright band behind all lanes. */
function Cursor({ x, plot }: { x: number; plot: Drawing['plot'] }) {
  return <line x1={x} x2={x} y1={plot.top} y2={plot.bottom + 8} class="swim-cursor" />;
}

/** A ring at the current step, in one lane or in all. */
function Rings({ step, drawing: { lanes }, x }: { step: Step; drawing: Drawing; x: number }) {
  const concerned = step.lane === undefined ? lanes : lanes.slice(step.lane, step.lane + 1);
  return (
    <g>
      {concerned.map(({ serverY, clientY }, place) => (
        <circle cx={x} cy={step.at === 'server' ? serverY : clientY} r="14" class="swim-ring" key={place} />
      ))}
    </g>
  );
}

/** An arrowhead. */
function headAt(x1: number, y1: number, x2: number, y2: number): string {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [along, across] = [(x2 - x1) / length, (y2 - y1) / length];
  const [backX, backY] = [x2 - 13 * along, y2 - 13 * across];
  const corners = [
    [x2, y2],
    [backX - 5 * across, backY + 5 * along],
    [backX + 5 * across, backY - 5 * along],
  ];
  return `M${corners.map((corner) => corner.map((place) => place.toFixed(1)).join(' ')).join('L')}Z`;
}
