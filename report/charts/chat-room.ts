import { type Spread, spread } from '../../bench/analysis/statistics.ts';
import type { Probe, Result } from '../../bench/result.ts';
import { mebibyte, sentencePer, whole, writeBytes, writeMs } from '../units.ts';
import type { Axis, BarPanel, Figure, LinePanel, LineSeries } from './figure.ts';
import { decadeBelow, roundAbove } from './figure.ts';
import {
  countCell,
  numberCell,
  numberColumn,
  spreadCell,
  type Table,
  wordCell,
  wordColumn,
} from './table.ts';

/** Points of a model line: both axes are logarithmic, so few would do, were N(N + 1)/2 straight. */
const modelSteps = 12;

/**
 * What does it cost to tell everybody? Messages and time against the number of people in the room; then
 * what the server still remembers of people who have left.
 */
export function chatRoomFigures(result: Result): Figure[] {
  const probes = result.probes.filter(({ experiment }) => experiment === 'chat-room');
  return [...partyFigure(sizesOf(probes)), ...leakFigure(roomsOf(probes))];
}

/** The parties of as many visitors. */
type Size = { visitors: number; probes: Probe[] };

function sizesOf(probes: readonly Probe[]): Size[] {
  const parties = probes.filter(({ name, values }) => name === 'party/fixed' && (values.visitors ?? 0) > 0);
  const sizes = [...new Set(parties.map(({ values }) => values.visitors ?? 0))].sort((a, b) => a - b);
  return sizes.map((visitors) => ({
    visitors,
    probes: parties.filter(({ values }) => values.visitors === visitors),
  }));
}

function partyFigure(sizes: readonly Size[]): Figure[] {
  const largest = sizes.at(-1);
  if (!largest) return [];
  const x: Axis = {
    title: 'People in the room, N (log scale)',
    scale: 'logarithmic',
    unit: 'number',
    min: decadeBelow(sizes[0]?.visitors ?? 1),
    max: roundAbove(largest.visitors),
  };
  return [
    {
      id: 'chat-room-party',
      title: 'N people join the room, and each writes one message',
      notes: [
        'Thin dotted lines: the models, N(N + 1)/2 announcements and N² deliveries. Both models grow with the square of N: 10 times as many people cost 100 times as many messages.',
      ],
      panels: [messagesPanel(sizes, x), timePanel(sizes, x)],
      table: partyTable(sizes),
    },
  ];
}

function messagesPanel(sizes: readonly Size[], x: Axis): LinePanel {
  const largest = sizes.at(-1) as Size;
  const announcements = (visitors: number) => (visitors * (visitors + 1)) / 2;
  const deliveries = (visitors: number) => visitors * visitors;
  const series = [
    modelLine('model: N²', sizes, deliveries),
    modelLine('model: N(N + 1)/2', sizes, announcements),
    lineOf('deliveries of messages', sizes, 'saidHeard'),
    { ...lineOf('announcements of joins', sizes, 'announcementsHeard'), dotted: true },
  ];
  const heard = (name: string) => whole(over(largest, name)?.median ?? 0);
  return {
    kind: 'lines',
    id: 'chat-room-messages',
    title: 'Messages that the room delivers',
    says: `With ${whole(largest.visitors)} people: ${heard('announcementsHeard')} announcements of joins (model ${whole(announcements(largest.visitors))}), and ${heard('saidHeard')} deliveries of one message per person (model ${whole(deliveries(largest.visitors))}).`,
    size: 'half',
    x,
    y: decades('Messages delivered (log scale)', 'number', series),
    series,
    labels: 'end',
  };
}

function timePanel(sizes: readonly Size[], x: Axis): LinePanel {
  const series = [
    lineOf('slowest message', sizes, 'tellMaxMs'),
    { ...lineOf('mean of all messages', sizes, 'tellMeanMs'), dotted: true },
  ];
  const times = sizes.map(
    (size) => `With ${whole(size.visitors)} people, ${writeMs(over(size, 'tellMaxMs')?.median ?? 0)}`,
  );
  return {
    kind: 'lines',
    id: 'chat-room-time',
    title: 'Time until a message has reached all clients',
    says: `Time until the slowest message had reached all clients. ${sentencePer(times)}`,
    size: 'half',
    x,
    y: decades('Time (log scale)', 'ms', series),
    series,
    labels: 'end',
  };
}

/** A logarithmic axis from a whole decade to the next round number. */
function decades(title: string, unit: Axis['unit'], series: readonly LineSeries[]): Axis {
  const values = series.flatMap(({ points }) => points.map(({ y }) => y));
  return {
    title,
    scale: 'logarithmic',
    unit,
    min: decadeBelow(Math.min(...values)),
    max: roundAbove(Math.max(...values)),
  };
}

function lineOf(name: string, sizes: readonly Size[], value: string): LineSeries {
  return {
    name,
    transport: 'push',
    role: 'measured',
    points: sizes.flatMap((size) => {
      const y = over(size, value)?.median;
      return y && y > 0 ? [{ x: size.visitors, y }] : [];
    }),
  };
}

function modelLine(name: string, sizes: readonly Size[], model: (visitors: number) => number): LineSeries {
  const [low, high] = [sizes[0]?.visitors ?? 1, sizes.at(-1)?.visitors ?? 1];
  const points = Array.from({ length: modelSteps + 1 }, (_, step) => {
    const x = low * (high / low) ** (step / modelSteps);
    return { x, y: model(x) };
  });
  return { name, transport: 'push', role: 'model', points };
}

