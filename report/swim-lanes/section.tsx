import { countCell, numberCell, numberColumn, type Table, wordCell, wordColumn } from '../charts/table.ts';
import { anchors } from '../sections/anchors.ts';
import { DataTable } from '../sections/data-table.tsx';
import { nothing, writeMs } from '../units.ts';
import { Diagram } from './diagram.tsx';
import { ageMs, mostTelling, type SwimLanes } from './lanes.ts';
import { findingOf } from './spoken.ts';

/**
 * One message of a recorded trace, followed through every lane. Without a script it is a picture of the
 * most telling message with tables; with one, anybody can follow another, and go through it step by step.
 */
export function SwimLanesSection({ swim }: { swim: SwimLanes }) {
  const followed = mostTelling(swim);
  return (
    <section class="experiment swim-lanes" id={anchors.oneMessage} aria-labelledby="one-message-title">
      <p class="kicker">One trial, message by message</p>
      <h2 id="one-message-title">One message, {ways[swim.lanes.length] ?? swim.lanes.length} ways</h2>
      <figure class="figure">
        <Controls />
        <p class="swim-says" id="swim-says" aria-live="polite">
          {findingOf(swim, followed)}
        </p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls, and takes arrow keys, has to be reachable by keyboard. */}
        <section class="swim-box" id="swim-box" tabIndex={0} aria-label="Space-time diagram of the trace">
          <Diagram swim={swim} followed={followed} />
        </section>
        <Legend swim={swim} />
        <Notes swim={swim} />
        <DataTable table={agesTable(swim)} title="The age of every message" />
        <DataTable table={requestsTable(swim)} title="What was asked for" />
      </figure>
    </section>
  );
}

const ways = ['no', 'one', 'two', 'three', 'four', 'five', 'six'];

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
          Step back
        </button>
        <button type="button" data-step="1">
          Step on
        </button>
        <span id="swim-place" />
      </span>
      <span class="quiet">Or ← and → in the picture; a click on a message follows it.</span>
    </p>
  );
}

function Legend({ swim }: { swim: SwimLanes }) {
  const holds = swim.lanes.some(({ holdMs }) => holdMs !== undefined);
  const asks = swim.lanes.some(({ polls }) => polls.length > 0);
  const marks = [
    {
      words: 'a message, on its way to the client',
      shape: <path d="M6 3 38 19" class="swim-stroke" />,
      shown: true,
    },
    {
      words: 'the message that is followed',
      shape: <path d="M2 5H22L40 19" class="swim-followed-stroke" />,
      shown: true,
    },
    { words: 'a request', shape: <path d="M6 19 38 3" class="swim-legend-request" />, shown: asks },
    {
      words: 'an empty answer',
      shape: (
        <g class="swim-empty">
          <path d="M4 4 32 16" stroke-dasharray="3 6" />
          <circle cx="34" cy="16" r="5" />
        </g>
      ),
      shown: asks,
    },
    {
      words: 'a request is held',
      shape: <rect x="2" y="4" width="40" height="14" class="swim-held" />,
      shown: holds,
    },
    {
      words: 're-arm gap: nobody is there to be answered',
      shape: <rect x="2" y="4" width="40" height="14" class="swim-gap" />,
      shown: holds,
    },
    { words: 'a message is due', shape: <path d="M22 1V21" class="swim-due-line" />, shown: true },
  ];
  return (
    <ul class="legend swim-legend" aria-label="How to read the picture">
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
        Time runs to the right, the same for all lanes. The upper line of a lane is the server, the lower one
        the client: the flatter a line between them, the longer the way took.
        {oneWayMs !== undefined &&
          ` One way through the link took ${writeMs(oneWayMs)} on average, as measured beside the messages.`}{' '}
        Every instant was written down where it happened, at both ends; nothing here is drawn from a model.
      </p>
      <p class="note">
        Shown first is the message that sets the ways furthest apart: the one for which the smallest step in
        age, from push to the first way that asks and from there to the next, is largest. The table has all of
        them. No verdict rests on this trial.
      </p>
    </>
  );
}

function agesTable({ lanes, messages }: SwimLanes): Table {
  const meanOf = (ages: readonly (number | undefined)[]) =>
    ages.reduce<number>((sum, age) => sum + (age ?? 0), 0) / ages.length;
  return {
    id: 'swim-ages',
    caption: 'Age on arrival, from the instant at which the message was due.',
    columns: [
      wordColumn('message'),
      numberColumn('due at', 'ms'),
      ...lanes.map(({ name }) => numberColumn(name, 'ms')),
    ],
    rows: [
      ...messages.map(({ seq, dueMs }) => [
        wordCell(String(seq)),
        countCell(Math.round(dueMs)),
        ...lanes.map((lane) => numberCell(ageMs(lane, seq))),
      ]),
      [
        wordCell('mean'),
        { text: nothing },
        ...lanes.map((lane) => numberCell(meanOf(messages.map(({ seq }) => ageMs(lane, seq))))),
      ],
    ],
  };
}

function requestsTable({ lanes, windowMs }: SwimLanes): Table {
  return {
    id: 'swim-requests',
    caption: `Requests that the server answered within the window of ${writeMs(windowMs)}, as it counted them itself.`,
    columns: [
      wordColumn('way'),
      numberColumn('messages'),
      numberColumn('requests'),
      numberColumn('of them empty'),
      numberColumn('held for at most', 'ms'),
    ],
    rows: lanes.map(({ name, messages, requests, empty, holdMs }) => [
      wordCell(name),
      countCell(messages.length),
      countCell(requests),
      countCell(empty),
      numberCell(holdMs),
    ]),
  };
}
