import { NotEnough } from '../analysis/findings.ts';
import { spread, whole, withRange, writeBytes, writeMedian, writeMs } from '../analysis/statistics.ts';
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

  rule: 'Every run counts. The claim does not hold if the fixed server loses or duplicates a message, or keeps a closed connection in its list. Otherwise it "depends" if the lecture’s server keeps a closed connection in its list. Otherwise it holds. An announcement counts as a message.',

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

  judge({ probes }) {
    const parties = probes.filter(({ name }) => name === 'party/fixed');
    const fixed = probes.filter(({ name }) => name === 'leak/fixed');
    const naive = probes.filter(({ name }) => name === 'leak/naive');
    const largest = Math.max(...parties.map(({ values }) => values.visitors ?? 0));
    const atLargest = parties.filter(({ values }) => values.visitors === largest);
    const took = spread(atLargest.map(({ values }) => values.tellMaxMs));
    if (!took || fixed.length === 0 || naive.length === 0)
      throw new NotEnough('No usable run with people who stay, or with people who leave');

    const exact = parties.every(isExact);
    const forgets = (rooms: readonly Probe[]) =>
      rooms.every(({ values }) => values.rememberedAfterwards === 0);
    const verdict = !exact || !forgets(fixed) ? 'does not hold' : forgets(naive) ? 'holds' : 'depends';
    const announced = atLargest[0]?.values.announcementsHeard ?? 0;
    const wrong = parties.reduce((sum, { values }) => sum + (values.missing ?? 0) + (values.doubled ?? 0), 0);
    const grew = spread(naive.map(({ values }) => Math.max(0, values.memoryGrewBytes ?? 0)));
    const grewFixed = spread(fixed.map(({ values }) => Math.max(0, values.memoryGrewBytes ?? 0)));
    return {
      verdict,
      sentence: [
        `After ${whole(naive[0]?.values.cycles ?? 0)} people left, the lecture’s server kept ${closedIn(naive)} closed connections in its list, the fixed server ${closedIn(fixed)}.`,
        `The lecture’s server grew by ${grew ? withRange(grew, writeBytes) : 'an unknown size'}, the fixed server by ${grewFixed ? writeMedian(grewFixed, writeBytes) : 'an unknown size'} (heap and buffers).`,
        `In the fixed server, ${wrong === 0 ? 'everybody got every message once' : `${whole(wrong)} messages were lost or duplicated`}.`,
        `The arrival of ${whole(largest)} people caused ${whole(announced)} announcements; the model N(N + 1)/2 predicts ${whole((largest * (largest + 1)) / 2)}.`,
        `One message from each person made ${whole(atLargest[0]?.values.saidHeard ?? 0)} deliveries; the slowest message took ${withRange(took, writeMs)} to reach everybody.`,
      ].join(' '),
      evidence: [],
      model: 'announcements: N(N + 1)/2; deliveries: N² when each of N people sends one message',
    };
  },
};

/** The most closed connections in the list, in any run. */
function closedIn(rooms: readonly Probe[]): string {
  return whole(Math.max(...rooms.map(({ values }) => values.rememberedAfterwards ?? 0)));
}

/** Everybody got every message once, and every announcement. */
function isExact({ values }: Probe): boolean {
  const { visitors = 0, missing, doubled, announcementsHeard, saidHeard } = values;
  return (
    missing === 0 &&
    doubled === 0 &&
    saidHeard === visitors * visitors &&
    announcementsHeard === (visitors * (visitors + 1)) / 2
  );
}
