import { randomUUID } from 'node:crypto';
import { type Channel, type ConsumeMessage, connect } from 'amqplib';
import { nowMs } from '../../servers/meter/clock.ts';
import { nameOfRabbit, parseRabbitUrl, rabbitProblem } from '../../servers/source/rabbit-address.ts';
import { labVersion } from '../harness/machine/environment.ts';
import { type AnswerTo, answersByOrder } from './answers.ts';
import { type ClockReading, type Exchange, readingOf } from './clock.ts';
import {
  agentsExchange,
  answerSchema,
  checkedAs,
  type Order,
  parseAs,
  queueOfAgent,
  type Sign,
  signEveryMs,
  signSchema,
} from './orders.ts';

/** What an agent is asked with each order. */
type ArgumentOf<Name extends Order['name']> = Extract<Order, { name: Name }>['argument'];

export type AgentsOptions = {
  url: string;
  /** How many are wanted. */
  count: number;
  /** How long to wait for them. Default 60,000. */
  waitMs?: number;
  /** An agent that has shown no sign of life for so long is dead. Default 5000. */
  deadAfterMs?: number;
  /** Told what happens to agents, in words for people. */
  onNews?: (text: string) => void;
  /** Breaks the wait off. */
  signal?: AbortSignal;
};

/** An order that has not been answered yet. */
type Call = { agent: string; name: Order['name']; resolve(value: unknown): void; reject(error: Error): void };

/** Times to ask an agent for its clock: the shortest exchange counts. */
const clockExchanges = 10;
const orderLimitMs = 30_000;

/**
 * The agents of a run, as the lab sees them. An agent is dead when it shows no sign of life, or its queue is
 * gone; one that shows itself and does not answer is slow, and is told so apart. One that was lost and shows
 * itself again can be taken up for what comes then.
 */
export class Agents {
  /** Why the broker was given up, in one line; `undefined` while all is well. */
  problem: string | undefined;
  readonly #channel: Channel;
  readonly #connection: Awaited<ReturnType<typeof connect>>;
  readonly #queue: string;
  readonly #deadAfterMs: number;
  readonly #onNews: (text: string) => void;
  /** By name: who has ever shown itself, and when it did last. */
  readonly #signs = new Map<string, { sign: Sign; atMs: number }>();
  readonly #taken = new Set<string>();
  /** Those that were taken and lost since. */
  readonly #lost = new Set<string>();
  #isClosing = false;
  readonly #calls = new Map<string, Call>();
  #watch: NodeJS.Timeout | undefined;
  #watchedMs = nowMs();

