import { counted, writeBytes, writeCount, writeRatio, writeTime } from './numbers.ts';
import type { ClassDelays, LaneFigures, LaneName, Settings } from './protocol.ts';

/**
 * The questions that stand before the answers: for each scene two that ask for the same understanding, so
 * that copying the first answer does not help with the second. Each wrong choice is what somebody believes
 * who holds one of the usual misconceptions, and says why it is one. What was measured is the judge: each
 * question turns the figures of the running scene into one sentence.
 */
export type Question = {
  id: string;
  /** The key of its scene. */
  scene: number;
  text: string;
  choices: readonly [Choice, Choice, Choice, Choice];
  /** Which choice is right, from 0. */
  right: 0 | 1 | 2 | 3;
  /** What is set when it is asked, over the scene's settings. */
  settings?: Partial<Settings>;
  /** What was measured, in one sentence; `null` while there is nothing to go by. */
  measured(figures: Figures): string | null;
};

export type Choice = {
  text: string;
  /** Why it is wrong, or right. Shown once the vote is closed. */
  why: string;
};

/** What was measured since the settings last changed. */
export type Figures = {
  settings: Settings;
  durationMs: number;
  lanes: Record<LaneName, LaneFigures>;
  /** The class by transport; empty while nobody has joined. */
  delays: readonly ClassDelays[];
};

/** What choices are called. */
export const letters = ['A', 'B', 'C', 'D'];

