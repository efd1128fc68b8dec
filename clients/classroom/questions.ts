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
    text: 'A client polls once a second. Messages come at random times. What is the latency of a message, on average?',
    choices: [
      {
        text: 'A few milliseconds: the response time',
        why: 'The response takes only a few milliseconds. But the message first waits for the next poll.',
      },
      {
        text: 'Half a second',
        why: 'A message waits for the next poll: half an interval on average, a whole interval at most.',
      },
      {
        text: 'A second',
        why: 'One second is the worst case: the latency of a message that just missed a poll.',
      },
      {
        text: 'The latency depends on the number of messages',
        why: 'Each message waits for the next poll, no matter how many messages there are.',
      },
    ],
    right: 1,
    measured: ({ settings, lanes }) => {
      const { messages, p50Ms } = lanes['short-poll'];
      if (messages < 5) return null;
      return `The median latency of push was ${writeTime(lanes.push.p50Ms)}. With a poll every ${writeTime(settings.intervalMs)}, the median latency of short polling was ${writeTime(p50Ms)} (${counted(messages, 'message')}).`;
    },
  },
  {
    id: 'age-of-a-slow-poll',
    scene: 1,
    text: 'Now the client polls every four seconds. Twice as many messages come. What is the average latency?',
    settings: { intervalMs: 4000, ratePerSecond: 4 },
    choices: [
      { text: 'One second', why: 'A higher message rate does not shorten the wait for the next poll.' },
      { text: 'Four seconds', why: 'Only a message that just missed a poll waits for a whole interval.' },
      {
        text: 'The same latency as before',
        why: 'The response is as fast as before. But a message now waits longer for the next poll.',
      },
      { text: 'Two seconds', why: 'The average latency is half the interval, at every message rate.' },
    ],
    right: 3,
    measured: ({ settings, lanes }) => {
      const { messages, p50Ms } = lanes['short-poll'];
      if (messages < 5) return null;
      return `With a poll every ${writeTime(settings.intervalMs)}, the median latency of short polling was ${writeTime(p50Ms)} (${counted(messages, 'message')}).`;
    },
  },
  {
    id: 'requests-per-message',
    scene: 2,
    text: 'Now the client polls ten times a second. Two messages come per second. How many requests does one message need?',
    choices: [
      {
        text: 'One',
        why: 'Long polling needs about one request per message. Short polling sends requests at a fixed interval, even if no message has come.',
      },
      {
        text: 'Two',
        why: 'Two messages come per second, but the client polls ten times per second.',
      },
      { text: 'Five', why: 'The client sends ten requests per second for two messages per second.' },
      {
        text: 'None: fast polling is real time',
        why: 'Fast polling reduces the latency. But every message still waits for a poll, and every poll is a request.',
      },
    ],
    right: 2,
    measured: ({ lanes }) => requestsPerMessage(lanes, ['short-poll', 'long-poll', 'push']),
  },
  {
    id: 'empty-answers',
    scene: 2,
    text: 'Now the client polls twenty times a second. One message comes per second. How many of the responses are empty?',
    settings: { intervalMs: 50, ratePerSecond: 1 },
    choices: [
      { text: 'Nineteen of twenty', why: 'At most one of the twenty responses can carry the one message.' },
      { text: 'Half of the responses', why: 'Twenty responses per second share one message.' },
      {
        text: 'None: the server waits for a message',
        why: 'The server of a long poll waits for a message. The server of a short poll responds at once.',
      },
      {
        text: 'One of twenty',
        why: 'One of twenty responses has a message. The other 19 responses are empty.',
      },
    ],
    right: 0,
    measured: ({ lanes }) => {
      const { requests, empty } = lanes['short-poll'];
      if (requests < 20) return null;
      return `With long polling, ${writeCount(lanes['long-poll'].empty)} of ${counted(lanes['long-poll'].requests, 'response')} were empty. With short polling, ${writeCount(empty)} of ${counted(requests, 'response')} were empty: ${writeCount((100 * empty) / requests)}%.`;
    },
  },
  {
    id: 'idle-requests',
    scene: 3,
    text: 'Almost no messages come. Which clients send no requests while they wait?',
    choices: [
      {
        text: 'All clients: they wait for a message',
        why: 'A polling client must send a request to find out that there is no new message.',
      },
      {
        text: 'Push, SSE and long polling',
        why: 'A long-polling client sends a new request after each timeout.',
      },
      {
        text: 'Push and SSE',
        why: 'The connection stays open. The server sends each new message over this connection.',
      },
      {
        text: 'Only push: SSE is HTTP',
        why: 'An SSE client also sends only one request. The response to this request never ends.',
      },
    ],
    right: 2,
    measured: ({ durationMs, lanes }) => {
      if (durationMs < 5000) return null;
      const sent = pushedFirst.map((lane) => `${laneLabels[lane]} ${writeCount(lanes[lane].requests)}`);
      return `Requests sent in ${writeTime(durationMs)}: ${sent.join(', ')}.`;
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
        why: 'The server keeps a socket and its buffers as long as the connection is open.',
      },
      {
        text: 'As much memory and CPU as a polling client',
        why: 'Each poll costs CPU. An idle push connection costs only memory and a rare heartbeat.',
      },
      {
        text: 'Nothing: only the client has costs',
        why: 'The client and the server both keep buffers and state for the connection.',
      },
      {
        text: 'Memory for its connection',
        why: 'An idle connection costs memory and a file descriptor, but almost no CPU.',
      },
    ],
    right: 3,
    measured: ({ durationMs, lanes }) => {
      if (durationMs < 5000) return null;
      return `In ${writeTime(durationMs)}, short polling needed ${counted(lanes['short-poll'].requests, 'request')} and ${writeBytes(lanes['short-poll'].bytes)}. Push needed ${counted(lanes.push.requests, 'request')}, ${writeBytes(lanes.push.bytes)} and one open connection.`;
    },
  },
  {
    id: 'long-poll-far-away',
    scene: 4,
    text: 'The one-way delay is 150 ms. A message just misses the response of a long poll. What is the latency of the message?',
    choices: [
      {
        text: '150 ms, like push',
        why: 'A push server can always send. After the response of a long poll, the client must first send its next request.',
      },
      {
        text: 'Up to 450 ms, three times the delay',
        why: 'The previous response, the next request and the new response each add a one-way delay.',
      },
      {
        text: '300 ms, one round trip',
        why: 'The message also waits for the previous response: the latency is three one-way delays, not two.',
      },
      {
        text: 'None: the message is lost without a request',
        why: 'The message waits in the server’s log. The next response contains the message.',
      },
    ],
    right: 1,
    measured: farAway,
  },
  {
    id: 'push-far-away',
    scene: 4,
    text: 'Now the one-way delay is 250 ms. What is the average latency of push, and the maximum latency of long polling?',
    settings: { oneWayMs: 250 },
    choices: [
      { text: '0 ms and 250 ms', why: 'The latency of push can’t be smaller than the one-way delay.' },
      { text: '250 ms and 250 ms', why: 'A message that misses the response waits for the next request.' },
      {
        text: '250 ms and 750 ms',
        why: 'Push latency equals the one-way delay. Long-poll latency is up to three times the one-way delay.',
      },
      {
        text: '500 ms and 500 ms',
        why: 'A pushed message needs no request, so its latency is only one one-way delay.',
      },
    ],
    right: 2,
    measured: farAway,
  },
  {
    id: 'requests-per-burst',
    scene: 5,
    text: 'Twenty messages come at the same time. How many requests does long polling need for these messages?',
    choices: [
      {
        text: 'One or two',
        why: 'The first response carries the messages so far. The next response carries the other messages.',
      },
      {
        text: 'Twenty requests: one for each message',
        why: 'A response carries all waiting messages, not only one message.',
      },
      {
        text: 'No request: long polling is push',
        why: 'With long polling, each response needs a request.',
      },
      {
        text: 'As many requests as short polling',
        why: 'Short polling sends requests at a fixed interval. Long polling sends a request after each response.',
      },
    ],
    right: 0,
    measured: ({ settings, lanes }) => {
      const bursts = lanes['long-poll'].messages / settings.burstSize;
      if (bursts < 1) return null;
      return `In bursts of ${settings.burstSize}, ${counted(lanes['long-poll'].messages, 'message')} came. Short polling needed ${writeRatio(lanes['short-poll'].requests / bursts)} requests per burst, long polling ${writeRatio(lanes['long-poll'].requests / bursts)}.`;
    },
  },
  {
    id: 'bytes-per-burst',
    scene: 5,
    text: 'A burst of a hundred messages comes every two seconds. Which transport needs the fewest bytes per message?',
    settings: { burstSize: 100, ratePerSecond: 50 },
    choices: [
      {
        text: 'Push by far: it sends no HTTP headers',
        why: 'In a burst, a hundred messages share the HTTP headers of one response.',
      },
      {
        text: 'Short polling by far',
        why: 'The messages of a response share its headers. But each message takes the same number of bytes on every transport.',
      },
      {
        text: 'Not long polling: it needs ten times as many bytes',
        why: 'Long polling would need many more bytes only if each message needed its own request.',
      },
      {
        text: 'All transports need about the same number',
        why: 'In a burst, headers are a small share of the bytes. The messages have the same size with every transport.',
      },
    ],
    right: 3,
    measured: ({ lanes }) => {
      if (pushedFirst.some((lane) => lanes[lane].messages < 50)) return null;
      const bytes = pushedFirst.map(
        (lane) => `${laneLabels[lane]} ${writeCount(lanes[lane].bytes / lanes[lane].messages)}`,
      );
      return `Bytes per message in both directions, counted by the server: ${bytes.join(', ')}.`;
    },
  },
  {
    id: 'where-a-slow-handler-piles-up',
    scene: 6,
    text: 'Ten messages come per second, and the push client’s handler needs 300 ms for each message. Where do the other messages pile up?',
    choices: [
      {
        text: 'In the server’s memory',
        why: 'The page reads every message at once, so no messages stay in the server.',
      },
      {
        text: 'In the page’s own queue',
        why: 'A handler that waits does not stop the page from reading. A browser’s WebSocket has no backpressure.',
      },
      {
        text: 'In the network',
        why: 'The page reads every message at once, so no messages stay in the network.',
      },
      {
        text: 'Nowhere: the server slows down',
        why: 'The server can’t detect a slow handler, only a client that stops reading.',
      },
    ],
    right: 1,
    measured: whereItPilesUp,
  },
  {
    id: 'age-behind-a-slow-handler',
    scene: 6,
    text: 'The handler stays slow for a minute. What is then the latency of the next message that the push client handles?',
    choices: [
      {
        text: '300 ms: the time the handler takes',
        why: 'The client must first handle all earlier messages.',
      },
      {
        text: 'A few milliseconds: push is real time',
        why: 'The message arrived within milliseconds, but then waited in the queue for the handler.',
      },
      {
        text: 'About forty seconds, and growing',
        why: 'In 60 s the client handles 200 of 600 messages. Message 200 was sent after 20 s, so its latency is 40 s.',
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
      return `After ${writeTime(durationMs)}, the push client handled a message with a latency of ${writeTime(lastMs)}. ${counted(inboxMessages, 'message')} still waited for the handler.`;
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
        why: 'TCP loses no data while the connection is open. TCP makes the sender wait.',
      },
      {
        text: 'Nowhere: the source waits for the client',
        why: 'The source can’t detect the slow client, and continues to send to all clients.',
      },
      {
        text: 'In the server, behind the full socket',
        why: 'The socket buffers fill first. Then the server’s send queue grows.',
      },
    ],
    right: 3,
    measured: whereItPilesUp,
  },
  {
    id: 'dropped-for-a-blocked-client',
    scene: 7,
    text: 'The server now queues at most 1 MiB per client, and then drops the oldest messages. WebSocket runs on TCP. Does the client miss messages?',
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
        text: 'No: the client gets all messages later',
        why: 'The server no longer has the dropped messages, so it sends only newer messages.',
      },
      {
        text: 'Yes, and the client can’t detect the loss',
        why: 'Each message has a number. A jump in the numbers shows the loss.',
      },
    ],
    right: 0,
    measured: ({ lanes }) => {
      if (lanes.push.messages === 0) return null;
      return `The push client missed ${counted(lanes.push.missed, 'message')}. The server’s send queue for this client has ${writeBytes(lanes.push.backlogBytes)}.`;
    },
  },
  {
    id: 'back-with-a-cursor',
    scene: 8,
    text: 'The push client is offline for ten seconds, and reconnects with its cursor. How many of about twenty messages does the client miss?',
    choices: [
      {
        text: 'All twenty messages',
        why: 'The messages are still in the server’s log. The server continues after the client’s cursor.',
      },
      {
        text: 'None',
        why: 'The cursor names the last message that the client received. The server sends all later messages.',
      },
      {
        text: 'The messages that were in transit',
        why: 'The client had not received these messages, so the server sends these messages again.',
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
    text: 'The push client is offline for ten seconds again, but reconnects without a cursor. Which messages does the client miss?',
    settings: { replay: false },
    choices: [
      {
        text: 'None: the server remembers the client',
        why: 'The server treats a client without a cursor as a new client.',
      },
      {
        text: 'None: WebSocket guarantees delivery',
        why: 'The guarantee ends with the connection. No guarantee covers the time between two connections.',
      },
      {
        text: 'All messages from the ten seconds offline',
        why: 'Without a cursor, a new subscription begins at the end of the log.',
      },
      { text: 'Only the last message', why: 'The client misses all messages between its two connections.' },
    ],
    right: 2,
    measured: whatWasMissed,
  },
  {
    id: 'everybody-at-once',
    scene: 9,
    text: 'The server pushes one message to all phones. Do all phones get the message at the same moment?',
    choices: [
      {
        text: 'Yes: push sends to all phones at once',
        why: 'The server writes to one connection after another, and the network paths differ.',
      },
      {
        text: 'Yes, except for clients that poll',
        why: 'Polling clients wait longer. But push clients don’t get the message at the same moment either.',
      },
      {
        text: 'No: the first phone to join waits longest',
        why: 'The server writes to one connection first, so the phone of this connection gets the message first.',
      },
      {
        text: 'No: the server writes to one phone after another',
        why: 'The server writes to one connection at a time, and the phones share the Wi-Fi.',
      },
    ],
    right: 3,
    measured: theClass,
  },
  {
    id: 'typical-and-worst',
    scene: 9,
    text: 'The screen shows the median latency of the class. Is this also the latency of your phone?',
    choices: [
      {
        text: 'No: one message in twenty can be many times slower',
        why: 'One message in twenty has a latency above the 95th percentile.',
      },
      {
        text: 'Yes: the median is the number that matters',
        why: 'The median hides the slow messages, and every phone gets some slow messages.',
      },
      {
        text: 'Yes: with push all phones have the same latency',
        why: 'The phones share the Wi-Fi and run other programs, so their latencies differ.',
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
  return `The one-way delay was ${writeTime(settings.oneWayMs)}. Latency of push: median ${writeTime(lanes.push.p50Ms)}, maximum ${writeTime(lanes.push.maxMs)}. Latency of long polling: median ${writeTime(lanes['long-poll'].p50Ms)}, maximum ${writeTime(lanes['long-poll'].maxMs)}.`;
}

function whereItPilesUp({ lanes }: Figures): string | null {
  const { inboxMessages, backlogBytes, messages } = lanes.push;
  if (messages === 0) return null;
  return `Queue in the page: ${counted(inboxMessages, 'message')}. Send queue in the server: ${writeBytes(backlogBytes)}. The push client’s latest message had a latency of ${writeTime(lanes.push.lastMs)}.`;
}

function whatWasMissed({ settings, lanes }: Figures): string | null {
  const cameBack = pushedFirst.filter((lane) => lanes[lane].reconnects > 0);
  if (cameBack.length === 0) return null;
  const losses = cameBack.map((lane) => `${laneLabels[lane]} ${writeCount(lanes[lane].missed)}`);
  return `Messages missed after reconnecting ${settings.replay ? 'with' : 'without'} a cursor: ${losses.join(', ')}.`;
}

function theClass({ delays }: Figures): string | null {
  const measured = delays.filter(({ messages, p50Ms }) => messages > 0 && p50Ms !== null);
  if (measured.length === 0) return null;
  const latencies = measured.map(
    ({ transport, members, p50Ms, p95Ms }) =>
      `${laneLabels[transport]} (${counted(members, 'client')}) median ${writeTime(p50Ms)}, p95 ${writeTime(p95Ms)}`,
  );
  return `Latency in this room: ${latencies.join('; ')}.`;
}
