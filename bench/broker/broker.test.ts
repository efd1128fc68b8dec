import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { consumersByName } from '../../clients/broker/broker-clients.ts';
import type { ConsumingOptions } from '../../clients/broker/in-flight.ts';
import { nodeOpeners } from '../../clients/shared/openers-node.ts';
import type { BrokerTransportName } from '../../clients/transports.ts';
import { runsTypeScript } from '../harness/child.ts';
import { parseResult, trialSchema } from '../result.ts';
import { addressesOf, protocolOf } from './addresses.ts';
import { BrokerBench } from './broker-bench.ts';
import { brokerProblem } from './check.ts';
import { type BrokerNode, findRabbit, rabbitRemedy, startBrokerNode } from './node.ts';

/** A real RabbitMQ of our own, what consumes from it, and the lab's command with and without one. */
const hasRabbit = findRabbit() !== undefined;
if (!hasRabbit) console.warn(`skipped: consumers of a real broker: ${rabbitRemedy}`);

/** With `CI=true` a missing RabbitMQ is no reason to skip: its tests then fail, and say what to install. */
const runs = hasRabbit || process.env.CI === 'true';

/** Long enough for a busy machine. */
const startLimitMs = 150_000;
const patience = { timeout: 60_000, interval: 10 };

const cleanups: (() => unknown)[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'broker-test-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.skipIf(!runs)('a RabbitMQ of our own', { timeout: 240_000 }, () => {
  let node: BrokerNode;
  let topics = 0;

  beforeAll(async () => {
    node = await startBrokerNode({ startLimitMs });
  }, startLimitMs + 10_000);

  afterAll(() => node?.stop());

  it('speaks AMQP, MQTT and STOMP, to nobody without its password', async () => {
    expect(await brokerProblem(node.addresses)).toBeUndefined();
    for (const protocol of ['mqtt', 'stomp'] as const) {
      const url = new URL(node.addresses[protocol]);
      url.password = 'guess';
      const told = { url: url.href, queue: 'a-queue', topic: 'a-queue', intervalMs: 0 };
      await expect(consumersByName[protocol](told, nodeOpeners).start(() => {})).rejects.toThrow();
    }
  });

  it('listens on this machine alone', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4');
    for (const url of Object.values(node.addresses)) {
      const { hostname, port } = new URL(url);
      expect(hostname).toBe('127.0.0.1');
      if (!outside) continue;
      const [error] = await once(connectSocket(Number(port), outside.address), 'error');
      expect(error.code).toBe('ECONNREFUSED');
    }
  });

  /** A topic, and somebody who publishes to it; `consume` makes a consumer with a queue that is there already. */
  async function openTopic() {
    const connection = await connect(node.addresses.amqp, { noDelay: true });
    cleanups.push(() => connection.close());
    const channel = await connection.createConfirmChannel();
    topics += 1;
    const topic = `test-${topics}`;
    let seq = 0;
    await channel.assertQueue(topic, { durable: false, expires: 600_000 });
    await channel.bindQueue(topic, 'amq.topic', topic);
    return {
      async publish(count: number) {
        for (let index = 0; index < count; index += 1) {
          seq += 1;
          const message = { seq, dueMs: 0, body: `é "${seq}"\n` };
          channel.publish('amq.topic', topic, Buffer.from(JSON.stringify(message)));
        }
        await channel.waitForConfirms();
      },
      publishRaw: (text: string) => channel.publish('amq.topic', topic, Buffer.from(text)),
      async consume(name: BrokerTransportName, options: Partial<ConsumingOptions> = {}) {
        const url = node.addresses[protocolOf(name)];
        const consumer = consumersByName[name](
          { url, queue: topic, topic, intervalMs: 20, ...options },
          nodeOpeners,
        );
        cleanups.push(() => consumer.stop());
        const got: number[] = [];
        await consumer.start(({ seq }) => got.push(seq));
        return { consumer, got };
      },
    };
  }

  const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

  describe.each<[BrokerTransportName, Partial<ConsumingOptions>]>([
    ['amqp', { prefetch: 5 }],
    ['amqp', {}],
    ['amqp-get', {}],
    ['mqtt', { qos: 1 }],
    ['mqtt', { qos: 0 }],
    ['stomp', { prefetch: 5 }],
  ])('consumed by %s with %j', (name, options) => {
    it('delivers every message once and in order, and calls nonsense a failure', async () => {
      const { publish, publishRaw, consume } = await openTopic();
      const { consumer, got } = await consume(name, options);
      const acknowledging = setInterval(() => consumer.handled?.(consumer.inFlight.count), 5);
      cleanups.push(() => clearInterval(acknowledging));
      await publish(20);
      publishRaw('what is this?');
      await publish(20);
      await vi.waitFor(() => expect(got).toEqual(upTo(40)), patience);
      expect(consumer.ledger).toMatchObject({ startSeq: 0, gaps: 0, duplicated: 0, reordered: 0 });
      expect(consumer.counters).toMatchObject({
        failures: 1,
        lastFailure: 'invalid message "what is this?": expected JSON',
      });
    });
  });

  it.each<[BrokerTransportName, Partial<ConsumingOptions>, number]>([
    ['amqp', { prefetch: 1 }, 1],
    ['amqp', { prefetch: 7 }, 7],
    ['amqp', {}, 50],
    ['stomp', { prefetch: 7 }, 7],
    ['stomp', {}, 50],
    ['mqtt', { qos: 1 }, 1],
    ['mqtt', { qos: 0 }, 50],
  ])('%s with %j is sent no more than it may have in hand: %i of 50', async (name, options, held) => {
    const { publish, consume } = await openTopic();
    const { consumer, got } = await consume(name, options);
    await publish(50);
    await vi.waitFor(() => expect(got).toHaveLength(held), patience);
    expect(consumer.inFlight).toMatchObject({ count: held, maxInFlight: held });
    // What is handled makes room for as much.
    for (let handled = 0; handled < 50; handled += 1) {
      await vi.waitFor(() => expect(got.length).toBeGreaterThan(handled), patience);
      expect(consumer.inFlight.count).toBeLessThanOrEqual(held);
      consumer.handled?.(1);
    }
    expect(got).toEqual(upTo(50));
    expect(consumer.inFlight.maxInFlight).toBe(held);
  });

  it.each<[BrokerTransportName, Partial<ConsumingOptions>]>([
    ['amqp', { prefetch: 7 }],
    ['amqp', {}],
    ['amqp-get', {}],
    ['mqtt', { qos: 1 }],
    ['stomp', { prefetch: 7 }],
  ])('%s with %j gives what a dead consumer had in hand to the next, marked', async (name, options) => {
    const { publish, consume } = await openTopic();
    const first = await consume(name, options);
    await publish(20);
    await vi.waitFor(() => expect(first.got.length).toBeGreaterThan(0), patience);
    // One is handled, but its acknowledgement dies with the connection.
    first.consumer.stop();
    first.consumer.handled?.(1);
    const inHand = first.got.length;

    const second = await consume(name, { ...options, after: 'broker:1' });
    const acknowledging = setInterval(() => second.consumer.handled?.(1), 2);
    cleanups.push(() => clearInterval(acknowledging));
    await vi.waitFor(() => expect(second.got).toEqual(upTo(19, 2)), patience);
    expect(second.consumer.ledger).toMatchObject({ duplicated: 1, gaps: 0, reordered: 0 });
    expect(second.consumer.inFlight.redelivered).toBeGreaterThanOrEqual(inHand);
  });

  it('loses with MQTT’s QoS 0 what a dead consumer had in hand, and what came while nobody listened', async () => {
    const { publish, consume } = await openTopic();
    const first = await consume('mqtt', { qos: 0 });
    await publish(10);
    await vi.waitFor(() => expect(first.got).toHaveLength(10), patience);
    first.consumer.stop();
    await publish(5);
    const second = await consume('mqtt', { qos: 0, after: 'broker:3' });
    await publish(1);
    await vi.waitFor(() => expect(second.got).toEqual([16]), patience);
    expect(second.consumer.ledger.gaps).toBe(12);
  });

  it('runs trials whose books balance, and says what waited, what was held and what came again', async () => {
    const bench = new BrokerBench(node.addresses);
    cleanups.push(() => bench.kill());
    const groups = [
      { transport: 'amqp' as const, clients: 1, prefetch: 5 },
      { transport: 'amqp' as const, clients: 2 },
      { transport: 'amqp-get' as const, clients: 2, intervalMs: 50 },
      { transport: 'mqtt' as const, clients: 1, qos: 1 as const },
      { transport: 'mqtt' as const, clients: 1, qos: 0 as const },
      { transport: 'stomp' as const, clients: 1, prefetch: 5 },
    ];
    const schedule = { kind: 'periodic' as const, ratePerSecond: 200 };
    const plans = [
      { groups, schedule, durationMs: 400, repeat: 1 },
      { groups, schedule, durationMs: 400, repeat: 1, handlingMs: 20, sampleEveryMs: 50, giveUp: true },
      {
        groups,
        schedule,
        durationMs: 600,
        repeat: 1,
        handlingMs: 20,
        giveUp: true,
        death: { atMs: 300, durationMs: 100 },
      },
      { groups: groups.slice(0, 1), schedule, durationMs: 300, repeat: 1, oneWayMs: 2 },
    ];
    const trials = [];
    for (const plan of plans) trials.push(...(await bench.run('broker', plan, 7)));
    for (const trial of trials) {
      expect(trialSchema.parse(trial)).toMatchObject({
        status: 'ok',
        appended: (200 * trial.durationMs) / 1000,
      });
      const { expected, delivered, missed, backlogAtEnd } = trial.messages;
      expect(delivered + missed + backlogAtEnd).toBe(expected);
      expect(expected).toBe(trial.appended * trial.clients.count);
      const { prefetch = 0 } = trial.parameters;
      if (prefetch > 0) expect(trial.consumed?.heldMax).toBeLessThanOrEqual(prefetch);
    }
    expect(new Set(trials.map(({ id }) => id)).size).toBe(trials.length);
    const gets = trials.find(({ transport }) => transport === 'amqp-get');
    expect(gets?.model?.meanMs).toBeGreaterThan(0);
    expect(trials.filter(({ consumed }) => consumed?.queue)).toHaveLength(groups.length);
  });

  it('counts the gets that find nothing', async () => {
    const bench = new BrokerBench(node.addresses);
    cleanups.push(() => bench.kill());
    const plan = {
      groups: [{ transport: 'amqp-get' as const, clients: 1, intervalMs: 20 }],
      schedule: { kind: 'periodic' as const, ratePerSecond: 5 },
      durationMs: 400,
      repeat: 1,
    };
    // Those of its window: a busy machine may not get to the end of a queue in it, and has another try.
    await vi.waitFor(async () => {
      const [trial] = await bench.run('broker', plan, 7);
      expect(trial?.requests.empty).toBeGreaterThan(0);
    });
  });

  describe('the lab', () => {
    const url = () => {
      const { amqp, mqtt, stomp } = node.addresses;
      return `${amqp}?mqtt=${new URL(mqtt).port}&stomp=${new URL(stomp).port}`;
    };

    it('measures at a broker that runs, and name and password are in nothing that it says; one that it starts ends with its run', async () => {
      const [there, own] = await Promise.all([
        runLab('--only', 'broker', '--broker', url()),
        runLab('--only', 'broker', '--broker', 'start'),
      ]);
      expect(own.exitCode, own.said).toBe(0);
      expect(parseResult(own.files['results.json'] as string).lab.command).toContain('--broker start');
      expect(nodeFolders(), 'nothing is left behind').toEqual([]);
      const { exitCode, said, files } = there;
      expect(exitCode, said).toBe(0);
      const result = parseResult(files['results.json'] as string);
      expect(result.lab.status).toBe('complete');
      expect(result.findings).toMatchObject([{ experiment: 'broker' }]);
      expect(result.trials.every(({ status }) => status === 'ok')).toBe(true);
      expect(result.lab.command).toContain("--broker 'amqp://NAME:PASSWORD@127.0.0.1:");
      expectNoLogin(said, files, node);
    });

    it('ends with 3, one line and a partial report when an address is wrong, or a plugin is missing', async () => {
      const cases: [string, RegExp][] = [
        [
          url().replace(/:[^:@]*@/, ':a-wrong-guess@'),
          /^RabbitMQ at .* rejected the name and password: correct them in the URL$/,
        ],
        [
          'amqp://me:a-wrong-guess@127.0.0.1:1',
          /^can’t connect to RabbitMQ at 127\.0\.0\.1:1 \(ECONNREFUSED\): start it there/,
        ],
        [
          url().replace(/mqtt=\d+/, 'mqtt=1'),
          /^found no MQTT at 127\.0\.0\.1:1 .*rabbitmq-plugins enable rabbitmq_mqtt/,
        ],
        [
          url().replace(/stomp=\d+/, 'stomp=1'),
          /^found no STOMP at 127\.0\.0\.1:1 .*rabbitmq-plugins enable rabbitmq_stomp/,
        ],
      ];
      const ended = await Promise.all(cases.map(([wrong]) => runLab('--only', 'broker', '--broker', wrong)));
      for (const [index, { exitCode, said, lines, files }] of ended.entries()) {
        const [, reason] = cases[index] as (typeof cases)[number];
        expect(
          lines.filter((line) => reason.test(line)),
          said,
        ).toHaveLength(1);
        expect(exitCode).toBe(3);
        const { lab, environment } = parseResult(files['results.json'] as string);
        expect(lab.status).toBe('interrupted');
        expect(environment.warnings.some((warning) => reason.test(warning.replace(/\.$/, '')))).toBe(true);
        expect(files['report.html']).toContain('This report is incomplete');
        expectNoLogin(said, files, node);
        expect(said + Object.values(files).join()).not.toContain('a-wrong-guess');
      }
    });

    // The last one: it takes the broker away.
    it('ends with 3, one line and a partial report when the broker dies in the middle of the run', async () => {
      const lab = startLab('--only', 'broker', '--broker', url());
      await lab.saying('2 of 6');
      await node.stop();
      const { exitCode, said, lines, files } = await lab.ended;
      expect(
        lines.filter((line) => line.startsWith('RabbitMQ disconnected during the run: can’t connect to')),
      ).toHaveLength(1);
      expect(exitCode).toBe(3);
      const result = parseResult(files['results.json'] as string);
      expect(result.lab.status).toBe('interrupted');
      expect(files['report.html']).toContain('This report is incomplete');
      expect(result.trials.some(({ status }) => status === 'ok')).toBe(true);
      expect(result.trials.some(({ status }) => status === 'failed')).toBe(true);
      expect(files['report.html']).toContain('RabbitMQ disconnected during the run');
      expectNoLogin(said, files, node);
    });
  });
});

