import { counted, writeBytes, writeCount, writeRatio, writeTime } from './numbers.ts';
import type { ClassDelays, LaneFigures, LaneName, Settings } from './protocol.ts';

/**
 * The questions that come before the results: two for each scene that need the same understanding, so that
 * copying the first answer does not help with the second. Each wrong choice is a usual misconception, and
 * says why it is wrong. Each question turns the figures of the running scene into one sentence.
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
    text: 'A client polls once a second. Messages come at random. What is the latency of a message, on average?',
    choices: [
      {
        text: 'A few milliseconds, the response time',
        why: 'A response takes a few milliseconds, but the message in the response has waited for the poll.',
      },
      {
        text: 'Half a second',
        why: 'A message waits for the next poll: up to a whole interval, half an interval on average.',
      },
      {
        text: 'A second',
        why: 'A second is the worst case: the latency of a message that just missed a poll.',
      },
      {
        text: 'The latency depends on the number of messages',
        why: 'Each message waits for the next poll, whatever the number of messages.',
      },
    ],
    right: 1,
    measured: ({ settings, lanes }) => {
      const { messages, p50Ms } = lanes['short-poll'];
      if (messages < 5) return null;
      return `With a poll every ${writeTime(settings.intervalMs)}, the short poll’s median latency was ${writeTime(p50Ms)} (${counted(messages, 'message')}). Push: ${writeTime(lanes.push.p50Ms)}.`;
    },
  },
  {
    id: 'age-of-a-slow-poll',
    scene: 1,
    text: 'Now the client polls every four seconds, and twice as many messages come. What is the average latency?',
    settings: { intervalMs: 4000, ratePerSecond: 4 },
    choices: [
      { text: 'One second', why: 'The message rate does not shorten the wait for the next poll.' },
      { text: 'Four seconds', why: 'Only a message that just missed a poll waits for the whole interval.' },
      {
        text: 'The same latency as before',
        why: 'The response is as quick as before, but a message now waits longer for the poll.',
      },
      { text: 'Two seconds', why: 'The average latency is half the interval, at every message rate.' },
    ],
    right: 3,
    measured: ({ settings, lanes }) => {
      const { messages, p50Ms } = lanes['short-poll'];
      if (messages < 5) return null;
      return `With a poll every ${writeTime(settings.intervalMs)}, the short poll’s median latency was ${writeTime(p50Ms)} (${counted(messages, 'message')}).`;
    },
  },
  {
    id: 'requests-per-message',
    scene: 2,
    text: 'Now the client polls ten times a second, for two messages a second. How many requests does one message cost?',
    choices: [
      {
        text: 'One',
        why: 'A long poll needs about one request per message. A short poll sends requests at a fixed interval, with or without news.',
      },
      {
        text: 'Two',
        why: 'Two messages come per second, but the client polls ten times per second.',
      },
      { text: 'Five', why: 'The client sends ten requests per second for two messages per second.' },
      {
        text: 'No request: this is real time',
        why: 'Fast polling has less latency, but every message still waits for a poll, and every poll is a request.',
      },
    ],
    right: 2,
    measured: ({ lanes }) => requestsPerMessage(lanes, ['short-poll', 'long-poll', 'push']),
  },
  {
    id: 'empty-answers',
    scene: 2,
    text: 'Now the client polls twenty times a second, for one message a second. How many of the responses are empty?',
    settings: { intervalMs: 50, ratePerSecond: 1 },
    choices: [
      { text: 'Nineteen of twenty', why: 'At most one of the twenty responses can carry the one message.' },
      { text: 'Half of them', why: 'Twenty responses per second share one message.' },
      {
        text: 'No response: the server waits for news',
        why: 'With a long poll, the server waits for news. With a short poll, the server responds at once.',
      },
      {
        text: 'One of twenty',
        why: 'The opposite is true: one of twenty responses has a message, and the others are empty.',
      },
    ],
    right: 0,
    measured: ({ lanes }) => {
      const { requests, empty } = lanes['short-poll'];
      if (requests < 20) return null;
      return `Of the short poll’s ${counted(requests, 'response')}, ${writeCount(empty)} were empty: ${writeCount((100 * empty) / requests)}%. Of the long poll’s ${counted(lanes['long-poll'].requests, 'response')}: ${writeCount(lanes['long-poll'].empty)}.`;
    },
  },
  {
    id: 'idle-requests',
    scene: 3,
    text: 'Almost nothing happens. Which clients send no requests at all while they wait?',
    choices: [
      {
        text: 'All clients: no news, no requests',
        why: 'A polling client has to send a request to learn that nothing has happened.',
      },
      {
        text: 'Push, SSE and long poll',
        why: 'A long poll sends a new request after each timeout: it is polling, at the server’s pace.',
      },
      {
        text: 'Push and SSE',
        why: 'The connection of a push or SSE client stays open, and the server sends when there is news.',
      },
      {
        text: 'Only push: SSE is HTTP',
        why: 'An SSE client sends only one request, and the response to this request never ends.',
      },
    ],
    right: 2,
    measured: ({ durationMs, lanes }) => {
      if (durationMs < 5000) return null;
      const sent = pushedFirst.map((lane) => `${laneLabels[lane]} ${writeCount(lanes[lane].requests)}`);
      return `Requests in ${writeTime(durationMs)}: ${sent.join(', ')}.`;
    },
  },
  {
    id: 'idle-connections',
    scene: 3,
    text: 'Now no messages come at all. What does an idle push client cost the server?',
    settings: { ratePerSecond: 0 },
    choices: [
      {
        text: 'Nothing: an idle connection is free',
        why: 'The server keeps a socket and its memory for as long as the connection is open.',
      },
      {
        text: 'As much memory and work as a polling client',
        why: 'Each poll costs work. An idle push connection costs only memory, and a heartbeat now and then.',
      },
      {
        text: 'Nothing: only the client pays for it',
        why: 'Both ends of a connection keep buffers and state: the client and the server.',
      },
      {
        text: 'Memory for its connection',
        why: 'An idle connection costs memory and a file descriptor, but no work.',
      },
    ],
    right: 3,
    measured: ({ durationMs, lanes }) => {
      if (durationMs < 5000) return null;
      return `In ${writeTime(durationMs)} push needed ${counted(lanes.push.requests, 'request')}, ${writeBytes(lanes.push.bytes)} and one open connection; the short poll ${counted(lanes['short-poll'].requests, 'request')} and ${writeBytes(lanes['short-poll'].bytes)}.`;
    },
  },
  {
    id: 'long-poll-far-away',
    scene: 4,
    text: 'The one-way delay is 150 ms. A message just misses the long poll’s response. What is the latency of the message?',
    choices: [
      {
        text: '150 ms, like push',
        why: 'A push server can always send. After a long poll’s response, the client first has to send its next request.',
      },
      {
        text: 'Up to 450 ms, three times the delay',
        why: 'The response travels down, then the next request travels up, then the message travels down.',
      },
      {
        text: '300 ms, one round trip',
        why: 'The message also waits for the previous response: that makes three trips, not two.',
      },
      {
        text: 'None: the message is lost without a request',
        why: 'The message waits in the server’s log, and the next request fetches the message with its cursor.',
      },
    ],
    right: 1,
    measured: farAway,
  },
  {
    id: 'push-far-away',
    scene: 4,
    text: 'Now the one-way delay is 250 ms. What is the average latency with push, and the worst latency with a long poll?',
    settings: { oneWayMs: 250 },
    choices: [
      { text: '0 ms and 250 ms', why: 'Push can’t be faster than the network.' },
      { text: '250 ms and 250 ms', why: 'A message that misses the response waits for the next request.' },
      {
        text: '250 ms and 750 ms',
        why: 'Push needs the one-way delay once, a long poll needs it up to three times.',
      },
      {
        text: '500 ms and 500 ms',
        why: 'A pushed message needs no request, so its latency is a single trip.',
      },
    ],
    right: 2,
    measured: farAway,
  },
  {
    id: 'requests-per-burst',
    scene: 5,
    text: 'Twenty messages come at one instant. How many requests does the long poll need for these messages?',
    choices: [
      {
        text: 'One or two',
        why: 'One response carries all messages so far; the next response carries the rest.',
      },
      {
        text: 'Twenty requests: one for each message',
        why: 'A response carries all waiting messages, not only one message.',
      },
      {
        text: 'No request: a long poll is push',
        why: 'A long poll is polling: each response needs a request.',
      },
      {
        text: 'As many requests as the short poll',
        why: 'The short poll sends requests at a fixed interval. The long poll sends a request after each response.',
      },
    ],
    right: 0,
    measured: ({ settings, lanes }) => {
      const bursts = lanes['long-poll'].messages / settings.burstSize;
      if (bursts < 1) return null;
      return `For ${counted(lanes['long-poll'].messages, 'message')} in bursts of ${settings.burstSize}, the long poll needed ${writeRatio(lanes['long-poll'].requests / bursts)} requests per burst, the short poll ${writeRatio(lanes['short-poll'].requests / bursts)}.`;
    },
  },
  {
    id: 'bytes-per-burst',
    scene: 5,
    text: 'A burst of a hundred messages comes every two seconds. Which transport needs the fewest bytes per message?',
    settings: { burstSize: 100, ratePerSecond: 50 },
    choices: [
      {
        text: 'Push needs by far the fewest: no headers',
        why: 'Push is not always cheaper: in a burst a hundred messages share the headers of one response.',
      },
      {
        text: 'The short poll needs by far the fewest',
        why: 'A short poll shares headers, but the messages themselves need the same bytes with every transport.',
      },
      {
        text: 'Not the long poll: it needs ten times as many bytes',
        why: 'A long poll would need many more bytes only if each message needed its own request.',
      },
      {
        text: 'All need about the same: they share headers',
        why: 'In a burst the headers hardly count, and the messages have the same bytes with every transport.',
      },
    ],
    right: 3,
    measured: ({ lanes }) => {
      if (pushedFirst.some((lane) => lanes[lane].messages < 50)) return null;
      const bytes = pushedFirst.map(
        (lane) => `${laneLabels[lane]} ${writeCount(lanes[lane].bytes / lanes[lane].messages)}`,
      );
      return `Bytes per message, both directions, as the server counted: ${bytes.join(', ')}.`;
    },
  },
  {
    id: 'where-a-slow-handler-piles-up',
    scene: 6,
    text: 'Ten messages come per second, and the push client’s handler needs 300 ms for each message. Where do the other messages pile up?',
    choices: [
      {
        text: 'In the server’s memory',
        why: 'The page reads all messages, so the server can send all messages.',
      },
      {
        text: 'In the page’s own queue',
        why: 'A handler that waits does not stop the page from reading. A browser’s WebSocket has no backpressure.',
      },
      {
        text: 'On the network',
        why: 'The page reads everything at once, so no messages stay in the network.',
      },
      { text: 'Nowhere: the server slows down', why: 'The server notices only a client that stops reading.' },
    ],
    right: 1,
    measured: whereItPilesUp,
  },
  {
    id: 'age-behind-a-slow-handler',
    scene: 6,
    text: 'The handler stays slow for a minute. What is then the latency of the message that the push client handles?',
    choices: [
      {
        text: '300 ms, the time of the handler',
        why: 'The client has to handle all earlier messages first.',
      },
      {
        text: 'A few milliseconds: push is real time',
        why: 'The message arrived within milliseconds, but then waited in the queue for the handler.',
      },
      {
        text: 'About forty seconds, and growing',
        why: 'In a minute the client handles 200 of 600 messages; message 200 was sent after 20 s.',
      },
      {
        text: 'About one second, and constant from then on',
        why: 'The queue grows as long as more messages come than the client handles.',
      },
    ],
    right: 2,
    measured: ({ durationMs, lanes }) => {
      const { messages, lastMs, inboxMessages } = lanes.push;
      if (messages < 5) return null;
      return `After ${writeTime(durationMs)} the push client handled a message with a latency of ${writeTime(lastMs)}, and ${writeCount(inboxMessages)} more were waiting.`;
    },
  },
  {
    id: 'where-a-blocked-client-piles-up',
    scene: 7,
    text: 'Now the client reads nothing while it handles a message. Where do the messages pile up?',
    choices: [
      { text: 'In the page’s own queue', why: 'A page can’t queue messages that it has not read.' },
      {
        text: 'Nowhere: the messages are lost at once',
        why: 'TCP loses nothing while the connection is open: TCP makes the sender wait.',
      },
      {
        text: 'Nowhere: the source waits for the client',
        why: 'The source does not notice the slow client, and continues to send to everybody.',
      },
      {
        text: 'In the server, once the network is full',
        why: 'The socket’s buffers fill first, then the server’s memory.',
      },
    ],
    right: 3,
    measured: whereItPilesUp,
  },
  {
    id: 'dropped-for-a-blocked-client',
    scene: 7,
    text: 'The server now queues at most 1 MiB per client and then drops the oldest messages. WebSocket runs on TCP. Does the client miss messages?',
    settings: { policy: 'drop-oldest', limitBytes: 1_048_576 },
    choices: [
      {
        text: 'Yes, and the client sees the gap in the numbers',
        why: 'TCP delivers every byte that the server sends. The server never sent the dropped messages.',
      },
      {
        text: 'No: WebSocket guarantees delivery of each message',
        why: 'WebSocket delivers every message that the server sends. But the server need not send every message.',
      },
      {
        text: 'No: the client gets them later',
        why: 'Dropped messages are gone: the client gets only newer messages.',
      },
      {
        text: 'Yes, and the client can’t detect the loss',
        why: 'Each message has a number. A jump in the numbers shows the loss.',
      },
    ],
    right: 0,
    measured: ({ lanes }) => {
      if (lanes.push.messages === 0) return null;
      return `The push client found ${counted(lanes.push.missed, 'message')} missing. ${writeBytes(lanes.push.backlogBytes)} are queued for it in the server.`;
    },
  },
  {
    id: 'back-with-a-cursor',
    scene: 8,
    text: 'Push is offline for ten seconds and reconnects with its cursor. How many of about twenty messages does the client miss?',
    choices: [
      {
        text: 'All twenty',
        why: 'The messages are still in the server’s log, and the cursor names the place to continue.',
      },
      {
        text: 'None',
        why: 'The client names the last message that it has, and the server sends all later messages.',
      },
      {
        text: 'The messages that were on the wire',
        why: 'The client had not received these messages, so the server sends them again.',
      },
      {
        text: 'Some messages: a cursor needs polling',
        why: 'A cursor works the same with push and with polling.',
      },
    ],
    right: 1,
    measured: whatWasMissed,
  },
  {
    id: 'back-without-a-cursor',
    scene: 8,
    text: 'Push is offline for ten seconds again, but now reconnects without a cursor. What does the client miss?',
    settings: { replay: false },
    choices: [
      {
        text: 'Nothing: the server remembers the client',
        why: 'Without a cursor, the server treats the client as new, and has kept nothing for it.',
      },
      {
        text: 'Nothing: WebSocket guarantees delivery',
        why: 'The guarantee ends with the connection. A new connection knows nothing about the old connection.',
      },
      {
        text: 'All messages from the ten seconds offline',
        why: 'A new subscription begins at the end of the log.',
      },
      { text: 'Only the last message', why: 'The client misses all messages between its two connections.' },
    ],
    right: 2,
    measured: whatWasMissed,
  },
  {
    id: 'everybody-at-once',
    scene: 9,
    text: 'The server pushes one message to all of you. Do you all get the message at the same moment?',
    choices: [
      {
        text: 'Yes: push sends to everybody at once',
        why: 'The server writes to one connection after another, and each of you has another network path.',
      },
      {
        text: 'Yes, except for clients that poll',
        why: 'Polling clients wait longer, but the push clients don’t get the message at the same moment either.',
      },
      {
        text: 'No: the first phone to join waits longest',
        why: 'The server writes to one connection first, so the phone on this connection gets the message first.',
      },
      {
        text: 'No: the server writes to one phone after another',
        why: 'The writes are serial, and you share the Wi-Fi.',
      },
    ],
    right: 3,
    measured: theClass,
  },
  {
    id: 'typical-and-worst',
    scene: 9,
    text: 'The screen shows the median latency of the class. Does the median tell you your own latency?',
    choices: [
      {
        text: 'No: one message in twenty can be many times slower',
        why: 'Look at the 95th percentile: every few seconds a message takes that long.',
      },
      {
        text: 'Yes: the average is the number that matters',
        why: 'The average hides the slow messages, and every user gets some slow messages.',
      },
      {
        text: 'Yes: with push all have the same latency',
        why: 'The phones share the Wi-Fi and also run other programs, so their latencies differ.',
      },
      {
        text: 'No: all other phones are exactly twice as slow',
        why: 'Half of the messages are slower than the median, by any amount.',
      },
    ],
    right: 0,
    measured: theClass,
  },
];

/** The question with this id. */
export function questionOf(id: string): Question | undefined {
  return questions.find((question) => question.id === id);
}

