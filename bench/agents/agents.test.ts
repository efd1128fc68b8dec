import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerNode, findRabbit, rabbitRemedy, startBrokerNode } from '../broker/node.ts';
import { labHere } from '../check/lab-here.ts';
import type { TrialPlan } from '../experiment.ts';
import { runsTypeScript } from '../harness/child.ts';
import { labVersion } from '../harness/machine/environment.ts';
import { openRelay } from '../harness/relay.ts';
import { Bench } from '../harness/trial.ts';
import { optionsOf } from '../knobs.ts';
import { parseResult, trialSchema } from '../result.ts';
import { Agents, type AgentsOptions } from './agents.ts';
import { agentsExchange, queueOfAgent, type Sign, signEveryMs } from './orders.ts';
import { childOf, type StartedAgent, startAgent as startAgentAt } from './started-agent.ts';

/** Agents in processes of their own, at a real RabbitMQ. */
const hasRabbit = findRabbit() !== undefined;
if (!hasRabbit) console.warn(`skipped: agents at a real broker: ${rabbitRemedy}`);

/** With `CI=true` a missing RabbitMQ is no reason to skip: its tests then fail, and say what to install. */
const runs = hasRabbit || process.env.CI === 'true';

const canShiftClocks = isPossible('unshare', '--time', '--monotonic', '1', '--fork', 'true');
if (!canShiftClocks)
  console.warn('skipped: an agent with another clock: it needs Linux, root and unshare --time');

/** Long enough for a busy machine. */
const startLimitMs = 150_000;

/** No agent that lives is silent for so long, on a busy machine either. */
const deadAfterMs = 10_000;
const hasDied = `no heartbeat for ${deadAfterMs / 1000} s`;

const cleanups: (() => unknown)[] = [];
let node: BrokerNode;

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const plan: TrialPlan = {
  groups: [
    { transport: 'push', clients: 7 },
    { transport: 'short-poll', clients: 3, intervalMs: 50 },
  ],
  schedule: { kind: 'periodic', ratePerSecond: 50 },
  durationMs: 1000,
  repeat: 1,
};

/** A window that has not ended when an agent is taken away in it, with 50 messages a second as in the plan. */
const longMs = 5000;
const longWindow = 'clients for 5 s';

