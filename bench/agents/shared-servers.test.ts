import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientsByName } from '../../clients/clients.ts';
import { nodeOpeners } from '../../clients/shared/openers-node.ts';
import type { Message } from '../../servers/log/message.ts';
import { type BrokerNode, findRabbit, rabbitRemedy, startBrokerNode } from '../broker/node.ts';
import type { TrialPlan } from '../experiment.ts';
import { openRelay } from '../harness/relay.ts';
import { Bench } from '../harness/trial.ts';
import { trialSchema } from '../result.ts';
import { Agents } from './agents.ts';
import { SharedServers } from './shared-servers.ts';
import { type StartedAgent, startAgent } from './started-agent.ts';

/** A trial whose servers have one source at a real RabbitMQ, and whose clients live at agents. */
const hasRabbit = findRabbit() !== undefined;
if (!hasRabbit) console.warn(`skipped: servers of a trial on one source: ${rabbitRemedy}`);

/** With `CI=true` a missing RabbitMQ is no reason to skip: its tests then fail, and say what to install. */
const runs = hasRabbit || process.env.CI === 'true';

/** Long enough for a busy machine. */
const startLimitMs = 150_000;
const patience = { timeout: 60_000, interval: 20 };

const plan: TrialPlan = {
  groups: [
    { transport: 'push', clients: 6 },
    { transport: 'short-poll', clients: 3, intervalMs: 50 },
  ],
  schedule: { kind: 'periodic', ratePerSecond: 50 },
  // All that is done to it takes three seconds, and longer on a busy machine.
  durationMs: 24_000,
  repeat: 1,
};
const total = 1200;

/** No agent that lives is silent for so long, on a busy machine either. */
const deadAfterMs = 10_000;

