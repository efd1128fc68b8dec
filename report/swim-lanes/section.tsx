import { counts, names, numbers, type Table, tableOf } from '../charts/table.ts';
import { anchors } from '../sections/anchors.ts';
import { DataTable } from '../sections/data-table.tsx';
import { writeMs } from '../units.ts';
import { Diagram } from './diagram.tsx';
import { latencyMs, mostTelling, type SwimLanes } from './lanes.ts';
import { findingOf } from './spoken.ts';

/**
 * One message of a recorded trace in every lane. Without a script it is a diagram with tables; the script follows
 * other messages, and goes through the trace step by step.
 */
export function SwimLanesSection({ swim }: { swim: SwimLanes }) {
  const followed = mostTelling(swim);
  return (
    <section class="experiment swim-lanes" id={anchors.oneMessage} aria-labelledby="one-message-title">
      <p class="kicker">The trace of one trial</p>
      <h2 id="one-message-title">
        One message over {countWords[swim.lanes.length] ?? swim.lanes.length} transports
      </h2>
      <figure class="figure">
        <Controls />
        <p class="swim-says" id="swim-says" aria-live="polite">
          {findingOf(swim, followed)}
        </p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls, and handles arrow keys, has to be reachable by keyboard. */}
        <section class="swim-box" id="swim-box" tabIndex={0} aria-label="Space-time diagram of the trace">
          <Diagram swim={swim} followed={followed} />
        </section>
        <Legend swim={swim} />
        <Notes swim={swim} />
        <DataTable table={latencyTable(swim)} title="Latency of each message" />
        <DataTable table={requestsTable(swim)} title="Requests of each transport" />
      </figure>
    </section>
  );
}

const countWords = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];

function Controls() {
  return (
    <p class="swim-controls script-only">
      <span class="swim-control-group">
        <button type="button" data-follow="-1">
          Previous message
        </button>
        <button type="button" data-follow="1">
          Next message
        </button>
      </span>
      <span class="swim-control-group">
        <button type="button" data-step="first">
          First step
        </button>
        <button type="button" data-step="-1">
          Previous step
        </button>
        <button type="button" data-step="1">
          Next step
        </button>
        <span id="swim-place" />
      </span>
      <span class="quiet">Press ← and → in the diagram, or click a message to follow its path.</span>
    </p>
  );
}

function Legend({ swim }: { swim: SwimLanes }) {
  const holds = swim.lanes.some(({ holdMs }) => holdMs !== undefined);
  const polls = swim.lanes.some(({ polls }) => polls.length > 0);
  const marks = [
    {
      words: 'message to the client',
      shape: <path d="M6 3 38 19" class="swim-stroke" />,
      shown: true,
    },
    {
      words: 'the followed message',
      shape: <path d="M2 5H22L40 19" class="swim-followed-stroke" />,
      shown: true,
    },
    { words: 'request', shape: <path d="M6 19 38 3" class="swim-legend-request" />, shown: polls },
    {
      words: 'empty response',
      shape: (
        <g class="swim-empty">
          <path d="M4 4 32 16" stroke-dasharray="3 6" />
          <circle cx="34" cy="16" r="5" />
        </g>
      ),
      shown: polls,
    },
    {
      words: 'pending request',
      shape: <rect x="2" y="4" width="40" height="14" class="swim-held" />,
      shown: holds,
    },
    {
      words: 're-arm gap: no request at the server',
      shape: <rect x="2" y="4" width="40" height="14" class="swim-gap" />,
      shown: holds,
    },
    { words: 'scheduled send time', shape: <path d="M22 1V21" class="swim-due-line" />, shown: true },
  ];
  return (
    <ul class="legend" aria-label="Legend of the diagram">
      {marks
        .filter(({ shown }) => shown)
        .map(({ words, shape }) => (
          <li key={words}>
            <svg width="44" height="22" viewBox="0 0 44 22" class="of-none" aria-hidden="true">
              {shape}
            </svg>
            {words}
          </li>
        ))}
    </ul>
  );
}

function Notes({ swim: { lanes } }: { swim: SwimLanes }) {
  const oneWayMs = lanes.find((lane) => lane.oneWayMs !== undefined)?.oneWayMs;
  return (
    <>
      <p class="note">
        Time runs to the right, on one scale for all lanes. In each lane the upper line is the server and the
        lower line is the client. A flatter line between server and client means a longer delay.
        {oneWayMs !== undefined &&
          ` The delay proxy added a one-way delay of ${writeMs(oneWayMs)} (measured mean).`}{' '}
        Server and client recorded all times. No line comes from a model.
      </p>
      <p class="note">
        The diagram starts with the message whose latencies differ most between the transports. The table
        lists the latencies of all messages. No verdict uses this trial.
      </p>
    </>
  );
}

function latencyTable({ lanes, messages }: SwimLanes): Table {
  const latenciesOf = (seq: number) => lanes.map((lane) => latencyMs(lane, seq));
  const rows = messages.map(({ seq, dueMs }) => ({
    name: String(seq),
    dueMs: Math.round(dueMs),
    latencies: latenciesOf(seq),
  }));
  const means = lanes.map(
    (_, lane) => rows.reduce((sum, { latencies }) => sum + (latencies[lane] ?? 0), 0) / rows.length,
  );
  return tableOf(
    {
      id: 'swim-ages',
      caption: 'Latency is the time from the scheduled send time to the handler in the client.',
    },
    [...rows, { name: 'mean', dueMs: undefined, latencies: means }],
    [
      names('message'),
      counts('scheduled at', ({ dueMs }) => dueMs, 'ms'),
      ...lanes.map(({ name }, lane) =>
        numbers(name, 'ms', ({ latencies }: { latencies: (number | undefined)[] }) => latencies[lane]),
      ),
    ],
  );
}

function requestsTable({ lanes, windowMs }: SwimLanes): Table {
  return tableOf(
    {
      id: 'swim-requests',
      caption: `Requests with a response within the measured window of ${writeMs(windowMs)}, counted by the server.`,
    },
    lanes,
    [
      names('transport'),
      counts('messages', ({ messages }) => messages.length),
      counts('requests', ({ requests }) => requests),
      counts('empty responses', ({ empty }) => empty),
      numbers('long-poll timeout', 'ms', ({ holdMs }) => holdMs),
    ],
  );
}
