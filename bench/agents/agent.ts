import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib';
import { backoffMs } from '../../clients/shared/backoff.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import {
  nameOfRabbit,
  parseRabbitUrl,
  type RabbitAddress,
  rabbitProblem,
} from '../../servers/source/rabbit-address.ts';
import { Child } from '../harness/child.ts';
import type { LoadHandlers } from '../harness/load-generator.ts';
import { inspectEnvironment, labVersion } from '../harness/machine/environment.ts';
import {
  agentsExchange,
  type Order,
  orderSchema,
  parseAs,
  queueOfAgent,
  type Sign,
  signEveryMs,
} from './orders.ts';

/**
 * An agent: it offers this machine's clients to whichever lab asks for them, one lab at a time.
 *
 *     show itself ──► taken ──► [ clients connect → window → report ] × trials ──► released
 *
 * The clients live in the same load generator as on the lab's own machine, so the agent itself stays idle
 * and can say that it lives while they work.
 */
export type AgentOptions = {
  url: string;
  /** Told what happens, in words for people. */
  onNews: (text: string) => void;
  /** Ends it. */
  signal: AbortSignal;
};

/** After two of these without a sign a connection is lost, at either end: only then may the agent have its queue again. */
const heartbeatSeconds = 5;

/**
 * Works as an agent until `signal` aborts. Rejects, in one line with what to do, when there is no broker.
 * When the broker is lost later, whatever its clients were doing ends, and it connects again as soon as it can.
 */
export async function workAsAgent({ url, onNews, signal }: AgentOptions): Promise<void> {
  const address = parseRabbitUrl(url);
  const broker = nameOfRabbit(address);
  const who = await introduction();
  const interrupted = new Promise((resolve) => signal.addEventListener('abort', resolve));
  let offer: Offer | undefined = await offerAt(address, who, onNews);
  onNews(`${who.agent} offers its clients at ${broker}. Press Ctrl-C to stop this agent.`);
  for (;;) {
    await Promise.race([offer.lost, interrupted]);
    await offer.close();
    if (signal.aborted) return;
    onNews(`${broker} disconnected: the agent tries to reconnect. Press Ctrl-C to stop this agent.`);
    offer = await offerAgain(() => offerAt(address, who, onNews), onNews, signal);
    if (!offer) return;
    onNews(`${broker} reconnected: ${who.agent} offers its clients again.`);
  }
}

/** Tries until it succeeds, and says each new reason why it did not. `undefined` when the signal has aborted. */
async function offerAgain(
  tryOnce: () => Promise<Offer>,
  onNews: AgentOptions['onNews'],
  signal: AbortSignal,
): Promise<Offer | undefined> {
  let reason = '';
  for (let failures = 1; !signal.aborted; failures += 1) {
    await wait(backoffMs(failures, Math.random), undefined, { signal }).catch(() => {});
    try {
      if (!signal.aborted) return await tryOnce();
    } catch (error) {
      const { message } = error as Error;
      if (message !== reason) onNews(message);
      reason = message;
    }
  }
  return undefined;
}

/** An agent at a broker for as long as its connection holds. */
type Offer = {
  /** Resolves when the connection is lost. */
  lost: Promise<void>;
  close(): Promise<void>;
};

/** Connects, and shows the agent to labs. Rejects in one line when that can't be done. */
async function offerAt(
  address: RabbitAddress,
  who: Omit<Sign, 'takenBy'>,
  onNews: AgentOptions['onNews'],
): Promise<Offer> {
  let connection: ChannelModel | undefined;
  let agent: Agent | undefined;
  const close = async () => {
    agent?.close();
    await connection?.close().catch(() => {});
  };
  try {
    connection = await connect({ ...address, heartbeat: heartbeatSeconds }, { noDelay: true, timeout: 5000 });
    const opened = connection;
    const lost = new Promise<void>((resolve) => {
      const gone = () => {
        agent?.close();
        resolve();
      };
      opened.on('error', gone);
      opened.on('close', gone);
    });
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    agent = new Agent(channel, who, onNews);
    await agent.open();
    return { lost, close };
  } catch (error) {
    await close();
    throw new Error(rabbitProblem(address, error));
  }
}