describe.skipIf(!runs)('agents', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    node = await startBrokerNode({ plugins: [], startLimitMs });
  }, startLimitMs + 10_000);

  afterAll(() => node?.stop());

  it('do a lab’s trials two together, and nothing tells the name and the password of the broker', async () => {
    const helpers = await startTwo();
    const args = ['--only', 'freshness,crowd', '--agents', '2', '--servers', '2'];
    const { exitCode, said, files } = await runLab(...args, '--broker', node.addresses.amqp);
    expect(exitCode, said).toBe(0);
    const result = parseResult(files['results.json'] as string);
    expect(result.environment.agents?.map(({ agent }) => agent).sort()).toEqual(
      helpers.map(({ name }) => name).sort(),
    );
    const divided = result.trials.filter(({ shards }) => shards);
    expect(divided.some(({ experiment }) => experiment === 'crowd')).toBe(true);
    for (const { shards = [], clients, messages, delayMs, parameters } of divided) {
      expect(parameters.servers).toBe(2);
      expect(shards).toHaveLength(2);
      expect(shards.reduce((sum, shard) => sum + shard.clients, 0)).toBe(clients.count);
      expect(messages.delivered).toBe(messages.expected);
      expect(delayMs.count).toBe(messages.delivered);
      // One host has one clock: that is what has to come out, within what is claimed.
      for (const { clockOffsetMs, clockUncertaintyMs } of shards)
        expect(Math.abs(clockOffsetMs)).toBeLessThanOrEqual(clockUncertaintyMs);
    }
    // What agents can't do was done here.
    expect(result.trials.some(({ shards, parameters }) => !shards && parameters.traced)).toBe(true);
    expect(result.lab.command).toMatch(/--agents 2 .*--servers 2/);
    const { password } = new URL(node.addresses.amqp);
    for (const text of [said, ...Object.values(files), ...helpers.map((helper) => helper.said())])
      expect(text.includes(password)).toBe(false);
  });

  it('that are killed in the middle are named, their messages counted, and the others go on', async () => {
    const helpers = await startTwo();
    const { bench, agents, news } = await gather({ count: 2, deadAfterMs });
    const [victim] = helpers;
    const running = bench.run('test', { ...plan, durationMs: longMs });
    await victim.saying(longWindow);
    victim.child.kill('SIGKILL');
    const trials = await running;
    for (const trial of trials) {
      expect(trialSchema.parse(trial).status).toBe('failed');
      const shard = trial.shards?.find(({ agent }) => agent === victim.name);
      const others = trial.clients.count - (shard?.clients ?? 0);
      const missed = (shard?.clients ?? 0) * trial.appended;
      expect(trial.appended).toBe(longMs / 20);
      expect(trial.messages).toMatchObject({
        expected: trial.clients.count * trial.appended,
        delivered: others * trial.appended,
        missed,
        duplicated: 0,
        backlogAtEnd: 0,
      });
      expect(trial.error).toContain(`lost ${victim.name}: `);
      expect(trial.error).toContain(`the ${missed} messages for its ${shard?.clients} clients`);
      expect(trial.warnings.map(({ code }) => code)).toContain('agent-lost');
      expect(trial.shards?.filter(({ lost }) => lost)).toHaveLength(1);
    }
    expect(news.join()).toContain(`lost ${victim.name}`);
    expect(agents.names).toEqual([helpers[1]?.name]);

    const [push] = await bench.run('test', plan);
    expect(push).toMatchObject({ status: 'ok', messages: { expected: 350, delivered: 350 } });
    expect(push?.shards).toMatchObject([{ agent: helpers[1]?.name, clients: 7 }]);
  });

  it('that are slow are not called dead, while those that stand still are', async () => {
    const helpers = await startTwo();
    const [slow, still] = helpers;
    const { bench, agents, news } = await gather({ count: 2, deadAfterMs });
    const running = bench.run('test', plan);
    await slow.saying('clients for 1 s');
    const fleet = fleetOf(slow.child);
    process.kill(fleet, 'SIGSTOP');
    cleanups.push(() => isPossible('kill', '-CONT', String(fleet)));
    // For longer than a dead agent is given, the agent shows itself, and its clients don't move.
    await signsOf(slow.name, deadAfterMs / signEveryMs + 1);
    const order = agents.call(slow.name, 'finish', { head: 0, limitMs: 0, giveUp: false }, 100);
    await expect(order).rejects.toThrow(
      `${slow.name} is slow: it sends heartbeats, and no response to "finish" within 0.1 s`,
    );
    process.kill(fleet, 'SIGCONT');
    for (const trial of await running) {
      expect(trial).toMatchObject({ status: 'ok' });
      expect(trial.messages.delivered).toBe(trial.messages.expected);
    }
    expect(agents.names).toHaveLength(2);
    expect(news.join()).not.toContain('lost ');

    still.child.kill('SIGSTOP');
    cleanups.push(() => still.child.kill('SIGCONT'));
    await expect(agents.call(still.name, 'clock', null, 60_000)).rejects.toThrow(
      `lost ${still.name}: ${hasDied}`,
    );
    expect(agents.names).toEqual([slow.name]);
  });

  it('that lose the broker connect again, and have clients in the next trial', async () => {
    const relay = await openRelay(node.addresses.amqp);
    cleanups.push(() => relay.close());
    const [steady, cutOff] = await startTwo(relay.url);
    const { bench, news } = await gather({ count: 2, deadAfterMs });
    const short = { ...plan, groups: plan.groups.slice(0, 1), durationMs: 600 };
    const lostIn = async (cut: () => unknown, reason: string) => {
      const cutOffSays = cutOff.next(longWindow);
      const running = bench.run('test', { ...short, durationMs: longMs });
      await cutOffSays;
      await cut();
      const [trial] = await running;
      const shard = trial?.shards?.find(({ agent }) => agent === cutOff.name);
      const each = longMs / 20;
      const missed = (shard?.clients ?? 0) * each;
      expect(missed).toBeGreaterThan(0);
      expect(trial).toMatchObject({
        status: 'failed',
        error: `lost ${cutOff.name}: ${reason}; the ${missed} messages for its ${shard?.clients} clients count as missed`,
        messages: { expected: 7 * each, delivered: 7 * each - missed, missed },
      });
    };
    const isThereAgain = async () => {
      await signsOf(cutOff.name, 2);
      const [trial] = await bench.run('test', short);
      expect(trial).toMatchObject({ status: 'ok', messages: { expected: 210, delivered: 210 } });
      const both = [steady.name, cutOff.name].sort();
      expect(trial?.shards?.map(({ agent }) => agent)).toEqual(both);
      expect(news.filter((text) => text === `${cutOff.name} is back`)).toHaveLength(1);
      news.length = 0;
    };

    // It is back long before anybody could call it dead.
    await lostIn(() => relay.cut(), 'the agent lost its connection and its clients');
    await cutOff.saying('reconnected: ');
    await isThereAgain();

    await lostIn(() => relay.goAway(), hasDied);
    await cutOff.saying('can’t connect to RabbitMQ at 127.0.0.1:');
    const isBack = cutOff.next('reconnected: ');
    await relay.comeBack();
    await isBack;
    await isThereAgain();
  });

  it('refuse whatever is no order', async () => {
    const agent = await startAgent();
    const tell = await teller(agent.name);
    const shard = {
      transport: 'push',
      host: '127.0.0.1',
      port: 1,
      clients: 1,
      options: optionsOf({}),
      traced: false,
      seed: 0,
      clockOffsetMs: 0,
    };
    const order = (name: string, argument: unknown) => JSON.stringify({ name, lab: tell.lab, argument });
    const optionsOrder = (options: object) =>
      order('connect', { ...shard, options: { ...shard.options, ...options } });
    expect(await tell.order(order('clock', null))).toEqual({
      error: `${agent.name} does not work for this lab`,
    });
    expect(await tell.order(order('take', null))).toEqual({ value: null });
    for (const [text, reason] of [
      ['what is this?', /^invalid order: expected JSON$/],
      ['{}', /^invalid order\.name: /],
      [order('shell', 'true'), /^invalid order\.name: /],
      [order('take', { more: 1 }), /^invalid order\.argument: /],
      [order('connect', { ...shard, transport: 'amqp' }), /invalid order.argument.transport: /],
      [order('connect', { ...shard, host: 'example.org' }), /invalid order.argument.host: /],
      [order('connect', { ...shard, port: 0 }), /invalid order.argument.port: /],
      [order('connect', { ...shard, clients: 1e9 }), /invalid order.argument.clients: /],
      [order('connect', { ...shard, options: {} }), /invalid order.argument.options.intervalMs: /],
      [optionsOrder({ handlingMs: 9 }), /invalid order.argument.options.handlingMs: /],
      [optionsOrder({ intervalMs: 1e9 }), /invalid order.argument.options.intervalMs: /],
      [optionsOrder({ shell: 'true' }), /invalid order.argument.options: .*shell/],
      [order('connect', { ...shard, consuming: { url: 'amqp://x' } }), /invalid order.argument: .*consuming/],
      [order('meter', { startMs: 0, endMs: 1e9, sampleEveryMs: 0, quiet: false }), /within an hour/],
      [order('finish', { head: -1, limitMs: 0, giveUp: false }), /invalid order.argument.head: /],
    ] as const)
      expect(await tell.order(text)).toEqual({ error: expect.stringMatching(reason) });
    expect(agent.said()).not.toContain('Started a process');

    const other = await teller(agent.name);
    const stranger = JSON.stringify({ name: 'take', lab: other.lab, argument: null });
    expect(await other.order(stranger)).toEqual({ error: `${agent.name} works for another lab` });
    // And when its lab has gone, another may have it.
    await tell.close();
    await agent.saying('This agent is free again: the lab disconnected.');
    expect(await other.order(stranger)).toEqual({ value: null });
  });

  it('whose answers are not of the right shape are named with the field, and their messages counted', async () => {
    const honest = await startAgent();
    const liar = await startLiar();
    const { bench, news } = await gather({ count: 2 });
    const short = { ...plan, groups: plan.groups.slice(0, 1), durationMs: 300 };
    for (const [order, value, reason] of [
      ['connect', { originMs: 0, phasesMs: ['soon'] }, '.phasesMs.0: '],
      ['meter', null, ': '],
      ['meter', { ...(goodAnswers.meter as object), asked: [] }, ' has 1 and 0 of 1 groups'],
      ['finish', { reports: [{ gaps: -1 }], recordings: [] }, '.reports.0.books: '],
      ['finish', { reports: [], recordings: [] }, ' has 0 and 0 of 1 groups'],
    ] as const) {
      liar.answers = { ...goodAnswers, [order]: value };
      news.length = 0;
      const [trial] = await bench.run('test', short);
      const shard = trial?.shards?.find(({ agent }) => agent === liar.name);
      const what = `response of ${liar.name} to "${order}"${reason}`;
      expect(shard?.lost).toContain(what);
      expect(trial).toMatchObject({
        status: 'failed',
        error: expect.stringContaining(what),
        messages: { expected: 7 * 15, delivered: (7 - (shard?.clients ?? 0)) * 15, duplicated: 0 },
      });
      expect(trial?.messages.missed).toBe((shard?.clients ?? 0) * 15);
    }
    // One whose clock can't be read is given no clients.
    liar.answers = { ...goodAnswers, clock: { receivedMs: 'now', answeredMs: 1 } };
    const [trial] = await bench.run('test', short);
    expect(trial).toMatchObject({ status: 'ok', messages: { expected: 105, delivered: 105 } });
    expect(trial?.shards?.map(({ agent }) => agent)).toEqual([honest.name]);
    expect(news.filter((text) => text.includes('to "clock".receivedMs: '))).not.toEqual([]);
  });

  it.skipIf(!canShiftClocks)('with another clock give the same ages', async () => {
    const dayMs = 86_400_000;
    const agent = await startAgent(undefined, ['unshare', '--time', '--monotonic', '86400', '--fork']);
    const { bench } = await gather({ count: 1 });
    for (const trial of await bench.run('test', { ...plan, away: { atMs: 300, durationMs: 300 } })) {
      expect(trial.status, trial.error).toBe('ok');
      const [shard] = trial.shards ?? [];
      expect(shard?.agent).toBe(agent.name);
      expect(Math.abs((shard?.clockOffsetMs ?? 0) - dayMs)).toBeLessThanOrEqual(
        shard?.clockUncertaintyMs ?? 0,
      );
      // Far from a day in either direction.
      expect(trial.delayMs.max).toBeLessThan(dayMs / 100);
      expect(Math.min(...(trial.timeline?.atMs ?? []))).toBeGreaterThan(-dayMs / 100);
      expect(Math.max(...(trial.timeline?.atMs ?? []))).toBeLessThan(dayMs / 100);
    }
  });

  it('that are too few are waited for and counted', async () => {
    const { name } = await startAgent();
    const gathering = Agents.gather({ url: node.addresses.amqp, count: 3, waitMs: 8000 });
    await expect(gathering).rejects.toThrow(
      `1 of 3 agents came within 8 s (${name}), 2 missing: start "npm run agent -- --broker amqp://…" on as many hosts`,
    );
    await gather({ count: 1 });
    const another = Agents.gather({ url: node.addresses.amqp, count: 1, waitMs: 8000 });
    await expect(another).rejects.toThrow(
      `0 of 1 agents came within 8 s, 1 missing; ${name} works for another lab`,
    );
  });

  it('say in one line what is wrong with their broker, and never the password', async () => {
    const wrong = node.addresses.amqp.replace(/:[^:@]*@/, ':a-wrong-guess@');
    const cases = [
      [['--broker', wrong], 3, /rejected the name and password: correct them in the URL$/],
      [
        ['--broker', 'amqp://me:a-wrong-guess@127.0.0.1:1'],
        3,
        /^can’t connect to RabbitMQ at 127\.0\.0\.1:1 /,
      ],
      [['--broker', 'http://me:a-wrong-guess@host'], 2, /^Invalid --broker: expected a URL such as amqp:/],
      [[], 2, /required option '--broker <url>'/],
    ] as const;
    const ended = await Promise.all(cases.map(([args]) => runCommand('bench/agent.ts', ...args)));
    for (const [index, { code, said }] of ended.entries()) {
      const [, exitCode, reason] = cases[index] as (typeof cases)[number];
      expect(said.trim().split('\n')).toEqual([expect.stringMatching(reason)]);
      expect(said).not.toContain('a-wrong-guess');
      expect(code).toBe(exitCode);
    }
  });

  // The last one: it takes the broker away.
  it('wait for a broker that dies in the middle of the run; their lab ends with 3, and a partial report', async () => {
    const agent = await startAgent();
    const lab = startLab('--only', 'freshness', '--agents', '1', '--broker', node.addresses.amqp);
    await lab.saying('2 of 3');
    await node.stop();
    await agent.saying('disconnected: the agent tries to reconnect');
    const { exitCode, said, files } = await lab.ended;
    expect(exitCode, said).toBe(3);
    expect(said).toMatch(/^RabbitMQ at .* disconnected during the run, and all agents with it: /m);
    const result = parseResult(files['results.json'] as string);
    expect(result.lab.status).toBe('interrupted');
    expect(files['report.html']).toContain('This report is incomplete');
  });
});

