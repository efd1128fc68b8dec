import { figuresOf, lanesBy, type Quantity, total } from '../../analysis/figures.ts';
import { whole, withRange, writeKiB, writeMedian, writeMs } from '../../analysis/statistics.ts';
import type { Experiment, RoomPlan } from '../../experiment.ts';
import type { Probe } from '../../result.ts';

const sizes = {
  quick: { repeats: 1, visitors: [20, 80], cycles: 100 },
  default: { repeats: 1, visitors: [20, 80, 200], cycles: 1000 },
  full: { repeats: 5, visitors: [20, 100, 500], cycles: 1000 },
} as const;

export const chatRoom: Experiment = {
  text: {
    id: 'chat-room',
    title: 'The chat room',
    claim: 'A loop over all connections is enough to send a message to everybody',
    question: 'What does a message to everybody cost, and what happens when somebody leaves?',
    prediction: {
      choices: [
        {
          text: 'The cost grows with the number of people: one delivery for each person.',
          why: 'One message to everybody makes N deliveries. If each of N people sends one message, the server makes N² deliveries.',
        },
        {
          text: 'Hardly anything: the server sends one message to the room.',
          why: 'The room exists only in the server. Each connection gets its own copy of the message.',
        },
        {
          text: 'People who have left cost nothing: their connections are closed.',
          why: 'This is true only if the server removes closed connections from its list. The lecture’s server never removes a connection.',
        },
        {
          text: 'N arrivals cause about N²/2 announcements, before anybody has written.',
          why: 'The server announces the k-th arrival to k people. A thousand arrivals make half a million messages.',
        },
      ],
      right: 3,
    },
    howToRead:
      'The left chart shows the messages delivered when N people join and each sends one message. Both axes are logarithmic, so N² deliveries form a line with slope 2. The right chart shows the connections in the server’s list after people joined and left. The chart compares the fixed server with the lecture’s server.',
    why: 'The loop writes each message to all N connections, so N people who send one message each cause N² writes. A list that never removes a connection grows with every person who joins. The server then writes every message to all connections in the list, including closed connections.',
    caveat:
      'Both servers use the same library. The servers differ only in their limits and in the removal of closed connections. Memory is the server’s heap and buffers after a garbage collection.',
  },

  rule: 'The claim does not hold if the fixed server loses or duplicates a message, or keeps a closed connection in its list, in any run. Otherwise the claim "depends" if the lecture’s server keeps a closed connection in its list, in any run. Otherwise the claim holds. Announcements count as messages.',

  plan(profile) {
    const { repeats, visitors, cycles } = sizes[profile];
    const rooms: RoomPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const parties = visitors.map(
        (count): RoomPlan => ({
          name: 'room',
          kind: 'fixed',
          visitors: count,
          cycles: 0,
          repeat,
          // A handshake each, N²/2 announcements and N² deliveries.
          durationMs: count * 5 + count * count * 0.04,
        }),
      );
      const leaks = (['fixed', 'naive'] as const).map(
        (kind): RoomPlan => ({ name: 'room', kind, visitors: 0, cycles, repeat, durationMs: cycles * 1.5 }),
      );
      rooms.push(...[...parties, ...leaks]);
    }
    return { trials: [], probes: rooms };
  },

  figures({ probes }) {
    const parties = probes.filter(({ name }) => name === 'party/fixed');
    const sizesSeen = lanesBy(parties, ({ values }) => String(values.visitors ?? 0));
    const largest = Math.max(...sizesSeen.map(({ name }) => Number(name)));
    return [
      ...figuresOf({ runs: parties.filter(({ values }) => values.visitors === largest) }, ...ofLargest),
      ...figuresOf({ runs: parties }, [
        'exact',
        '1 if everybody received each message and announcement once',
        (party) => Number(isExact(party)),
      ]),
      total(
        'wrong',
        'messages lost or duplicated in the fixed server',
        parties.reduce((sum, { values }) => sum + (values.missing ?? 0) + (values.doubled ?? 0), 0),
        parties,
      ),
      ...sizesSeen.flatMap((lane) =>
        figuresOf(lane, [
          'announcementsPerModel',
          'announcements received ÷ N(N + 1)/2',
          announcementsPerModel,
        ]),
      ),
      ...(['fixed', 'naive'] as const).flatMap((kind) =>
        figuresOf({ name: kind, runs: probes.filter(({ name }) => name === `leak/${kind}`) }, ...ofLeaks),
      ),
    ];
  },

  judge(figures) {
    const [took, people, announcements, deliveries, exact, wrong, fixed, naive, left] = figures.need(
      'No usable run with people who stay, or with people who leave',
      'tellMax',
      'people',
      'announcements',
      'deliveries',
      'exact',
      'wrong',
      'kept/fixed',
      'kept/naive',
      'left/naive',
    );
    const isWrong = exact.low < 1 || fixed.high > 0;
    const [grew, grewFixed] = [figures.get('memoryGrew/naive'), figures.get('memoryGrew/fixed')];
    return {
      verdict: isWrong ? 'does not hold' : naive.high > 0 ? 'depends' : 'holds',
      sentence: [
        `After ${whole(left.value)} people left, the lecture’s server kept ${whole(naive.high)} closed connections in its list, the fixed server ${whole(fixed.high)}.`,
        grew && grewFixed
          ? `The memory of the lecture’s server grew by ${withRange(grew, writeKiB)}, the memory of the fixed server by ${writeMedian(grewFixed, writeKiB)} (heap and buffers).`
          : '',
        wrong.value === 0
          ? 'The fixed server delivered every message to everybody once.'
          : `In the fixed server, ${whole(wrong.value)} messages were lost or duplicated.`,
        `The arrival of ${whole(people.value)} people caused ${whole(announcements.value)} announcements. The model N(N + 1)/2 predicts ${whole(announcementsOf(people.value))}.`,
        `When each person sent one message, the server made ${whole(deliveries.value)} deliveries. The slowest message reached everybody after ${withRange(took, writeMs)}.`,
      ]
        .filter(Boolean)
        .join(' '),
      model: 'announcements: N(N + 1)/2; deliveries: N² when each of N people sends one message',
    };
  },
};