describe.skipIf(!runs)('a RabbitMQ that the lab starts', { timeout: 240_000 }, () => {
  it('goes with a lab that is killed', async () => {
    const { lab, saying, ended } = startLab('--only', 'broker', '--broker', 'start');
    await saying('start RabbitMQ');
    await vi.waitFor(() => expect(nodeFolders()).toHaveLength(1), patience);
    lab.kill('SIGKILL');
    await ended;
    // The guard removes the folder once the processes that wrote to it are gone.
    await vi.waitFor(() => expect(nodeFolders()).toEqual([]), patience);
  });

  it('is not waited for after Ctrl-C', async () => {
    const { lab, saying, ended } = startLab('--only', 'broker', '--broker', 'start');
    await saying('start RabbitMQ');
    lab.kill('SIGINT');
    const { exitCode, files } = await ended;
    expect(exitCode).toBe(130);
    expect(parseResult(files['results.json'] as string).lab.status).toBe('interrupted');
    expect(nodeFolders()).toEqual([]);
  });
});

describe('without a RabbitMQ', () => {
  it('the experiment is left out with one line that names the package, and the run goes well', async () => {
    vi.stubEnv('RABBITMQ_SERVER_PATH', '/nowhere/rabbitmq-server');
    const { exitCode, lines, files } = await runLab('--only', 'broker', '--broker', 'start');
    expect(
      lines.filter((line) => /“broker” was skipped: .*install Debian's package rabbitmq-server/.test(line)),
    ).toHaveLength(1);
    expect(exitCode).toBe(0);
    const result = parseResult(files['results.json'] as string);
    expect(result.findings).toMatchObject([{ experiment: 'broker', verdict: 'inconclusive' }]);
    expect(result.environment.warnings.join()).toContain('rabbitmq-server');
  });

  it('it is left out of a run of everything, with one line that says how to start one', async () => {
    const { lab, saying, ended } = startLab();
    await saying('experiments, profile');
    lab.kill('SIGINT');
    const { said, files } = await ended;
    expect(said.match(/“broker” was skipped: start RabbitMQ with --broker start/g)).toHaveLength(1);
    const { experiments } = parseResult(files['results.json'] as string);
    expect(experiments.map(({ id }) => id)).not.toContain('broker');
    expect(experiments.length).toBeGreaterThan(10);
  });

  it('an address that is none ends with 2 and is not repeated', async () => {
    const { exitCode, said } = await runLab('--broker', 'http://me:a-wrong-guess@host');
    expect(said.trim()).toBe(
      'Invalid --broker: expected a URL such as amqp://name:password@host:port, or start',
    );
    expect(exitCode).toBe(2);
  });
});

describe('a node that does not start', () => {
  const program = (script: string) => {
    const file = join(folder, 'rabbitmq-server');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    vi.stubEnv('RABBITMQ_SERVER_PATH', file);
    vi.stubEnv('TMPDIR', mkdtempSync(join(folder, 'temporary-')));
  };
  const leftBehind = () => readdirSync(tmpdir());

  it('is named with its remedy when there is none', async () => {
    vi.stubEnv('RABBITMQ_SERVER_PATH', '/nowhere/rabbitmq-server');
    await expect(startBrokerNode()).rejects.toThrow(`found no RabbitMQ: ${rabbitRemedy}`);
  });

  it.skipIf(!runs)('gives its reason, and leaves nothing behind', async () => {
    program('echo "BOOT FAILED"; echo "  error: no such luck"; exit 1');
    await expect(startBrokerNode()).rejects.toThrow(
      'RabbitMQ ended with exit code 1 before it accepted connections: BOOT FAILED error: no such luck',
    );
    expect(leftBehind()).toEqual([]);
  });

  it.skipIf(!runs)('is given up after a while, or at once when nobody waits any more', async () => {
    program('exec sleep 600');
    await expect(startBrokerNode({ startLimitMs: 300 })).rejects.toThrow(
      'RabbitMQ did not start within 0.3 s',
    );
    expect(leftBehind()).toEqual([]);
    const interrupt = new AbortController();
    const starting = startBrokerNode({ signal: interrupt.signal });
    interrupt.abort();
    await expect(starting).rejects.toThrow('was stopped by the interrupt');
    expect(leftBehind()).toEqual([]);
  });
});

describe('the addresses of a broker', () => {
  it('have the usual ports where the URL names no others', () => {
    expect(addressesOf('amqp://me:p%40ss@host/lab')).toEqual({
      amqp: 'amqp://me:p%40ss@host:5672/lab',
      mqtt: 'mqtt://lab%3Ame:p%40ss@host:1883',
      stomp: 'stomp://me:p%40ss@host:61613/lab',
    });
    expect(addressesOf('amqp://host?mqtt=1&stomp=2')).toEqual({
      amqp: 'amqp://guest:guest@host:5672',
      mqtt: 'mqtt://guest:guest@host:1',
      stomp: 'stomp://guest:guest@host:2',
    });
  });

  it('take ports that are ports', () => {
    expect(() => addressesOf('amqp://host?mqtt=x')).toThrow(
      'expected a port from 1 to 65535 as mqtt in the URL, got "x"',
    );
  });
});

/** What nodes have in this test's folder for temporary files. */
function nodeFolders(): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('rabbitmq-'));
}

