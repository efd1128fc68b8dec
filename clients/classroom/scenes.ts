import type { Settings } from './protocol.ts';

/** The nine scenes on the keys 1 to 9, each with the number of its episode in LAB.md. */
export type Scene = {
  /** The key, 1 to 9. */
  key: number;
  /** Short enough for a button. */
  title: string;
  /** Shown as long as the scene is: a sentence or two for the teacher. */
  say: string;
  /** What differs from `defaultSettings`. */
  settings: Partial<Settings>;
  /** Milliseconds that the pictures go back. Default 10,000. */
  spanMs?: number;
  /** Two questions, by id, that need the same understanding. */
  questions: readonly [string, string];
};

export const scenes: readonly Scene[] = [
  {
    key: 1,
    title: 'Latency',
    say: 'Four clients receive the same two messages per second. The short-polling client polls once a second. What is the latency of each transport?',
    settings: { ratePerSecond: 2, intervalMs: 1000 },
    questions: ['age-of-a-poll', 'age-of-a-slow-poll'],
  },
  {
    key: 2,
    title: 'Poll faster?',
    say: 'The short-polling client now polls ten times a second, so its latency falls. Look at the requests per message.',
    settings: { ratePerSecond: 2, intervalMs: 100 },
    spanMs: 5000,
    questions: ['requests-per-message', 'empty-answers'],
  },
  {
    key: 3,
    title: 'Idle clients',
    say: 'One message comes every ten seconds. Which clients send requests between two messages?',
    settings: { ratePerSecond: 0.1, schedule: 'periodic', intervalMs: 1000, holdMs: 5000 },
    spanMs: 30_000,
    questions: ['idle-requests', 'idle-connections'],
  },
  {
    key: 4,
    title: 'Far away',
    say: 'The one-way delay is now 150 milliseconds. The slanted lines are messages and requests in transit.',
    settings: { ratePerSecond: 5, intervalMs: 1000, oneWayMs: 150 },
    spanMs: 5000,
    questions: ['long-poll-far-away', 'push-far-away'],
  },
  {
    key: 5,
    title: 'A burst',
    say: 'Every five seconds, twenty messages come at the same time. How does each transport deliver the messages?',
    settings: { ratePerSecond: 4, schedule: 'burst', burstSize: 20 },
    questions: ['requests-per-burst', 'bytes-per-burst'],
  },
  {
    key: 6,
    title: 'Slow handler',
    say: 'Ten messages come per second. The push client’s handler needs 300 milliseconds for each message, but the client keeps reading.',
    settings: { ratePerSecond: 10, handlingMs: 300, slowBy: 'sleep' },
    questions: ['where-a-slow-handler-piles-up', 'age-behind-a-slow-handler'],
  },
  {
    key: 7,
    title: 'Slow consumer',
    say: 'The messages are now large. The push client stops reading while it handles a message.',
    settings: {
      ratePerSecond: 40,
      schedule: 'periodic',
      payloadBytes: 65_536,
      handlingMs: 500,
      slowBy: 'block',
      policy: 'unbounded',
    },
    questions: ['where-a-blocked-client-piles-up', 'dropped-for-a-blocked-client'],
  },
  {
    key: 8,
    title: 'Offline',
    say: 'Take a lane offline for ten seconds. How many messages does the offline client miss?',
    settings: { ratePerSecond: 2 },
    spanMs: 30_000,
    questions: ['back-with-a-cursor', 'back-without-a-cursor'],
  },
  {
    key: 9,
    title: 'You are the load',
    say: 'Now the class is the load. Every phone in the room runs a client that receives the same messages.',
    settings: { ratePerSecond: 2 },
    questions: ['everybody-at-once', 'typical-and-worst'],
  },
];

/** The scene on a key; `undefined` for another key. */
export function sceneAt(key: number | null): Scene | undefined {
  return scenes.find((scene) => scene.key === key);
}