export const questions: readonly Question[] = [
  {
    id: 'age-of-a-poll',
    scene: 1,
    text: 'A client polls once a second. Messages come at random. How old is a message, on average, when it has it?',
    choices: [
      {
        text: 'A few milliseconds',
        why: 'The answer comes back that quickly. The message in it has been waiting for the poll.',
      },
      {
        text: 'Half a second',
        why: 'A message waits for the next poll: anything between nothing and a whole interval, half of it on average.',
      },
      { text: 'One second', why: 'That is the worst case: a message that just missed a poll.' },
      {
        text: 'It depends on the number of messages',
        why: 'Each message waits for the next poll, however many there are.',
      },
    ],
    right: 1,
    measured: ({ settings, lanes }) => {
      const { messages, p50Ms } = lanes['short-poll'];
      if (messages < 5) return null;
      return `Polling every ${writeTime(settings.intervalMs)}, the short poll’s middle message was ${writeTime(p50Ms)} old (${counted(messages, 'message')}). Push: ${writeTime(lanes.push.p50Ms)}.`;
    },
  },
  {
    id: 'age-of-a-slow-poll',
    scene: 1,
    text: 'Now it polls every four seconds, and twice as many messages come. How old is a message on average?',
    settings: { intervalMs: 4000, ratePerSecond: 4 },
    choices: [
      { text: 'One second', why: 'The rate of the messages does not shorten the wait for the next poll.' },
      { text: 'Four seconds', why: 'Only a message that just missed a poll waits for the whole interval.' },
      {
        text: 'A few milliseconds, as before',
        why: 'A quick answer is not a fresh message: it waited for the poll.',
      },
      { text: 'Two seconds', why: 'Half the interval, whatever the rate.' },
    ],
    right: 3,
    measured: ({ settings, lanes }) => {
      const { messages, p50Ms } = lanes['short-poll'];
      if (messages < 5) return null;
      return `Polling every ${writeTime(settings.intervalMs)}, the short poll’s middle message was ${writeTime(p50Ms)} old (${counted(messages, 'message')}).`;
    },
  },
  {
    id: 'requests-per-message',
    scene: 2,
    text: 'It polls ten times a second now, for two messages a second. How many requests does one message cost?',
    choices: [
      { text: 'One', why: 'A long poll comes near that. A short poll asks by the clock, news or none.' },
      { text: 'Two', why: 'Two is the number of messages a second. It asks ten times in that second.' },
      { text: 'Five', why: 'Ten requests a second for two messages a second.' },
      {
        text: 'None, it is real time now',
        why: 'Fast polling is fresher, not real time: a message still waits for its slot, and every slot is a request.',
      },
    ],
    right: 2,
    measured: ({ lanes }) => requestsPerMessage(lanes, ['short-poll', 'long-poll', 'push']),
  },
  {
    id: 'empty-answers',
    scene: 2,
    text: 'Now it polls twenty times a second, for one message a second. How many of its answers are empty?',
    settings: { intervalMs: 50, ratePerSecond: 1 },
    choices: [
      {
        text: 'Nineteen in twenty',
        why: 'At most one answer in twenty can carry the second’s one message.',
      },
      { text: 'Half of them', why: 'Twenty answers a second share one message.' },
      {
        text: 'None: the server waits until there is news',
        why: 'That is a long poll. A short poll is answered at once.',
      },
      { text: 'One in twenty', why: 'The other way round: one in twenty is not empty.' },
    ],
    right: 0,
    measured: ({ lanes }) => {
      const { requests, empty } = lanes['short-poll'];
      if (requests < 20) return null;
      return `Of the short poll’s ${counted(requests, 'answer')} ${writeCount(empty)} were empty: ${writeCount((100 * empty) / requests)} %. Of the long poll’s ${counted(lanes['long-poll'].requests, 'answer')}: ${writeCount(lanes['long-poll'].empty)}.`;
    },
  },
  {
    id: 'idle-requests',
    scene: 3,
    text: 'There is next to nothing to hear. Which clients send no request at all while they wait?',
    choices: [
      {
        text: 'All of them: nothing happens, so nothing is sent',
        why: 'Whoever polls has to ask in order to learn that nothing has happened.',
      },
      {
        text: 'Push, SSE and long poll',
        why: 'A long poll asks again after each hold. It is polling, at the server’s pace.',
      },
      { text: 'Push and SSE', why: 'Their connection stays open. The server speaks when there is news.' },
      { text: 'Only push: SSE is HTTP, so it asks', why: 'SSE asks once. That one answer never ends.' },
    ],
    right: 2,
    measured: ({ durationMs, lanes }) => {
      if (durationMs < 5000) return null;
      const told = pushedFirst.map((lane) => `${laneLabels[lane]} ${writeCount(lanes[lane].requests)}`);
      return `Requests in ${writeTime(durationMs)}: ${told.join(', ')}.`;
    },
  },
  {
    id: 'idle-connections',
    scene: 3,
    text: 'Nothing happens at all now. What does a waiting push client cost the server?',
    settings: { ratePerSecond: 0 },
    choices: [
      {
        text: 'Nothing: an idle connection is free',
        why: 'The server keeps a socket and memory for it for as long as it is there.',
      },
      {
        text: 'As much as a client that polls',
        why: 'A poll costs work each time. An idle connection costs a place, and a sign of life now and then.',
      },
      {
        text: 'Only its own machine pays',
        why: 'A connection has two ends. Both keep buffers and state for it.',
      },
      {
        text: 'A connection with its memory, and no requests',
        why: 'It pays in memory and in file descriptors, not in work.',
      },
    ],
    right: 3,
    measured: ({ durationMs, lanes }) => {
      if (durationMs < 5000) return null;
      return `In ${writeTime(durationMs)} push took ${counted(lanes.push.requests, 'request')}, ${writeBytes(lanes.push.bytes)} and one connection that stays open; the short poll ${counted(lanes['short-poll'].requests, 'request')} and ${writeBytes(lanes['short-poll'].bytes)}.`;
    },
  },
  {
    id: 'long-poll-far-away',
    scene: 4,
    text: 'The server is 150 ms away. A message just misses the long poll’s answer. How old is it when it arrives?',
    choices: [
      {
        text: '150 ms, like push',
        why: 'Push is always ready. After an answer the long poll has to be sent again first.',
      },
      {
        text: 'Up to 450 ms: three ways',
        why: 'The answer on its way down, the new request on its way up, the message on its way down.',
      },
      { text: '300 ms: one round trip', why: 'One way is missing: the answer before it is still under way.' },
      {
        text: 'It is lost, nobody was asking',
        why: 'It waits in the server’s log, and the cursor of the next poll finds it.',
      },
    ],
    right: 1,
    measured: farAway,
  },
  {
    id: 'push-far-away',
    scene: 4,
    text: 'Now the server is 250 ms away. How old is a message on average with push, and at worst with a long poll?',
    settings: { oneWayMs: 250 },
    choices: [
      {
        text: 'Nothing, and 250 ms',
        why: 'Push is as quick as the way is. It has no way of overtaking it.',
      },
      { text: '250 ms, and 250 ms', why: 'A message that misses the answer waits for the next request.' },
      { text: '250 ms, and 750 ms', why: 'One way, and three ways.' },
      { text: '500 ms, and 500 ms', why: 'Nobody asks with push, so there is no way up to be added.' },
    ],
    right: 2,
    measured: farAway,
  },
  {
    id: 'requests-per-burst',
    scene: 5,
    text: 'Twenty messages at one instant. How many requests does the long poll need for them?',
    choices: [
      {
        text: 'One, or two',
        why: 'One answer takes all that has come by then; what came a moment later is in the next.',
      },
      { text: 'Twenty, one for each message', why: 'An answer carries all there is, not one message.' },
      {
        text: 'None: a long poll is push',
        why: 'A long poll is polling: each answer has to be asked for.',
      },
      {
        text: 'As many as the short poll in that time',
        why: 'The short poll asks by the clock. The long poll asks when it has been answered.',
      },
    ],
    right: 0,
    measured: ({ settings, lanes }) => {
      const bursts = lanes['long-poll'].messages / settings.burstSize;
      if (bursts < 1) return null;
      return `For ${counted(lanes['long-poll'].messages, 'message')} in bursts of ${settings.burstSize} the long poll needed ${writeRatio(lanes['long-poll'].requests / bursts)} requests a burst, the short poll ${writeRatio(lanes['short-poll'].requests / bursts)}.`;
    },
  },
  {
    id: 'bytes-per-burst',
    scene: 5,
    text: 'Bursts of a hundred messages, one every two seconds. With which transport is a message cheapest in bytes?',
    settings: { burstSize: 100, ratePerSecond: 50 },
    choices: [
      {
        text: 'Push, by far: it has no headers',
        why: 'Push is not always cheaper: in a burst a hundred messages share one answer’s headers.',
      },
      { text: 'The short poll, by far', why: 'It saves no bytes of the messages themselves.' },
      {
        text: 'The long poll costs ten times the others',
        why: 'It would if each message came alone and each needed a request.',
      },
      {
        text: 'About the same: the headers are shared',
        why: 'What is left are the messages themselves, and they are the same.',
      },
    ],
    right: 3,
    measured: ({ lanes }) => {
      if (pushedFirst.some((lane) => lanes[lane].messages < 50)) return null;
      const told = pushedFirst.map(
        (lane) => `${laneLabels[lane]} ${writeCount(lanes[lane].bytes / lanes[lane].messages)}`,
      );
      return `Bytes per message, both ways, as the server counted: ${told.join(', ')}.`;
    },
  },
  {
    id: 'where-a-slow-handler-piles-up',
    scene: 6,
    text: 'Ten messages a second, and the push client needs 300 ms for each. Where do the others pile up?',
    choices: [
      {
        text: 'In the server’s memory',
        why: 'The server sends as long as the page reads, and the page does read.',
      },
      {
        text: 'In the page’s own inbox',
        why: 'A handler that waits does not stop the page from reading. WebSocket tells nobody that it is too much.',
      },
      { text: 'On the network', why: 'The network is emptied at once: the page reads everything.' },
      {
        text: 'Nowhere: the server slows down',
        why: 'Only a client that stops reading is felt by the server.',
      },
    ],
    right: 1,
    measured: whereItPilesUp,
  },
  {
    id: 'age-behind-a-slow-handler',
    scene: 6,
    text: 'It goes on like this for a minute. How old is what the push client is handling then?',
    choices: [
      { text: '300 ms, its handling time', why: 'The messages before it have to be handled first.' },
      {
        text: 'A few milliseconds, push is real time',
        why: 'It arrived that quickly. It is the queue in front of the handler that is old.',
      },
      {
        text: 'About forty seconds, and growing',
        why: 'In a minute it handles 200 of 600 messages; number 200 was due after 20 s.',
      },
      {
        text: 'About a second, then no more',
        why: 'As long as more comes than is handled, the queue only grows.',
      },
    ],
    right: 2,
    measured: ({ durationMs, lanes }) => {
      const { messages, lastMs, inboxMessages } = lanes.push;
      if (messages < 5) return null;
      return `After ${writeTime(durationMs)} the push client handled a message that was ${writeTime(lastMs)} old, with ${writeCount(inboxMessages)} more before the next new one.`;
    },
  },
  {
    id: 'where-a-blocked-client-piles-up',
    scene: 7,
    text: 'Now the client blocks: it reads nothing while it handles a message. Where do the messages pile up?',
    choices: [
      { text: 'In the page’s own inbox', why: 'What is not read cannot get into the page.' },
      {
        text: 'Nowhere: they are lost at once',
        why: 'TCP loses nothing while the connection lasts. It makes the sender wait.',
      },
      {
        text: 'Nowhere: the source waits for it',
        why: 'The source does not even know of it: it goes on, for everybody.',
      },
      {
        text: 'In the buffers on the way, then in the server',
        why: 'The socket’s buffers fill first. When they are full, the server’s memory does.',
      },
    ],
    right: 3,
    measured: whereItPilesUp,
  },
  {
    id: 'dropped-for-a-blocked-client',
    scene: 7,
    text: 'The server now keeps at most 1 MiB for a client and then drops the oldest. WebSocket runs on TCP. Does the client miss messages?',
    settings: { policy: 'drop-oldest', limitBytes: 1_048_576 },
    choices: [
      {
        text: 'Yes, and it can tell by the numbers',
        why: 'TCP delivers what was sent. What the server gave up was never sent; the gap in the numbers shows it.',
      },
      {
        text: 'No: WebSocket guarantees delivery',
        why: 'It delivers what is sent. Nobody guarantees that everything is.',
      },
      { text: 'No: it gets them later', why: 'What was dropped is gone. What comes later are newer ones.' },
      {
        text: 'Yes, and it can’t know it',
        why: 'Each message bears a number. A jump in them is what it missed.',
      },
    ],
    right: 0,
    measured: ({ lanes }) => {
      if (lanes.push.messages === 0) return null;
      return `The push client found ${counted(lanes.push.missed, 'message')} missing. ${writeBytes(lanes.push.backlogBytes)} wait for it in the server.`;
    },
  },
  {
    id: 'back-with-a-cursor',
    scene: 8,
    text: 'Push is out of reach for ten seconds and comes back with its cursor. How many of some twenty messages does it miss?',
    choices: [
      {
        text: 'All twenty',
        why: 'They are still in the server’s log, and the cursor says where to go on.',
      },
      { text: 'None', why: 'It says what it saw last, and gets what came after that.' },
      {
        text: 'The ones that were under way',
        why: 'They had not been seen, so they are sent again.',
      },
      { text: 'Push misses them, polling does not', why: 'A cursor works the same with both.' },
    ],
    right: 1,
    measured: whatWasMissed,
  },
  {
    id: 'back-without-a-cursor',
    scene: 8,
    text: 'Again ten seconds out of reach, but it comes back without a cursor: “from now on”. What does it miss?',
    settings: { replay: false },
    choices: [
      {
        text: 'Nothing: the server remembers it',
        why: 'To the server it is a new client. Nothing was kept for it.',
      },
      {
        text: 'Nothing: WebSocket guarantees delivery',
        why: 'No connection outlives its own end. A new one knows nothing of it.',
      },
      {
        text: 'Everything of the ten seconds',
        why: 'A new subscription begins at the end of the log.',
      },
      { text: 'Only the last message', why: 'It misses all that came between its two connections.' },
    ],
    right: 2,
    measured: whatWasMissed,
  },
  {
    id: 'everybody-at-once',
    scene: 9,
    text: 'One message is pushed to all of you. Do you all get it at the same moment?',
    choices: [
      {
        text: 'Yes, that is what push means',
        why: 'The server writes to one connection after the other, and each of you has a way of your own.',
      },
      {
        text: 'Yes, except for those who poll',
        why: 'Those who poll wait longer. The others do not get it at one moment either.',
      },
      { text: 'No, whoever joined first waits longest', why: 'Whoever is written to first gets it first.' },
      {
        text: 'No: one after the other, and each by its own way',
        why: 'The writes are serial, and the Wi-Fi is shared.',
      },
    ],
    right: 3,
    measured: theClass,
  },
  {
    id: 'typical-and-worst',
    scene: 9,
    text: 'Half of the class’s messages are fresher than some age. Does that tell how old they are for you?',
    choices: [
      {
        text: 'No: one in twenty can be many times older',
        why: 'Look at the 95th percentile: somebody waits that long every few seconds.',
      },
      { text: 'Yes, the average is what counts', why: 'An average has never waited for anything.' },
      {
        text: 'Yes, with push all ages are the same',
        why: 'They come over Wi-Fi, to phones that do other things as well.',
      },
      { text: 'No: all are exactly twice as old', why: 'The other half is older, by any amount.' },
    ],
    right: 0,
    measured: theClass,
  },
];

