import { spread } from '../../../bench/analysis/statistics.ts';
import type { Probe, Result } from '../../../bench/result.ts';
import { type AxisUnit, mebibyte, sentencePer, whole, writeBytes, writeMs } from '../../units.ts';
import { logarithmic } from '../axes.ts';
import type { Figure, LinePanel, LineSeries } from '../figure.ts';
import { byValue, type Group } from '../lanes.ts';
import type { DrawnMetric, Metric, Read } from '../metrics.ts';
import { bars, lineOf, modelLine } from '../panels.ts';
import { counts, medians, names, runsColumn, tableOf } from '../table.ts';

/** Points of a model line: both axes are logarithmic, so few would do, were N(N + 1)/2 straight. */
const modelSteps = 12;

/**
 * What does it cost to tell everybody? Messages and time against the number of people in the room; then
 * what the server still remembers of people who have left.
 */
export function chatRoomFigures(result: Result): Figure[] {
  const probes = result.probes.filter(({ experiment }) => experiment === 'chat-room');
  return [
    ...partyFigure(probes.filter(({ name, values }) => name === 'party/fixed' && (values.visitors ?? 0) > 0)),
    ...leakFigure(roomsOf(probes)),
  ];
}

/** A value that a probe counted. */
function probed(name: string, value: string, unit?: string): Metric<Probe> {
  return { name, unit, read: ({ values }) => values[value] };
}

const visitorsOf: Read<Probe> = ({ values }) => values.visitors;
const announcements = (visitors: number) => (visitors * (visitors + 1)) / 2;
const deliveries = (visitors: number) => visitors * visitors;

const announced = probed('announcements', 'announcementsHeard');
const delivered = probed('deliveries', 'saidHeard');
const meanTime = probed('mean time to reach all clients', 'tellMeanMs', 'ms');
const longestTime = probed('maximum time to reach all clients', 'tellMaxMs', 'ms');
const cpu = probed('server CPU', 'serverCpuMs', 'ms');

function partyFigure(parties: readonly Probe[]): Figure[] {
  const sizes = byValue(parties, visitorsOf);
  const largest = sizes.at(-1);
  if (!largest) return [];
  const x = logarithmic(
    'People in the room, N (log scale)',
    'number',
    sizes.map(({ at }) => at),
  );
  const model = (name: string, of: (visitors: number) => number) => {
    const [low, high] = [sizes[0]?.at ?? 1, largest.at];
    const points = Array.from({ length: modelSteps + 1 }, (_, step) => {
      const x = low * (high / low) ** (step / modelSteps);
      return { x, y: of(x) };
    });
    return modelLine({ name, transport: 'push' }, points);
  };
  const line = (name: string, { read }: Metric<Probe>, dotted?: boolean) =>
    lineOf({ name, transport: 'push', runs: parties, dotted }, visitorsOf, read);
  const panel = (
    id: string,
    title: string,
    says: string,
    y: [string, AxisUnit],
    series: LineSeries[],
  ): LinePanel => {
    const values = series.flatMap(({ points }) => points.map(({ y }) => y));
    return {
      kind: 'lines',
      id: `chat-room-${id}`,
      title,
      says,
      size: 'half',
      x,
      y: logarithmic(...y, values),
      series,
      labels: 'end',
    };
  };
  const heard = ({ read }: Metric<Probe>) => whole(spread(largest.runs.map(read))?.median ?? 0);
  const times = sizes.map(
    ({ at, runs }) =>
      `With ${whole(at)} people, ${writeMs(spread(runs.map(longestTime.read))?.median ?? 0, runs.length < 2 ? 2 : 3)}`,
  );
  return [
    {
      id: 'chat-room-party',
      title: 'N people join the room, and each writes one message',
      notes: [
        'The thin dotted lines are the models: N(N + 1)/2 announcements and N² deliveries. In both models, the message count grows with N²: 10 times as many people send 100 times as many messages.',
      ],
      panels: [
        panel(
          'messages',
          'Messages that the room delivers',
          `With ${whole(largest.at)} people: ${heard(announced)} announcements of joins (model ${whole(announcements(largest.at))}), and ${heard(delivered)} deliveries of one message per person (model ${whole(deliveries(largest.at))}).`,
          ['Messages delivered (log scale)', 'number'],
          [
            model('model: N²', deliveries),
            model('model: N(N + 1)/2', announcements),
            line('deliveries of messages', delivered),
            line('announcements of joins', announced, true),
          ],
        ),
        panel(
          'time',
          'Time until a message has reached all clients',
          `Time until the slowest message had reached all clients. ${sentencePer(times)}`,
          ['Time (log scale)', 'ms'],
          [line('slowest message', longestTime), line('mean of all messages', meanTime, true)],
        ),
      ],
      table: tableOf(
        {
          id: 'chat-room-party-table',
          caption:
            'Messages and times by number of people. Missing deliveries never arrived. Duplicates arrived twice.',
        },
        sizes,
        [
          counts('people', ({ at }) => at),
          runsColumn,
          medians(probed('time until all have joined', 'joinMs', 'ms')),
          medians(announced),
          counts('model: N(N + 1)/2', ({ at }) => announcements(at)),
          medians(delivered),
          counts('model: N²', ({ at }) => deliveries(at)),
          medians(probed('missing', 'missing')),
          medians(probed('duplicates', 'doubled')),
          ...[meanTime, longestTime, cpu].map(medians),
        ],
      ),
    },
  ];
}

