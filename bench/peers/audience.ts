import type { Child } from '../harness/child.ts';
import type { BareHandlers } from './bare-clients-process.ts';
import type { Contender } from './contender.ts';

/** The process with the clients of a contest. */
export type Audience = Child<BareHandlers>;

/**
 * Waits until each client has received that number of messages. Returns for each message when the last client received
 * it. Rejects if a client received more messages, or fewer within 10 s.
 */
export async function receivedByAll(
  audience: Audience,
  { name }: Contender,
  messages: number,
): Promise<number[]> {
  const { received, lastAtMs } = await audience.call('received', { messages, limitMs: 10_000 });
  const wrong = received.filter((count) => count !== messages).length;
  if (wrong === 0) return lastAtMs;
  throw new Error(
    `${name}: ${wrong} of ${received.length} clients did not receive exactly ${messages} messages`,
  );
}
