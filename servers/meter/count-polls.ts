import type { ServerResponse } from 'node:http';
import { type Batch, isBatch } from '../log/message.ts';
import type { Tally } from './tally.ts';

/** Called for every poll when it arrives. Returns a function that is called with the batch of the response. */
export type OnAsk = () => (batch: Batch) => void;

/** Counts polls from outside the pages, when they arrive and when the response is sent. */
export function countPolls(tally: Tally, onAsk?: OnAsk) {
  const pending = new WeakMap<ServerResponse, (batch: Batch) => void>();
  return {
    /** Called when a poll arrives. */
    ...(onAsk && { onPoll: (response: ServerResponse) => void pending.set(response, onAsk()) }),
    /** Called with everything that a page sends as JSON. */
    onJson(response: ServerResponse, data: unknown) {
      if (!isBatch(data as Batch)) return;
      const { messages, superseded = 0 } = data as Batch;
      tally.requests += 1;
      if (messages.length === 0) tally.empty += 1;
      tally.deliveries += messages.length;
      tally.dropped += superseded;
      pending.get(response)?.(data as Batch);
    },
  };
}