/** Of the largest room with people who stay. */
const ofLargest: Quantity<Probe>[] = [
  ['people', 'people in the largest room', ({ values }) => values.visitors],
  ['announcements', 'announcements in the largest room', ({ values }) => values.announcementsHeard ?? 0],
  ['deliveries', 'deliveries of one message from each person', ({ values }) => values.saidHeard ?? 0],
  ['tellMax', 'time until the slowest message reached everybody', ({ values }) => values.tellMaxMs, 'ms'],
];

/** Of a server that people have left. */
const ofLeaks: Quantity<Probe>[] = [
  ['left', 'people who left', ({ values }) => values.cycles],
  ['kept', 'closed connections kept in the list', ({ values }) => values.rememberedAfterwards ?? 0],
  ['keptShare', 'closed connections kept in the list ÷ people who left', keptShare],
  [
    'memoryGrew',
    'growth of the server’s memory',
    ({ values }) => Math.max(0, values.memoryGrewBytes ?? 0) / 1024,
    'KiB',
  ],
];

function keptShare({ values: { cycles, rememberedAfterwards } }: Probe): number | undefined {
  return cycles && rememberedAfterwards !== undefined ? rememberedAfterwards / cycles : undefined;
}

function announcementsPerModel({ values: { visitors = 0, announcementsHeard } }: Probe): number | undefined {
  return announcementsHeard === undefined ? undefined : announcementsHeard / announcementsOf(visitors);
}

function announcementsOf(people: number): number {
  return (people * (people + 1)) / 2;
}

/** Everybody got every message once, and every announcement. */
function isExact({ values }: Probe): boolean {
  const { visitors = 0, missing, doubled, announcementsHeard, saidHeard } = values;
  return (
    missing === 0 &&
    doubled === 0 &&
    saidHeard === visitors * visitors &&
    announcementsHeard === announcementsOf(visitors)
  );
}