/** The lab's command, with the test's folder for temporary files. */
function startLab(...args: string[]) {
  const out = mkdtempSync(join(folder, 'out-'));
  const all = [...runsTypeScript, 'bench/lab.ts', '--profile', 'quick', '--no-open', '--out', out, ...args];
  const env = { ...process.env, TMPDIR: folder, NO_COLOR: '1' };
  const lab: ChildProcess = spawn(process.execPath, all, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [lab.stdout, lab.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      lab.emit('said');
    });
  cleanups.push(() => lab.kill('SIGKILL'));
  const ended = once(lab, 'close').then(([exitCode]) => {
    const names = existsSync(out) ? readdirSync(out) : [];
    const files: Record<string, string> = {};
    for (const name of names) files[name] = readFileSync(join(out, name), 'utf8');
    return { exitCode, said, lines: said.split('\n').map((line) => line.trim()), files };
  });
  const saying = async (text: string) => {
    while (!said.includes(text)) await once(lab, 'said');
  };
  return { lab, ended, saying };
}

const runLab = (...args: string[]) => startLab(...args).ended;

function expectNoLogin(said: string, files: Record<string, string>, { addresses }: BrokerNode): void {
  const { password } = new URL(addresses.amqp);
  for (const text of [said, ...Object.values(files)]) expect(text.includes(password)).toBe(false);
}
