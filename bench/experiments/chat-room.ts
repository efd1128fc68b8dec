import { figure, total } from '../analysis/figures.ts';
import { whole, withRange, writeKiB, writeMedian, writeMs } from '../analysis/statistics.ts';
import type { Experiment } from '../experiment.ts';
import type { RoomPlan } from '../harness/rooms/room.ts';
import type { Probe } from '../result.ts';

const sizes = {
  quick: { repeats: 1, visitors: [20, 80], cycles: 100 },
  default: { repeats: 1, visitors: [20, 80, 200], cycles: 1000 },
  full: { repeats: 5, visitors: [20, 100, 500], cycles: 1000 },
} as const;

export const chatRoom: Experiment = {
  text: {
    id: 'chat-room',
    title: 'The chat room',
    claim: 'A loop over all connections is enough to tell everybody',
    question: 'What does it cost to tell everybody, and what happens when somebody leaves?',
    prediction: {
      choices: [
        {
          text: 'It grows with the number of people: one message for each of them.',
          why: 'One message to everybody makes N deliveries. If each of N people sends one message, the server makes N² deliveries.',
        },
        {
          text: 'Hardly anything: the server sends one message to the room.',
          why: 'There is no room on the wire, only connections. Each connection gets its own copy.',
        },
        {
          text: 'People who have left cost nothing: their connections are closed.',
          why: 'That is true only if the server removes closed connections from its list. The lecture’s server never removes a connection.',
        },
        {
          text: 'N arrivals cause about N²/2 announcements, before anybody has written.',
          why: 'The server announces the k-th arrival to k people. A thousand arrivals make half a million messages.',
        },
      ],
      right: 3,
    },
    howToRead:
      'The left chart shows the messages delivered when N people join and each sends one message. Both axes are logarithmic, and the line climbs twice as steeply as N. The right chart shows the connections in the server’s list after people joined and left. It compares the fixed server with the lecture’s server.',
    why: 'The loop writes each message to all N connections, so N people who send one message each cause N² writes. A list that never removes a connection grows with every person who joins. The server then writes every message to all connections in the list, including closed connections.',
    caveat:
      'Both servers use the same library. They differ only in the connections that they remove and in their limits. Memory is the server’s heap and buffers after a garbage collection.',
  },

  rule: 'The claim does not hold if the fixed server loses or duplicates a message, or keeps a closed connection in its list, in any run. Otherwise it "depends" if the lecture’s server keeps a closed connection in its list, in any run. Otherwise it holds. Announcements count as messages.',

  plan(profile) {
    const { repeats, visitors, cycles } = sizes[profile];
    const rooms: RoomPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const parties = visitors.map(
        (count): RoomPlan => ({
          kind: 'fixed',
          visitors: count,
          cycles: 0,
          repeat,
          // A handshake each, N²/2 announcements and N² deliveries.
          durationMs: count * 5 + count * count * 0.04,
        }),
      );
      const leaks = (['fixed', 'naive'] as const).map(
        (kind): RoomPlan => ({ kind, visitors: 0, cycles, repeat, durationMs: cycles * 1.5 }),
      );
      rooms.push(...[...parties, ...leaks]);
    }
    return { trials: [], rooms };
  },

  figures({ probes }) {
    const parties = probes.filter(({ name }) => name === 'party/fixed');
    const sizesSeen = [...new Set(parties.map(({ values }) => values.visitors ?? 0))];
    const largest = parties.filter(({ values }) => values.visitors === Math.max(...sizesSeen));
    return [
      figure(
        { name: 'people', label: 'people in the largest room' },
        largest,
        ({ values }) => values.visitors,
      ),
      figure(
        { name: 'announcements', label: 'announcements in the largest room' },
        largest,
        ({ values }) => values.announcementsHeard ?? 0,
      ),
      figure(
        { name: 'deliveries', label: 'deliveries of one message from each person, in the largest room' },
        largest,
        ({ values }) => values.saidHeard ?? 0,
      ),
      figure(
        { name: 'tellMax', label: 'time until the slowest message reached everybody', unit: 'ms' },
        largest,
        ({ values }) => values.tellMaxMs,
      ),
      figure(
        { name: 'exact', label: '1 if everybody received each message and each announcement once' },
        parties,
        (party) => Number(isExact(party)),
      ),
      total(
        { name: 'wrong', label: 'messages lost or duplicated in the fixed server' },
        parties.reduce((sum, { values }) => sum + (values.missing ?? 0) + (values.doubled ?? 0), 0),
        parties,
      ),
      ...sizesSeen.map((people) =>
        figure(
          {
            name: `announcementsPerModel/${people}`,
            label: 'announcements received ÷ N(N + 1)/2',
            condition: `${people} people`,
          },
          parties.filter(({ values }) => values.visitors === people),
          ({ values }) =>
            values.announcementsHeard === undefined
              ? undefined
              : values.announcementsHeard / announcementsOf(people),
        ),
      ),
      ...(['fixed', 'naive'] as const).flatMap((kind) =>
        leakFigures(
          kind,
          probes.filter(({ name }) => name === `leak/${kind}`),
        ),
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
        `The arrival of ${whole(people.value)} people caused ${whole(announcements.value)} announcements; the model N(N + 1)/2 predicts ${whole(announcementsOf(people.value))}.`,
        `When each person sent one message, the server made ${whole(deliveries.value)} deliveries. The slowest message reached everybody after ${withRange(took, writeMs)}.`,
      ]
        .filter(Boolean)
        .join(' '),
      model: 'announcements: N(N + 1)/2; deliveries: N² when each of N people sends one message',
    };
  },
};

/** The connections and the memory that a server kept after people had left. */
function leakFigures(kind: 'fixed' | 'naive', rooms: readonly Probe[]) {
  const condition = kind === 'fixed' ? 'fixed server' : 'lecture’s server';
  return [
    figure(
      { name: `left/${kind}`, label: 'people who left', condition },
      rooms,
      ({ values }) => values.cycles,
    ),
    figure(
      { name: `kept/${kind}`, label: 'closed connections kept in the list', condition },
      rooms,
      ({ values }) => values.rememberedAfterwards ?? 0,
    ),
    figure(
      {
        name: `keptShare/${kind}`,
        label: 'closed connections kept in the list ÷ people who left',
        condition,
      },
      rooms,
      ({ values: { cycles, rememberedAfterwards } }) =>
        cycles && rememberedAfterwards !== undefined ? rememberedAfterwards / cycles : undefined,
    ),
    figure(
      { name: `memoryGrew/${kind}`, label: 'growth of the server’s memory', condition, unit: 'KiB' },
      rooms,
      ({ values }) => Math.max(0, values.memoryGrewBytes ?? 0) / 1024,
    ),
  ];
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
