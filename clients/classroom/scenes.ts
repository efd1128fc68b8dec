import type { Settings } from './protocol.ts';

/**
 * The nine scenes on the keys 1 to 9: what a class looks at, one after the other. Each bears the number of
 * its episode in LAB.md.
 */
export type Scene = {
  /** The key, 1 to 9. */
  key: number;
  /** Short enough for a button. */
  title: string;
  /** One sentence for the teacher to say, on the screen as long as the scene is. */
  say: string;
  /** What differs from `defaultSettings`. */
  settings: Partial<Settings>;
  /** How much of the past the pictures show. Default 10,000. */
  spanMs?: number;
  /** Two questions that ask for the same understanding in other words and figures, by id. */
  questions: readonly [string, string];
};

export const scenes: readonly Scene[] = [
  {
    key: 1,
    title: 'How old?',
    say: 'Four clients hear the same messages, two a second. The short poll asks once a second. How old is a message when it gets there?',
    settings: { ratePerSecond: 2, intervalMs: 1000 },
    questions: ['age-of-a-poll', 'age-of-a-slow-poll'],
  },
  {
    key: 2,
    title: 'Poll faster?',
    say: 'The short poll now asks ten times a second. Its messages are fresher. Look at what it pays for that.',
    settings: { ratePerSecond: 2, intervalMs: 100 },
    spanMs: 5000,
    questions: ['requests-per-message', 'empty-answers'],
  },
  {
    key: 3,
    title: 'Nothing to hear',
    say: 'One message in ten seconds. Who talks to the server although there is nothing to say?',
    settings: { ratePerSecond: 0.1, schedule: 'periodic', intervalMs: 1000, holdMs: 5000 },
    spanMs: 30_000,
    questions: ['idle-requests', 'idle-connections'],
  },
  {
    key: 4,
    title: 'Far away',
    say: 'The server is now 150 milliseconds away, each way. Slanted lines are messages and requests on their way.',
    settings: { ratePerSecond: 5, intervalMs: 1000, oneWayMs: 150 },
    spanMs: 5000,
    questions: ['long-poll-far-away', 'push-far-away'],
  },
  {
    key: 5,
    title: 'A burst',
    say: 'Twenty messages at one instant, then silence. What does each way make of them?',
    settings: { ratePerSecond: 4, schedule: 'burst', burstSize: 20 },
    questions: ['requests-per-burst', 'bytes-per-burst'],
  },
  {
    key: 6,
    title: 'Slow handler',
    say: 'Ten messages a second; the push client needs 300 milliseconds for each. It goes on reading all the while.',
    settings: { ratePerSecond: 10, handlingMs: 300, slowBy: 'sleep' },
    questions: ['where-a-slow-handler-piles-up', 'age-behind-a-slow-handler'],
  },
  {
    key: 7,
    title: 'Blocked client',
    say: 'The push client now blocks while it handles a message: it reads nothing meanwhile, and the messages are large.',
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
    title: 'Out of reach',
    say: 'Take a lane out of reach, count to ten, and let it come back. What has it missed?',
    settings: { ratePerSecond: 2 },
    spanMs: 30_000,
    questions: ['back-with-a-cursor', 'back-without-a-cursor'],
  },
  {
    key: 9,
    title: 'You are the load',
    say: 'Now the class is the load: every phone in the room is a client of the same source.',
    settings: { ratePerSecond: 2 },
    questions: ['everybody-at-once', 'typical-and-worst'],
  },
];

/** The scene on a key; `undefined` for another key. */
export function sceneAt(key: number | null): Scene | undefined {
  return scenes.find((scene) => scene.key === key);
}