describe('options of the lab for agents', () => {
  it.each([
    [['--agents', '2'], /^Missing --broker: expected amqp:/],
    [['--agents', '2', '--broker', 'start'], /^Missing --broker: expected amqp:/],
    [['--agents', '0', '--broker', 'amqp://host'], /expected a whole number from 1 to 99\./],
    [['--servers', '1'], /^Invalid --servers "1": expected at most the number of agents/],
    [
      ['--server-host', '203.0.113.1'],
      /"203\.0\.113\.1": expected an address of this machine: .*127\.0\.0\.1/,
    ],
  ])('%j ends with 2 and one line', async (args, reason) => {
    const { exitCode, stdout, stderr } = await labHere(args);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(reason)]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });
});

/** Starts an agent, and ends it after the test. */
async function startAgent(...told: Partial<Parameters<typeof startAgentAt>>): Promise<StartedAgent> {
  const [url = node.addresses.amqp, under] = told;
  const agent = await startAgentAt(url, under);
  cleanups.push(() => agent.stop());
  return agent;
}

/** Two of them at once; the second at another URL, where one is given. */
function startTwo(url?: string): Promise<[StartedAgent, StartedAgent]> {
  return Promise.all([startAgent(), startAgent(url)]);
}

/** Agents as the lab has them, and a bench whose trials they do. */
async function gather(options: Pick<AgentsOptions, 'count' | 'deadAfterMs'>) {
  const news: string[] = [];
  const agents = await Agents.gather({
    url: node.addresses.amqp,
    onNews: (text) => news.push(text),
    ...options,
  });
  const bench = new Bench({ agents, serverHost: '127.0.0.1' });
  cleanups.push(async () => {
    bench.kill();
    await agents.close();
  });
  return { agents, bench, news };
}