/** The kinds of rooms, and the runs in which people came and went. */
function roomsOf(probes: readonly Probe[]): Group<Probe>[] {
  return [
    { name: 'fixed server', probe: 'leak/fixed' },
    { name: 'lecture’s server', probe: 'leak/naive' },
  ]
    .map(({ name, probe }) => ({
      name,
      transport: 'push' as const,
      runs: probes.filter((one) => one.name === probe),
    }))
    .filter(({ runs }) => runs.length > 0);
}

const remembered: DrawnMetric<Probe> = {
  ...probed('connections in the list', 'rememberedAfterwards'),
  id: 'remembered',
  title: 'Connections still in the server’s list',
  axis: 'Connections',
  write: whole,
};

/** Memory after a collection, less what there was before; less than nothing is nothing. */
const grown: DrawnMetric<Probe> = {
  id: 'grown',
  title: 'Memory growth of the server',
  axis: 'Memory growth (MiB)',
  name: 'memory growth',
  unit: 'MiB',
  read: ({ values: { memoryGrewBytes: bytes } }) =>
    bytes === undefined ? undefined : Math.max(0, bytes) / mebibyte,
  write: (value) => writeBytes(value * mebibyte),
};

function leakFigure(rooms: readonly Group<Probe>[]): Figure[] {
  const [first] = rooms;
  if (!first) return [];
  return [
    {
      id: 'chat-room-leak',
      title: `Memory leak: ${whole(first.runs[0]?.values.cycles ?? 0)} people join and leave`,
      notes: [
        'The room is empty at the end. The two servers differ in one point: the lecture’s server never removes a connection from its list.',
      ],
      panels: [remembered, grown].map((trace) =>
        bars({ id: `chat-room-${trace.id}`, size: 'half' }, trace, rooms),
      ),
      table: tableOf(
        {
          id: 'chat-room-leak-table',
          caption:
            'State of the server after everyone has left. The server writes announcements to every connection in its list. The lecture’s server keeps closed connections in this list. A decrease in memory counts as 0.',
        },
        rooms,
        [
          names('server'),
          runsColumn,
          ...[
            probed('people joined and left', 'cycles'),
            remembered,
            probed('announcements written', 'announced'),
            grown,
            cpu,
          ].map(medians),
        ],
      ),
    },
  ];
}