/** The question with this id. */
export function questionOf(id: string): Question | undefined {
  return questions.find((question) => question.id === id);
}

/** What a sentence calls a lane. */
export const laneLabels: Record<LaneName, string> = {
  push: 'push',
  sse: 'SSE',
  'long-poll': 'long poll',
  'short-poll': 'short poll',
};

const pushedFirst: readonly LaneName[] = ['push', 'sse', 'long-poll', 'short-poll'];

function requestsPerMessage(lanes: Figures['lanes'], names: readonly LaneName[]): string | null {
  if (names.some((lane) => lanes[lane].messages < 5)) return null;
  const told = names.map(
    (lane) => `${laneLabels[lane]} ${writeRatio(lanes[lane].requests / lanes[lane].messages)}`,
  );
  return `Requests per message: ${told.join(', ')}.`;
}

function farAway({ settings, lanes }: Figures): string | null {
  if (lanes.push.messages < 5 || lanes['long-poll'].messages < 5) return null;
  return `At ${writeTime(settings.oneWayMs)} one way: push ${writeTime(lanes.push.p50Ms)} in the middle, ${writeTime(lanes.push.maxMs)} at worst; long poll ${writeTime(lanes['long-poll'].p50Ms)} in the middle, ${writeTime(lanes['long-poll'].maxMs)} at worst.`;
}