function partyTable(sizes: readonly Size[]): Table {
  const values = [
    'joinMs',
    'announcementsHeard',
    'saidHeard',
    'missing',
    'doubled',
    'tellMeanMs',
    'tellMaxMs',
    'serverCpuMs',
  ];
  return {
    id: 'chat-room-party-table',
    caption:
      'Messages and times by number of people. “Missing”: deliveries that never came. “Duplicates”: deliveries that came twice.',
    columns: [
      numberColumn('people'),
      numberColumn('runs'),
      numberColumn('time until all have joined', 'ms'),
      numberColumn('announcements'),
      numberColumn('model: N(N + 1)/2'),
      numberColumn('deliveries'),
      numberColumn('model: N²'),
      numberColumn('missing'),
      numberColumn('duplicates'),
      numberColumn('mean time to reach all clients', 'ms'),
      numberColumn('maximum time to reach all clients', 'ms'),
      numberColumn('server CPU', 'ms'),
    ],
    rows: sizes.map((size) => {
      const [join, announced, said, ...others] = values.map((value) => spreadCell(over(size, value)));
      const n = size.visitors;
      return [
        countCell(n),
        countCell(size.probes.length),
        join ?? numberCell(null),
        announced ?? numberCell(null),
        countCell((n * (n + 1)) / 2),
        said ?? numberCell(null),
        countCell(n * n),
        ...others,
      ];
    }),
  };
}

/** A kind of room, and the runs in which people came and went. */
type Room = { name: string; probes: Probe[] };

function roomsOf(probes: readonly Probe[]): Room[] {
  const rooms = [
    { name: 'fixed server', probe: 'leak/fixed' },
    { name: 'lecture’s server', probe: 'leak/naive' },
  ];
  return rooms
    .map(({ name, probe }) => ({ name, probes: probes.filter((one) => one.name === probe) }))
    .filter(({ probes }) => probes.length > 0);
}

function leakFigure(rooms: readonly Room[]): Figure[] {
  const [first] = rooms;
  if (!first) return [];
  return [
    {
      id: 'chat-room-leak',
      title: `Memory leak: ${whole(first.probes[0]?.values.cycles ?? 0)} people join and leave`,
      notes: [
        'The room is empty at the end. The two servers differ in one point: the lecture’s server never removes a connection from its list.',
      ],
      panels: [
        roomPanel(rooms, {
          id: 'remembered',
          title: 'Connections still in the server’s list',
          axis: 'Connections',
          of: ({ values }) => values.rememberedAfterwards,
          write: whole,
        }),
        roomPanel(rooms, {
          id: 'grown',
          title: 'Memory growth of the server',
          axis: 'Memory growth (MiB)',
          of: grewMebibytes,
          write: (value) => writeBytes(value * mebibyte),
        }),
      ],
      table: leakTable(rooms),
    },
  ];
}

/** Memory after a collection, less what there was before; less than nothing is nothing. */
function grewMebibytes({ values }: Probe): number | undefined {
  return values.memoryGrewBytes === undefined ? undefined : Math.max(0, values.memoryGrewBytes) / mebibyte;
}

function roomPanel(
  rooms: readonly Room[],
  trace: {
    id: string;
    title: string;
    axis: string;
    of: (probe: Probe) => number | undefined;
    write: (value: number) => string;
  },
): BarPanel {
  const rows = rooms.map(({ name, probes }) => {
    const value = spread(probes.map(trace.of));
    return {
      name,
      transport: 'push' as const,
      value: value ? value.median : null,
      text: value ? trace.write(value.median) : 'not measured',
      ...(value && value.runs > 1 && { low: value.low, high: value.high }),
    };
  });
  const longest = Math.max(...rows.map(({ value, high }) => Math.max(value ?? 0, high ?? 0)));
  return {
    kind: 'bars',
    id: `chat-room-${trace.id}`,
    title: trace.title,
    says: `State of the server after everyone has left. ${sentencePer(rows.map(({ name, text }) => `${trace.title}, ${name}: ${text}`))}`,
    size: 'half',
    x: { title: trace.axis, scale: 'linear', unit: 'number', min: 0, max: roundAbove(longest) },
    rows,
  };
}

function leakTable(rooms: readonly Room[]): Table {
  const of = ({ probes }: Room, read: (probe: Probe) => number | undefined) =>
    spreadCell(spread(probes.map(read)));
  return {
    id: 'chat-room-leak-table',
    caption:
      'State of the server after everyone has left. “Announcements written”: the server writes to every connection in its list, and the lecture’s list still has the closed connections. A decrease in memory counts as 0.',
    columns: [
      wordColumn('server'),
      numberColumn('runs'),
      numberColumn('people joined and left'),
      numberColumn('connections in the list'),
      numberColumn('announcements written'),
      numberColumn('memory growth', 'MiB'),
      numberColumn('server CPU', 'ms'),
    ],
    rows: rooms.map((room) => [
      wordCell(room.name),
      countCell(room.probes.length),
      of(room, ({ values }) => values.cycles),
      of(room, ({ values }) => values.rememberedAfterwards),
      of(room, ({ values }) => values.announced),
      of(room, grewMebibytes),
      of(room, ({ values }) => values.serverCpuMs),
    ]),
  };
}

function over({ probes }: Size, value: string): Spread | undefined {
  return spread(probes.map(({ values }) => values[value]));
}