/** The name of a lane in a sentence. */
export const laneLabels: Record<LaneName, string> = {
  push: 'push',
  sse: 'SSE',
  'long-poll': 'long poll',
  'short-poll': 'short poll',
};

const pushedFirst: readonly LaneName[] = ['push', 'sse', 'long-poll', 'short-poll'];

function requestsPerMessage(lanes: Figures['lanes'], names: readonly LaneName[]): string | null {
  if (names.some((lane) => lanes[lane].messages < 5)) return null;
  const ratios = names.map(
    (lane) => `${laneLabels[lane]} ${writeRatio(lanes[lane].requests / lanes[lane].messages)}`,
  );
  return `Requests per message: ${ratios.join(', ')}.`;
}

function farAway({ settings, lanes }: Figures): string | null {
  if (lanes.push.messages < 5 || lanes['long-poll'].messages < 5) return null;
  return `Latency with a one-way delay of ${writeTime(settings.oneWayMs)}: push ${writeTime(lanes.push.p50Ms)} median, ${writeTime(lanes.push.maxMs)} at worst; long poll ${writeTime(lanes['long-poll'].p50Ms)} median, ${writeTime(lanes['long-poll'].maxMs)} at worst.`;
}

function whereItPilesUp({ lanes }: Figures): string | null {
  const { inboxMessages, backlogBytes, messages } = lanes.push;
  if (messages === 0) return null;
  return `Queued in the page: ${counted(inboxMessages, 'message')}. Queued in the server: ${writeBytes(backlogBytes)}. The push client’s last message had a latency of ${writeTime(lanes.push.lastMs)}.`;
}

function whatWasMissed({ settings, lanes }: Figures): string | null {
  const cameBack = pushedFirst.filter((lane) => lanes[lane].reconnects > 0);
  if (cameBack.length === 0) return null;
  const losses = cameBack.map((lane) => `${laneLabels[lane]} missed ${writeCount(lanes[lane].missed)}`);
  return `Reconnected ${settings.replay ? 'with' : 'without'} a cursor: ${losses.join(', ')}.`;
}

function theClass({ delays }: Figures): string | null {
  const measured = delays.filter(({ messages, p50Ms }) => messages > 0 && p50Ms !== null);
  if (measured.length === 0) return null;
  const latencies = measured.map(
    ({ transport, members, p50Ms, p95Ms }) =>
      `${laneLabels[transport]} (${counted(members, 'client')}) ${writeTime(p50Ms)} median, ${writeTime(p95Ms)} for one in twenty`,
  );
  return `Latency in this room: ${latencies.join('; ')}.`;
}