function whereItPilesUp({ lanes }: Figures): string | null {
  const { inboxMessages, backlogBytes, messages } = lanes.push;
  if (messages === 0) return null;
  return `In the page: ${counted(inboxMessages, 'message')}. In the server: ${writeBytes(backlogBytes)}. The push client’s last message was ${writeTime(lanes.push.lastMs)} old.`;
}

function whatWasMissed({ settings, lanes }: Figures): string | null {
  const cameBack = pushedFirst.filter((lane) => lanes[lane].reconnects > 0);
  if (cameBack.length === 0) return null;
  const told = cameBack.map((lane) => `${laneLabels[lane]} missed ${writeCount(lanes[lane].missed)}`);
  return `Back ${settings.replay ? 'with its cursor' : 'without a cursor'}: ${told.join(', ')}.`;
}

function theClass({ delays }: Figures): string | null {
  const measured = delays.filter(({ messages, p50Ms }) => messages > 0 && p50Ms !== null);
  if (measured.length === 0) return null;
  const told = measured.map(
    ({ transport, members, p50Ms, p95Ms }) =>
      `${laneLabels[transport]} (${counted(members, 'client')}) ${writeTime(p50Ms)} in the middle, ${writeTime(p95Ms)} for one in twenty`,
  );
  return `In this room: ${told.join('; ')}.`;
}