describe.skipIf(!runs)('three servers on one source, and three agents', { timeout: 240_000 }, () => {
  let node: BrokerNode;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    node = await startBrokerNode({ plugins: [], startLimitMs });
  }, startLimitMs + 10_000);

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  afterAll(() => node?.stop());

  it('lose nothing silently when connections to RabbitMQ, a server and an agent go in turn', async () => {
    const { bench, servers, relay, helpers } = await open();
    const running = bench.run('test', plan);
    const readers = await readersOf(servers);
    const [first, ...living] = readers as [Reader, Reader, Reader];
    // A trial ends its servers when the agents are done: here not before the readers are.
    const close = servers.close.bind(servers);
    vi.spyOn(servers, 'close').mockImplementationOnce(async () => {
      for (const { got } of living) await vi.waitFor(() => expect(got.at(-1)?.seq).toBe(total), patience);
      return close();
    });
    const goOn = (some: Reader[], messages: number) => {
      const from = Math.max(...some.map(({ got }) => got.at(-1)?.seq ?? 0));
      return vi.waitFor(() => {
        for (const { got } of some) expect(got.at(-1)?.seq ?? 0).toBeGreaterThanOrEqual(from + messages);
      }, patience);
    };

    await goOn(readers, 20);
    relay.cut();
    await goOn(readers, 20);
    // The first of the servers was the one that gave out the numbers when it all began.
    process.kill(servers.pids[0] as number, 'SIGKILL');
    await goOn(living, 20);
    const [cut, killed, steady] = helpers as [StartedAgent, StartedAgent, StartedAgent];
    killed.child.kill('SIGKILL');
    expect(living[0]?.got.at(-1)?.seq, 'all of this happened within the window').toBeLessThan(total);
    const trials = await running;

    // The living have delivered one sequence without a gap, and the dead one its beginning.
    const start = Math.max(...readers.map(({ client }) => client.ledger.startSeq as number));
    const [one, other, dead] = [...living, first].map(({ got }) => got.filter(({ seq }) => seq > start));
    expect(one?.map(({ seq }) => seq)).toEqual(
      Array.from({ length: total - start }, (_, index) => start + 1 + index),
    );
    expect(other).toEqual(one);
    expect(dead?.length).toBeGreaterThan(0);
    expect(dead).toEqual(one?.slice(0, dead?.length));
    for (const { client } of living)
      expect(client.ledger).toMatchObject({ gaps: 0, missed: 0, duplicated: 0, reordered: 0, resets: 0 });

    // And the result names whatever did not come, to the message.
    for (const trial of trials) {
      const { messages, shards = [], delayMs, clients, error } = trialSchema.parse(trial);
      const shardOf = ({ name }: StartedAgent) => shards.find(({ agent }) => agent === name);
      const each = clients.count / 3;
      expect(shards.map((shard) => shard.clients)).toEqual([each, each, each]);
      const missed = shardOf(cut)?.missed as number;
      expect(missed).toBeGreaterThan(0);
      expect(missed).toBeLessThan(each * total);
      expect(trial).toMatchObject({ status: 'failed', appended: total, parameters: { servers: 3 } });
      expect(messages).toEqual({
        expected: 3 * each * total,
        delivered: 2 * each * total - missed,
        dropped: 0,
        missed: missed + each * total,
        duplicated: 0,
        reordered: 0,
        backlogAtEnd: 0,
      });
      expect(delayMs.count).toBe(messages.delivered);
      expect(error).toContain(
        `lost server 1 of 3: the server-process ended (SIGKILL); of the ${each * total} messages for its ${each} clients, at ${cut.name}, ${missed} did not arrive and count as missed`,
      );
      expect(error).toContain(
        `lost ${killed.name}: no heartbeat for ${deadAfterMs / 1000} s; the ${each * total} messages for its ${each} clients count as missed`,
      );
      expect(shardOf(steady)?.lost).toBeUndefined();
    }

    // The next trial has a server in the place of the dead one, and nothing of this one is left at the broker.
    const stream = servers.stream as string;
    const { pids } = servers;
    const next = await bench.run('test', { ...plan, durationMs: 300 });
    for (const trial of next) {
      expect(trial.status, trial.error).toBe('ok');
      expect(trial.messages.delivered).toBe(trial.clients.count * 15);
      expect(trial.shards?.map(({ agent }) => agent)).toEqual([cut.name, steady.name]);
    }
    expect(servers.pids).toEqual([expect.any(Number), ...pids.slice(1)]);
    expect(servers.pids[0]).not.toBe(pids[0]);
    expect(servers.stream).not.toBe(stream);
    for (const name of [stream, servers.stream as string]) await expectNoQueue(name);
  });

  /** Agents, in the order in which they have the servers, and the bench. The servers reach the broker by a way of their own. */
  async function open() {
    const relay = await openRelay(node.addresses.amqp);
    cleanups.push(() => relay.close());
    const helpers = await Promise.all([1, 2, 3].map(() => startAgent(node.addresses.amqp)));
    cleanups.push(() => Promise.all(helpers.map((helper) => helper.stop())));
    helpers.sort((one, other) => (one.name < other.name ? -1 : 1));
    const agents = await Agents.gather({ url: node.addresses.amqp, count: 3, deadAfterMs });
    const servers = new SharedServers({ url: relay.url, count: 3 });
    const bench = new Bench({ agents, serverHost: '127.0.0.1', servers });
    cleanups.push(async () => {
      bench.kill();
      await agents.close();
    });
    return { relay, helpers, servers, bench };
  }

  type Reader = Awaited<ReturnType<typeof readersOf>>[number];

  /** A reader by push at each server, once they have been opened. */
  async function readersOf(servers: SharedServers) {
    const opening = vi.spyOn(servers, 'open');
    await vi.waitFor(() => expect(opening).toHaveResolved(), patience);
    const opened: Awaited<ReturnType<SharedServers['open']>> = await opening.mock.results[0]?.value;
    const readers = (opened.ports[0] as number[]).map((port) => {
      const client = clientsByName.push.open({ url: `ws://127.0.0.1:${port}`, intervalMs: 0 }, nodeOpeners);
      cleanups.push(() => client.stop());
      const got: Message[] = [];
      return { client, got, started: client.start((message) => got.push(message)) };
    });
    await Promise.all(readers.map(({ started }) => started));
    return readers;
  }

  async function expectNoQueue(name: string): Promise<void> {
    const connection = await connect(node.addresses.amqp);
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    await expect(channel.checkQueue(name)).rejects.toThrow('NOT_FOUND');
    await connection.close();
  }
});
