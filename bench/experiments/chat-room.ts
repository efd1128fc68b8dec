import { NotEnough } from '../analysis/findings.ts';
import { spread, whole, withRange, writeBytes, writeMs } from '../analysis/statistics.ts';
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
    claim: 'Someone just sent a message: tell everybody',
    question: 'What does it cost to tell everybody, and what if somebody has left?',
    prediction: {
      choices: [
        {
          text: 'It grows with the number of people: one message for each of them.',
          why: 'One message to everybody costs N. If each of N people writes one message, or only arrives, it is N².',
        },
        {
          text: 'Hardly anything: the server sends one message to the room.',
          why: 'There is no room on the wire, only connections. Each connection gets its own copy.',
        },
        {
          text: 'People who have left cost nothing: their connections are closed.',
          why: 'That is true only if the server removes them from its list. The lecture’s server never does.',
        },
        {
          text: 'N arrivals cause about N²/2 announcements, before anybody has written.',
          why: 'The server announces the k-th arrival to k people. A thousand arrivals make half a million messages.',
        },
      ],
      right: 3,
    },
    howToRead:
      'Left: messages delivered when N people come in and each says one thing; both axes are logarithmic, and the line climbs twice as steeply as the crowd grows. Right: what the server still remembers after people came and left, in the room done right and in the one that the lecture shows.',
    why: 'Telling everybody is a loop over all connections, so what each of N says costs N. A list that nobody is ever taken from grows with all who ever came, and every message is written to all of them, the departed included.',
    caveat:
      'Both rooms use the same library and differ in nothing but what they forget and what they bound. The memory is the server’s heap and buffers after a collection.',
  },

  rule: 'Does not hold when in the fixed server anybody missed a message or an announcement, heard one twice, or anybody who left is remembered, in any run. Otherwise it holds when the lecture’s server remembers nobody who left either, in any run, and "depends" when it does.',

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
      throw new NotEnough('There is no usable party, or nobody came and went');

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
        `${whole(largest)} people who came in caused ${whole(announced)} announcements (N(N + 1)/2 = ${whole((largest * (largest + 1)) / 2)}), and what each said was heard ${whole(largest * largest)} times, ${wrong === 0 ? 'by everybody once' : `with ${whole(wrong)} missed or doubled`}; the last heard it within ${withRange(took, writeMs)}.`,
        `After ${whole(naive[0]?.values.cycles ?? 0)} people had come and gone, the lecture’s room still told ${whole(naive[0]?.values.rememberedAfterwards ?? 0)} connections everything and had grown by ${grew ? withRange(grew, writeBytes) : 'nothing'} of heap and buffers; the room done right remembered ${whole(fixed[0]?.values.rememberedAfterwards ?? 0)} (${writeBytes(grewFixed?.median ?? 0)}).`,
      ].join(' '),
      evidence: [],
      model: 'announcements N(N + 1)/2; deliveries N² when each says one thing',
    };
  },
};

/** Everybody heard everything once, and every announcement that it was due. */
function isExact({ values }: Probe): boolean {
  const { visitors = 0, missing, doubled, announcementsHeard, saidHeard } = values;
  return (
    missing === 0 &&
    doubled === 0 &&
    saidHeard === visitors * visitors &&
    announcementsHeard === (visitors * (visitors + 1)) / 2
  );
}