class Agent {
  readonly name: string;
  readonly #channel: Channel;
  readonly #introduction: Omit<Sign, 'takenBy'>;
  readonly #onNews: (text: string) => void;
  #lab: string | null = null;
  #load: Child<LoadHandlers> | undefined;
  #clients = 0;
  #showing: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(channel: Channel, introduction: Omit<Sign, 'takenBy'>, onNews: (text: string) => void) {
    this.#channel = channel;
    this.#introduction = introduction;
    this.#onNews = onNews;
    this.name = introduction.agent;
  }

  async open(): Promise<void> {
    const queue = queueOfAgent(this.name);
    await this.#channel.assertExchange(agentsExchange, 'fanout', { durable: false });
    await this.#channel.assertQueue(queue, { exclusive: true, durable: false });
    await this.#channel.consume(queue, (message) => message && void this.#obey(message), { noAck: true });
    // A sign to a lab comes back when there is no such lab any more.
    this.#channel.on('return', ({ fields }) => {
      if (fields.routingKey === this.#lab) this.#release('the lab disconnected');
    });
    this.#show();
    this.#showing = setInterval(() => this.#show(), signEveryMs);
  }

  /** Ends its clients. Nothing is said any more: the connection may be gone. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#showing);
    this.#load?.kill();
  }

  #show(): void {
    const sign = Buffer.from(JSON.stringify({ ...this.#introduction, takenBy: this.#lab } satisfies Sign));
    this.#channel.publish(agentsExchange, '', sign, { type: 'sign' });
    if (this.#lab) this.#channel.publish('', this.#lab, sign, { type: 'sign', mandatory: true });
  }

  async #obey({ content, properties }: ConsumeMessage): Promise<void> {
    const receivedMs = nowMs();
    const { replyTo, correlationId } = properties;
    const answer = (words: { value: unknown } | { error: string }) => {
      if (!replyTo || this.#isClosed) return;
      const text = Buffer.from(JSON.stringify(words));
      this.#channel.publish('', replyTo, text, { type: 'answer', correlationId });
    };
    try {
      const order = parseAs(orderSchema, 'order', String(content));
      const value = await this.#do(order, receivedMs);
      answer({ value: value ?? null });
    } catch (error) {
      const { message } = error as Error;
      if (!this.#isClosed) this.#onNews(message);
      answer({ error: message.slice(0, 2000) });
    }
  }

  #do(order: Order, receivedMs: number): unknown {
    if (order.name === 'take') return this.#take(order.lab);
    if (order.lab !== this.#lab) throw new Error(`${this.name} does not work for this lab`);
    switch (order.name) {
      case 'clock':
        return { receivedMs, answeredMs: nowMs() };
      case 'connect':
        return this.#connect(order.argument);
      case 'meter':
        return this.#meter(order.argument);
      case 'finish':
        return this.#finish(order.argument);
      case 'disconnect':
        this.#clients = 0;
        return this.#loadGenerator().call('disconnect', undefined);
      case 'release':
        return this.#release('the lab has finished');
    }
  }

  #take(lab: string): void {
    if (this.#lab !== null && this.#lab !== lab) throw new Error(`${this.name} works for another lab`);
    this.#lab = lab;
    this.#onNews('A lab uses this agent.');
    this.#show();
  }

  #release(why: string): void {
    this.#load?.kill();
    this.#load = undefined;
    this.#lab = null;
    this.#clients = 0;
    this.#onNews(`This agent is free again: ${why}.`);
    this.#show();
  }

  async #connect(shard: Extract<Order, { name: 'connect' }>['argument']) {
    const { clientsMax } = this.#introduction;
    if (this.#clients + shard.clients > clientsMax)
      throw new Error(
        `too many clients for ${this.name}: expected at most ${clientsMax}, got ${this.#clients + shard.clients}. Try "ulimit -n 20000" there, or more agents`,
      );
    this.#clients += shard.clients;
    return this.#loadGenerator().call('connect', shard);
  }

  #meter(window: Extract<Order, { name: 'meter' }>['argument']) {
    const lengthMs = window.endMs - window.startMs;
    this.#onNews(`Measuring ${this.#clients} clients for ${lengthMs / 1000} s.`);
    return this.#loadGenerator().call('meter', window, lengthMs + 60_000);
  }

  /** The report of each group, and every delay in it, so that they can be added to those of other agents. */
  async #finish(end: Extract<Order, { name: 'finish' }>['argument']) {
    const load = this.#loadGenerator();
    const reports = await load.call('finish', end, end.limitMs + 30_000);
    return { reports, recordings: await load.call('recordings', undefined) };
  }

  /** The process in which its clients live; a new one when the last has ended. */
  #loadGenerator(): Child<LoadHandlers> {
    if (!this.#load || this.#load.ended) {
      this.#load = new Child<LoadHandlers>('./load-generator.ts');
      this.#onNews('Started a process for the clients.');
    }
    return this.#load;
  }
}

/** Who this agent is and what its machine allows. */
async function introduction(): Promise<Omit<Sign, 'takenBy'>> {
  const { environment, machine } = await inspectEnvironment();
  const { node, os, cpu, cores, memoryBytes } = environment;
  const agent = `${hostname()
    .replace(/[^\w.-]/g, '-')
    .slice(0, 60)}-${randomBytes(3).toString('hex')}`;
  return { agent, version: labVersion(), node, os, cpu, cores, memoryBytes, clientsMax: machine.clientsMax };
}
