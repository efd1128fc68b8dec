import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerNode, findRabbit, rabbitRemedy, startBrokerNode } from '../broker/node.ts';
import { runsTypeScript } from '../harness/child.ts';
import { openRelay } from '../harness/relay.ts';
import { parseResult } from '../result.ts';

/**
 * A lab and its agents on hosts of their own, as far as the network can tell: each agent is in a network
 * namespace with an address, and reaches the lab's host over a bridge, and nothing else.
 *
 *     lab, servers, broker ── 198.18.77.1 ── bridge ──┬── 198.18.77.2  agent
 *                                                     └── 198.18.77.3  agent
 *
 * The addresses are of the block that is set aside for such tests (RFC 2544).
 */
const addressOf = (host: number) => `198.18.77.${host}`;
const bridge = `lab${process.pid % 100_000}`;
const namespaceOf = (host: number) => `${bridge}-${host}`;
const hosts = [2, 3];

const hasRabbit = findRabbit() !== undefined;
const hasNamespaces = process.platform === 'linux' && process.getuid?.() === 0 && canMakeNetwork();
if (!hasNamespaces)
  console.warn(
    'skipped: agents in network namespaces: it needs Linux, root and the program ip (package iproute2)',
  );
else if (!hasRabbit) console.warn(`skipped: agents in network namespaces: ${rabbitRemedy}`);

const runs = hasNamespaces && (hasRabbit || process.env.CI === 'true');

/** Long enough for a busy machine. */
const startLimitMs = 150_000;

describe.skipIf(!runs)('agents on hosts of their own', { timeout: 240_000 }, () => {
  let node: BrokerNode;
  let brokerUrl: string;
  let folder: string;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'namespaces-test-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    cleanups.push(removeNetwork);
    makeNetwork();
    node = await startBrokerNode({ plugins: [], startLimitMs });
    cleanups.push(() => node.stop());
    // The broker listens on this machine alone: a relay takes it to the bridge.
    const relay = await openRelay(node.addresses.amqp, addressOf(1));
    cleanups.push(() => relay.close());
    brokerUrl = relay.url;
  }, startLimitMs + 20_000);

  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  it('reach neither the broker nor each other’s servers but by the bridge', () => {
    const { port } = new URL(node.addresses.amqp);
    const script = `require('node:net').connect(${port}, '127.0.0.1').on('error', ({ code }) => console.log(code))`;
    const said = execFileSync('ip', [...inside(2), process.execPath, '-e', script], { encoding: 'utf8' });
    expect(said.trim()).toBe('ECONNREFUSED');
  });

  it('do the trials of a lab over the network between them', async () => {
    const agents = await Promise.all(hosts.map((host) => startAgent(host)));
    const peers = new Set<string>();
    const watching = setInterval(() => {
      for (const peer of peersOf(addressOf(1), Number(new URL(brokerUrl).port))) peers.add(peer);
    }, 100);
    const lab = spawn(
      process.execPath,
      [
        ...runsTypeScript,
        ...['bench/lab.ts', '--profile', 'quick', '--only', 'crowd', '--no-open', '--out', folder],
        ...['--broker', brokerUrl, '--agents', '2', '--server-host', addressOf(1)],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [lab.stdout, lab.stderr]) stream.on('data', (text) => (said += text));
    const [exitCode] = await once(lab, 'close');
    clearInterval(watching);
    expect(exitCode, said).toBe(0);
    const result = parseResult(readFileSync(join(folder, 'results.json'), 'utf8'));
    expect(existsSync(join(folder, 'report.html'))).toBe(true);
    expect(result.trials.length).toBeGreaterThan(0);
    for (const { shards = [], messages, clients } of result.trials) {
      expect(shards.map(({ agent }) => agent).sort()).toEqual(agents.map(({ name }) => name).sort());
      for (const shard of shards) expect(shard.clients).toBe(clients.count / 2);
      expect(messages.delivered).toBe(messages.expected);
      expect(messages.expected).toBeGreaterThan(0);
    }
    // The clients really came from there.
    expect([...peers]).toEqual(expect.arrayContaining(hosts.map(addressOf)));
  });

  async function startAgent(host: number): Promise<{ child: ChildProcess; name: string }> {
    const args = [...inside(host), process.execPath, ...runsTypeScript];
    // "ip netns exec" becomes the program that it is given.
    const child = spawn('ip', [...args, 'bench/agent.ts', '--broker', brokerUrl], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    cleanups.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT');
      await once(child, 'close');
    });
    for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
      if (!line.includes('offers its clients')) continue;
      child.stderr?.resume();
      return { child, name: line.split(' ')[0] as string };
    }
    throw new Error('the agent ended before it offered anything');
  }
});

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function inside(host: number): string[] {
  return ['netns', 'exec', namespaceOf(host)];
}

function makeNetwork(): void {
  ip('link', 'add', bridge, 'type', 'bridge');
  ip('addr', 'add', `${addressOf(1)}/24`, 'dev', bridge);
  ip('link', 'set', bridge, 'up');
  for (const host of hosts) {
    const [near, far] = [`${bridge}n${host}`, `${bridge}f${host}`];
    ip('netns', 'add', namespaceOf(host));
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far);
    ip('link', 'set', near, 'master', bridge, 'up');
    ip('link', 'set', far, 'netns', namespaceOf(host));
    ip(...inside(host), 'ip', 'addr', 'add', `${addressOf(host)}/24`, 'dev', far);
    ip(...inside(host), 'ip', 'link', 'set', far, 'up');
    ip(...inside(host), 'ip', 'link', 'set', 'lo', 'up');
  }
}

/** Takes down whatever of it there is. */
function removeNetwork(): void {
  for (const args of [...hosts.map((host) => ['netns', 'del', namespaceOf(host)]), ['link', 'del', bridge]]) {
    try {
      ip(...args);
    } catch {
      // It was not made.
    }
  }
}

/** Makes the network once and takes it down, to see whether this machine lets us. */
function canMakeNetwork(): boolean {
  try {
    makeNetwork();
    return true;
  } catch {
    return false;
  } finally {
    removeNetwork();
  }
}

/** Whoever has a connection to this address, as the kernel knows them; those to the broker's port are no clients. */
function peersOf(address: string, brokerPort: number): string[] {
  const hex = address
    .split('.')
    .reverse()
    .map((part) => Number(part).toString(16).padStart(2, '0').toUpperCase())
    .join('');
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', remote = ''] = row.trim().split(/\s+/);
    if (!local.startsWith(hex) || Number.parseInt(local.slice(9), 16) === brokerPort) return [];
    const parts = remote.slice(0, 8).match(/../g) ?? [];
    return parts
      .reverse()
      .map((part) => Number.parseInt(part, 16))
      .join('.');
  });
}
