import { expect, it, vi } from 'vitest';
import { newCounters } from '../client.ts';
import type { ConnectionEvents } from './openers.ts';
import { StayingConnected } from './reconnection.ts';

/** A connection that the test speaks through; `closed` counts what the client cut. */
function connectBy(onText: (text: string) => boolean) {
  const opened: ConnectionEvents[] = [];
  const counters = newCounters();
  const open = (events: ConnectionEvents) => {
    opened.push(events);
    return { send() {}, close: () => events.onClose('cut by the client') };
  };
  const connection = new StayingConnected(open, onText, counters, { random: () => 0 });
  connection.start();
  return { opened, counters, connection };
}

it('says why the last connection failed, not the first', async () => {
  const { opened, counters, connection } = connectBy(() => true);
  opened[0]?.onClose('refused');
  await vi.waitFor(() => expect(opened).toHaveLength(2));
  opened[1]?.onClose('reset');
  expect(counters).toMatchObject({ requests: 2, failures: 2, lastFailure: 'reset' });
  connection.stop();
});

it('names the first thing that it could not read, and reads no more of that connection', async () => {
  const onText = vi.fn((text: string): boolean => {
    throw new Error(`what is ${text}?`);
  });
  const { opened, counters, connection } = connectBy(onText);
  opened[0]?.onText('HTTP/1.1 400 Bad Request');
  opened[0]?.onText('Connection: close');
  expect(onText).toHaveBeenCalledOnce();
  expect(counters).toMatchObject({ failures: 1, lastFailure: 'what is HTTP/1.1 400 Bad Request?' });
  await vi.waitFor(() => expect(opened).toHaveLength(2));
  opened[1]?.onClose('reset');
  expect(counters.lastFailure).toBe('reset');
  connection.stop();
});
