import type { Result, Segment } from '../../bench/result.ts';
import { transportLooks } from '../../clients/transports.ts';
import { counts, numbers, type Table, tableOf, words } from '../charts/table.ts';
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
            ` The first ${counted(dropped, 'segment')} were removed: a lesson keeps the last ${counted(segments.length, 'segment')}.`}
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

const lookOf = ({ transport }: { transport: keyof typeof transportLooks }) => transportLooks[transport].label;

function lanesTable({ lanes }: Segment, number: number): Table {
  return tableOf(
    {
      id: `lesson-${number}-lanes`,
      caption:
        'Each lane has one client, as shown on the projector. Latency is the time from the scheduled send to the end of the handler.',
      staysOpen: true,
    },
    lanes,
    [
      words('transport', lookOf),
      counts('messages', ({ messages }) => messages),
      numbers('latency p50', 'ms', ({ p50Ms }) => p50Ms),
      numbers('latency p95', 'ms', ({ p95Ms }) => p95Ms),
      numbers('latency max', 'ms', ({ maxMs }) => maxMs),
      counts('requests', ({ requests }) => requests),
      counts('empty responses', ({ empty }) => empty),
      counts('bytes', ({ bytes }) => bytes),
      counts('missed', ({ missed }) => missed),
      counts('reconnects', ({ reconnects }) => reconnects),
      counts('pending messages in the page', ({ inboxMessages }) => inboxMessages),
      counts('queued in the server', ({ backlogBytes }) => backlogBytes, 'bytes'),
    ],
  );
}

function phonesTable({ phones }: Segment, number: number): Table {
  return tableOf(
    {
      id: `lesson-${number}-phones`,
      caption:
        'Each row combines all phones of a transport. Latencies below the uncertainty of a phone’s clock are left out.',
      staysOpen: true,
    },
    phones,
    [
      words('transport', lookOf),
      counts('phones', ({ members }) => members),
      counts('messages', ({ messages }) => messages),
      numbers('latency p50', 'ms', ({ p50Ms }) => p50Ms),
      numbers('latency p95', 'ms', ({ p95Ms }) => p95Ms),
      counts('clock too uncertain', ({ leftOut }) => leftOut, 'phones'),
    ],
  );
}