/** The process in which an agent's clients live. */
function fleetOf({ pid }: ChildProcess): number {
  return childOf(pid as number, 'load-generator');
}

/** Waits for so many signs of life of an agent. */
async function signsOf(agent: string, count: number): Promise<void> {
  const connection = await connect(node.addresses.amqp);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, agentsExchange, '');
  let seen = 0;
  await new Promise<void>((resolve) =>
    channel.consume(queue, (message) => {
      if (JSON.parse(String(message?.content)).agent === agent) seen += 1;
      if (seen === count) resolve();
    }),
  );
  await connection.close();
}

/** Somebody at the broker who tells an agent things, and hears what it answers. */
async function teller(agent: string) {
  const connection = await connect(node.addresses.amqp);
  const channel = await connection.createChannel();
  const { queue: lab } = await channel.assertQueue('', { exclusive: true });
  let hear: (answer: unknown) => void = () => {};
  await channel.consume(lab, (message) => {
    if (message?.properties.type === 'answer') hear(JSON.parse(String(message.content)));
  });
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await connection.close();
    isClosed = true;
  };
  cleanups.push(close);
  return {
    lab,
    close,
    order: (text: string) =>
      new Promise<unknown>((resolve) => {
        hear = resolve;
        channel.sendToQueue(queueOfAgent(agent), Buffer.from(text), { replyTo: lab, correlationId: '1' });
      }),
  };
}