  /**
   * Waits for agents and takes them. Rejects, in one line with what to do, when there is no broker, and when
   * too few have come in time: then it says how many are missing.
   */
  static async gather(options: AgentsOptions): Promise<Agents> {
    const address = parseRabbitUrl(options.url);
    try {
      const connection = await connect(options.url, { noDelay: true, timeout: 5000 });
      const channel = await connection.createChannel();
      const agents = new Agents(connection, channel, options, nameOfRabbit(address));
      await agents.#open();
      await agents.#gather(options).catch(async (error) => {
        await agents.close();
        throw error;
      });
      return agents;
    } catch (error) {
      throw error instanceof TooFew ? error : new Error(rabbitProblem(address, error));
    }
  }

  private constructor(
    connection: Awaited<ReturnType<typeof connect>>,
    channel: Channel,
    { deadAfterMs = 5000, onNews = () => {} }: AgentsOptions,
    broker: string,
  ) {
    this.#connection = connection;
    this.#channel = channel;
    this.#queue = `lab-${randomUUID()}`;
    this.#deadAfterMs = deadAfterMs;
    this.#onNews = onNews;
    const gone = () => {
      this.problem ??= `${broker} disconnected during the run, and all agents with it: start the broker again, and repeat the run`;
      for (const name of this.#taken) this.#lose(name, 'the broker disconnected');
    };
    connection.on('error', gone);
    connection.on('close', gone);
    channel.on('error', () => {});
  }

  /** Those that are at work for this lab and live, in the order of their names. */
  get names(): string[] {
    return [...this.#taken].sort();
  }

  /** Who they are. */
  get introductions(): Sign[] {
    return this.names.flatMap((name) => this.#signs.get(name)?.sign ?? []);
  }

  /**
   * Gives an order. Rejects with the agent's own words when it refuses or fails, with the field at fault when
   * its answer is not of the right shape, at once when it is dead, and after `limitMs` when it lives and does
   * not answer.
   */
  call<Name extends Order['name']>(
    agent: string,
    name: Name,
    argument: ArgumentOf<Name>,
    limitMs = orderLimitMs,
  ): Promise<AnswerTo<Name>> {
    if (name !== 'take' && !this.#taken.has(agent))
      return Promise.reject(new Error(`${agent} was already lost`));
    const correlationId = randomUUID();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#calls.delete(correlationId);
        reject(
          new Error(
            `${agent} is slow: it sends heartbeats, and no response to "${name}" within ${limitMs / 1000} s`,
          ),
        );
      }, limitMs);
      const settled = <T>(how: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          this.#calls.delete(correlationId);
          how(value);
        };
      };
      this.#calls.set(correlationId, {
        agent,
        name,
        resolve: settled(resolve as (value: unknown) => void),
        reject: settled(reject),
      });
      this.#channel.publish(
        '',
        queueOfAgent(agent),
        Buffer.from(JSON.stringify({ name, lab: this.#queue, argument })),
        { replyTo: this.#queue, correlationId, mandatory: true },
      );
    });
  }

  /** What an agent's clock shows more than this one's, by the shortest of several exchanges. */
  async clockOf(agent: string): Promise<ClockReading> {
    const exchanges: Exchange[] = [];
    while (exchanges.length < clockExchanges) {
      const sentMs = nowMs();
      const answer = await this.call(agent, 'clock', null);
      exchanges.push({ sentMs, ...answer, heardMs: nowMs() });
    }
    return readingOf(exchanges);
  }

  /** Takes up those that were lost and have shown themselves since. */
  async takeUp(): Promise<void> {
    for (const name of this.#lost) {
      const { takenBy } = this.#signs.get(name)?.sign ?? {};
      if (takenBy === null || takenBy === this.#queue) await this.#take(name);
    }
  }

  /** Does without an agent until it is taken up again. */
  leaveOut(agent: string, why: string): void {
    if (this.#taken.has(agent)) this.#lose(agent, why);
  }

  /** Lets the agents go. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    this.#isClosing = true;
    await Promise.allSettled(this.names.map((name) => this.call(name, 'release', null, 2000)));
    this.#connection.removeAllListeners('close');
    await this.#connection.close().catch(() => {});
  }

  async #open(): Promise<void> {
    await this.#channel.assertExchange(agentsExchange, 'fanout', { durable: false });
    await this.#channel.assertQueue(this.#queue, { exclusive: true, durable: false });
    await this.#channel.bindQueue(this.#queue, agentsExchange, '');
    this.#channel.on('return', ({ fields }) => {
      for (const { agent } of [...this.#calls.values()])
        if (queueOfAgent(agent) === fields.routingKey) this.#lose(agent, 'the agent left the broker');
    });
    await this.#channel.consume(this.#queue, (message) => message && this.#hear(message), { noAck: true });
    this.#watch = setInterval(() => this.#look(), signEveryMs / 2);
  }

  #hear({ content, properties }: ConsumeMessage): void {
    const call = this.#calls.get(properties.correlationId);
    try {
      if (properties.type === 'sign') {
        const sign = parseAs(signSchema, 'heartbeat of an agent', String(content));
        if (this.#taken.has(sign.agent) && sign.takenBy !== this.#queue)
          this.#lose(sign.agent, 'the agent lost its connection and its clients');
        this.#signs.set(sign.agent, { sign, atMs: nowMs() });
      } else if (call) takeAnswer(call, String(content));
    } catch (error) {
      call?.reject(error as Error);
      this.#onNews((error as Error).message);
    }
  }

  /** Looks who is dead. When this process itself has been away, nobody is blamed for it. */
  #look(): void {
    const awayMs = nowMs() - this.#watchedMs;
    this.#watchedMs = nowMs();
    for (const [name, seen] of this.#signs) {
      if (awayMs > 2 * signEveryMs) seen.atMs += awayMs;
      if (this.#taken.has(name) && nowMs() - seen.atMs > this.#deadAfterMs)
        this.#lose(name, `no heartbeat for ${this.#deadAfterMs / 1000} s`);
    }
  }

  #lose(agent: string, why: string): void {
    const error = new Error(`lost ${agent}: ${why}`);
    // Only what it shows from now on counts.
    this.#signs.delete(agent);
    for (const call of [...this.#calls.values()]) if (call.agent === agent) call.reject(error);
    if (!this.#taken.delete(agent) || this.#isClosing) return;
    this.#lost.add(agent);
    this.#onNews(`${error.message}; the run continues without it until it is back`);
  }

  async #gather({ count, waitMs = 60_000, signal }: AgentsOptions): Promise<void> {
    const untilMs = nowMs() + waitMs;
    const others = new Map<string, string>();
    while (this.#taken.size < count) {
      for (const { sign } of this.#signs.values()) {
        const { agent, version, takenBy } = sign;
        if (this.#taken.has(agent) || this.#taken.size === count) continue;
        if (version !== labVersion())
          others.set(
            agent,
            `${agent} has version ${version} of the lab, and this machine has ${labVersion()}`,
          );
        else if (takenBy !== null && takenBy !== this.#queue)
          others.set(agent, `${agent} works for another lab`);
        else await this.#take(agent);
      }
      if (this.#taken.size === count) return;
      if (nowMs() > untilMs || signal?.aborted || this.problem) break;
      await new Promise((resolve) => setTimeout(resolve, signEveryMs / 5));
    }
    if (this.#taken.size === count) return;
    const reasons = [...others].filter(([agent]) => !this.#taken.has(agent)).map(([, why]) => why);
    throw new TooFew(
      `${this.#taken.size} of ${count} agents came within ${waitMs / 1000} s${this.#taken.size > 0 ? ` (${this.names.join(', ')})` : ''}, ${count - this.#taken.size} missing${reasons.map((why) => `; ${why}`).join('')}: start "npm run agent -- --broker amqp://…" on as many hosts, or ask for fewer with --agents`,
    );
  }

  async #take(agent: string): Promise<void> {
    try {
      await this.call(agent, 'take', null, this.#deadAfterMs);
      this.#taken.add(agent);
      this.#onNews(`${agent} is ${this.#lost.delete(agent) ? 'back' : 'here'}`);
    } catch {
      // It was taken by another lab meanwhile, or is gone: its next sign says so.
      this.#signs.delete(agent);
    }
  }
}

/** Settles a call with what came. Throws an `Error` that names the agent and the field when that is no answer to it. */
function takeAnswer({ agent, name, resolve, reject }: Call, text: string): void {
  const what = `response of ${agent} to "${name}"`;
  const answer = parseAs(answerSchema, what, text);
  if ('error' in answer) reject(new Error(answer.error));
  else resolve(checkedAs(answersByOrder[name], what, answer.value));
}

/** Fewer agents came than were asked for. */
export class TooFew extends Error {}
