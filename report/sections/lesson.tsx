import type { Result, Segment } from '../../bench/result.ts';
import { transportLooks } from '../../clients/transports.ts';
import { countCell, numberCell, numberColumn, type Table, wordCell, wordColumn } from '../charts/table.ts';
import { counted, writeDuration } from '../units.ts';
import { anchors } from './anchors.ts';
import { DataTable } from './data-table.tsx';
import { machineSentence } from './machine.ts';

/** A lesson segment by segment: the numbers on the projector's screen. */
export function LessonSection({ result }: { result: Result }) {
  const { segments = [], dropped = 0 } = result.lesson ?? {};
  return (
    <>
      <header class="first-screen" id={anchors.verdicts}>
        <p class="kicker">Push versus polling · a lesson</p>
        <h1>Numbers of the lesson</h1>
        <p>
          {counted(segments.length, 'segment')}. A new segment starts when a setting changes.
          {dropped > 0 &&
            ` The first ${counted(dropped, 'segment')} dropped out: a lesson keeps the last ${segments.length}.`}
        </p>
        <dl class="basis">
          <div>
            <dt>Test machine</dt>
            <dd>{machineSentence(result)}</dd>
          </div>
        </dl>
      </header>
      {segments.map((segment, index) => (
        <SegmentSection segment={segment} number={index + 1} key={index} />
      ))}
    </>
  );
}

function SegmentSection({ segment, number }: { segment: Segment; number: number }) {
  const { title, settings, durationMs, phones } = segment;
  const changed = settings.filter(({ isDefault }) => !isDefault);
  const name = `${number}. ${title ?? 'No scene'}`;
  return (
    <section class="experiment" aria-label={name}>
      <h2>{name}</h2>
      <p>
        {writeDuration(durationMs)}.{' '}
        {changed.length === 0
          ? 'All settings have their initial values.'
          : `Changed settings: ${changed.map(({ label, value }) => `${label} ${value}`).join(', ')}.`}
      </p>
      <DataTable table={lanesTable(segment, number)} title="Lanes on the projector" />
      {phones.length > 0 && <DataTable table={phonesTable(segment, number)} title="Phones" />}
    </section>
  );
}

function lanesTable({ lanes }: Segment, number: number): Table {
  return {
    id: `lesson-${number}-lanes`,
    caption:
      'One client per lane, as shown on the projector. Latency: from the scheduled send to the end of the handler.',
    staysOpen: true,
    columns: [
      wordColumn('transport'),
      numberColumn('messages'),
      numberColumn('latency p50', 'ms'),
      numberColumn('latency p95', 'ms'),
      numberColumn('latency max', 'ms'),
      numberColumn('requests'),
      numberColumn('empty responses'),
      numberColumn('bytes'),
      numberColumn('missed'),
      numberColumn('reconnects'),
      numberColumn('pending in the page'),
      numberColumn('queued in the server', 'bytes'),
    ],
    rows: lanes.map((lane) => [
      wordCell(transportLooks[lane.transport].label),
      countCell(lane.messages),
      numberCell(lane.p50Ms),
      numberCell(lane.p95Ms),
      numberCell(lane.maxMs),
      countCell(lane.requests),
      countCell(lane.empty),
      countCell(lane.bytes),
      countCell(lane.missed),
      countCell(lane.reconnects),
      countCell(lane.inboxMessages),
      countCell(lane.backlogBytes),
    ]),
  };
}

function phonesTable({ phones }: Segment, number: number): Table {
  return {
    id: `lesson-${number}-phones`,
    caption:
      'Each row combines all phones of a transport. Latencies below the uncertainty of a phone’s clock are left out.',
    staysOpen: true,
    columns: [
      wordColumn('transport'),
      numberColumn('phones'),
      numberColumn('messages'),
      numberColumn('latency p50', 'ms'),
      numberColumn('latency p95', 'ms'),
      numberColumn('clock too uncertain', 'phones'),
    ],
    rows: phones.map((phone) => [
      wordCell(transportLooks[phone.transport].label),
      countCell(phone.members),
      countCell(phone.messages),
      numberCell(phone.p50Ms),
      numberCell(phone.p95Ms),
      countCell(phone.leftOut),
    ]),
  };
}