/** What somebody who only pretends to have clients may answer. */
const goodAnswers: Record<string, unknown> = {
  take: null,
  clock: { receivedMs: 0, answeredMs: 0 },
  connect: { originMs: 0, phasesMs: [] },
  meter: {
    use: {
      cpuMs: 0,
      rssBytes: 0,
      eventLoopDelayP99Ms: null,
      wakeUps: 0,
      loopBusyShare: 0,
      cpuWaitMs: null,
    },
    samples: [{ atMs: [], ageMs: [], inbox: [], held: [] }],
    asked: [{ requests: 0, empty: 0, missedSlots: 0 }],
  },
  disconnect: null,
  release: null,
};

/** Somebody at the broker who shows itself as an agent does, and answers each order with what it has for it. */
async function startLiar() {
  const name = 'a-liar';
  const connection = await connect(node.addresses.amqp);
  cleanups.push(() => connection.close());
  const channel = await connection.createChannel();
  const liar = { name, answers: goodAnswers };
  let takenBy: string | null = null;
  const show = () => {
    const machine = { node: process.version, os: 'none', cpu: 'none', cores: 1, memoryBytes: 1 };
    const sign: Sign = { agent: name, version: labVersion(), ...machine, clientsMax: 1000, takenBy };
    channel.publish(agentsExchange, '', Buffer.from(JSON.stringify(sign)), { type: 'sign' });
  };
  await channel.assertExchange(agentsExchange, 'fanout', { durable: false });
  await channel.assertQueue(queueOfAgent(name), { exclusive: true, durable: false });
  await channel.consume(queueOfAgent(name), (message) => {
    if (!message) return;
    const order = JSON.parse(String(message.content));
    if (order.name === 'take') takenBy = order.lab;
    const { replyTo, correlationId } = message.properties;
    const answer = Buffer.from(JSON.stringify({ value: liar.answers[order.name] }));
    channel.publish('', replyTo, answer, { type: 'answer', correlationId });
  });
  const showing = setInterval(show, signEveryMs);
  cleanups.push(() => clearInterval(showing));
  return liar;
}

function startLab(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'agents-test-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const all = [
    ...runsTypeScript,
    'bench/lab.ts',
    '--profile',
    'quick',
    '--no-open',
    '--out',
    folder,
    ...args,
  ];
  const lab = spawn(process.execPath, all, { env: { ...process.env, NO_COLOR: '1' } });
  let said = '';
  for (const stream of [lab.stdout, lab.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      lab.emit('said');
    });
  cleanups.push(() => lab.kill('SIGKILL'));
  const ended = once(lab, 'close').then(([exitCode]) => {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const files: Record<string, string> = {};
    for (const name of names) files[name] = readFileSync(join(folder, name), 'utf8');
    return { exitCode, said, files };
  });
  const saying = async (text: string) => {
    while (!said.includes(text)) await once(lab, 'said');
  };
  return { ended, saying };
}

const runLab = (...args: string[]) => startLab(...args).ended;

async function runCommand(file: string, ...args: string[]) {
  const child = spawn(process.execPath, [...runsTypeScript, file, ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const [code] = await once(child, 'close');
  return { code, said };
}

/** Whether a command can be run here. */
function isPossible(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
