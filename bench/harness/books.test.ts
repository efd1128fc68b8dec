import { afterEach, describe, expect, it, vi } from 'vitest';
import { clientsByName } from '../../clients/clients.ts';
import { nodeOpeners } from '../../clients/shared/openers-node.ts';
import { transportNames } from '../../clients/transports.ts';
import type { Message } from '../../servers/log/message.ts';
import { MessageLog } from '../../servers/log/message-log.ts';
import { serversByName } from '../../servers/serve.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import { bookProblems } from '../analysis/books.ts';
import { Recorder } from './recorder.ts';
import { SimulatedClient } from './simulated-client.ts';

/** What a faulty server could do to the messages of one turn. */
const faults: Record<string, { spoil: (messages: Message[]) => Message[]; problem: RegExp }> = {
  loses: { spoil: (messages) => messages.filter(({ seq }) => seq !== 3), problem: /unaccounted for/ },
  'loses the last': {
    spoil: (messages) => messages.filter(({ seq }) => seq !== 6),
    problem: /unaccounted for/,
  },
  doubles: {
    spoil: (messages) => messages.flatMap((message) => (message.seq === 3 ? [message, message] : [message])),
    problem: /1 messages came twice/,
  },
  reorders: {
    spoil: (messages) => messages.map((message, index) => messages[[0, 1, 3, 2][index] ?? index] ?? message),
    problem: /1 messages came out of order/,
  },
};

/** A log that lies to those who read it. The servers and clients around it are the real ones. */
class SpoiltLog extends MessageLog {
  readonly #spoil: (messages: Message[]) => Message[];

  constructor(spoil: (messages: Message[]) => Message[]) {
    super();
    this.#spoil = spoil;
  }

  override after(...reading: Parameters<MessageLog['after']>) {
    const batch = super.after(...reading);
    return { ...batch, messages: this.#spoil(batch.messages) };
  }

  override subscribe(listener: (messages: readonly Message[]) => void) {
    return super.subscribe((messages) => listener(this.#spoil([...messages])));
  }
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.each(transportNames)('%s', (name) => {
  async function deliverSix(spoil: (messages: Message[]) => Message[]): Promise<string[]> {
    const source = new EmbeddedSource(new SpoiltLog(spoil));
    const endpoint = serversByName[name](source, {});
    await endpoint.listen();
    cleanups.push(() => endpoint.close());
    const { scheme, open } = clientsByName[name];
    const url = `${scheme}://127.0.0.1:${endpoint.port}`;
    const recorder = new Recorder();
    const member = new SimulatedClient({
      open: () => open({ url, intervalMs: 10 }, nodeOpeners),
      handlingMs: 0,
      recorderAt: () => recorder,
    });
    const { receiver } = member;
    cleanups.push(() => member.leave());
    await member.start();
    for (let index = 1; index <= 6; index += 1) source.log.append(`${index}`, 0);
    await vi.waitFor(() => expect(receiver.ledger.seq).toBeGreaterThanOrEqual(5));
    return bookProblems(member.books(source.log.head), member.gaps);
  }

  it('balances its books when all is well', async () => {
    await vi.waitFor(async () => expect(await deliverSix((messages) => messages)).toEqual([]));
  });

  it.each(Object.entries(faults))(
    'is caught by its books when it %s a message',
    async (_name, { spoil, problem }) => {
      expect((await deliverSix(spoil)).join('; ')).toMatch(problem);
    },
  );
});
