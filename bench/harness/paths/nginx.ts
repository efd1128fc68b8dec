import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { OpenPath, PathKind } from './open-path.ts';

type ProxiedKind = Exclude<PathKind, 'direct'>;

/** What the only location says, besides where the server is. Each kind changes one thing. */
const directives: Record<ProxiedKind, (idleLimitMs: number) => string[]> = {
  'no-upgrade': () => ['proxy_buffering off'],
  // Otherwise its defaults: HTTP/1.0 to the server, so that a stream ends with its connection and has no chunks.
  buffering: () => [...upgradesElsewhere, 'proxy_buffering on'],
  'idle-limit': (limitMs) => [...passUpgrades, 'proxy_buffering off', `proxy_read_timeout ${limitMs}ms`],
};

const passUpgrades = [
  'proxy_http_version 1.1',
  'proxy_set_header Upgrade $http_upgrade',
  'proxy_set_header Connection "upgrade"',
];

/** Leaves upgrades to a location of their own. */
const upgradesElsewhere = ['if ($http_upgrade) { return 418; } error_page 418 = @upgrade'];

/** What to do where there is no nginx. */
export const nginxRemedy = "install Debian's package nginx, or set NGINX_PATH to its program";

/** Where nginx is: `NGINX_PATH`, else the first on the `PATH` or where Debian puts it. `undefined`: nowhere. */
export function findNginx(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const files = process.env.NGINX_PATH ? [process.env.NGINX_PATH] : folders.map((one) => join(one, 'nginx'));
  return files.find(isProgram);
}

/** Where nginx is. Throws, with the remedy, when it is nowhere. */
export function requireNginx(): string {
  const program = findNginx();
  if (!program) throw new Error(`found no nginx: ${nginxRemedy}`);
  return program;
}

/**
 * The paths as a real nginx: one process with a configuration of its own, on a free port, that keeps
 * all that it writes in a folder of its own. It needs no root, and leaves nothing when it is closed.
 *
 * Rejects when there is no nginx, and with nginx's own words when it does not start.
 */
export async function openNginx(
  kind: ProxiedKind,
  upstreamPort: number,
  idleLimitMs: number,
): Promise<OpenPath> {
  const program = requireNginx();
  const pass = `proxy_pass http://127.0.0.1:${upstreamPort}`;
  const locations = [
    `location / { ${[pass, ...directives[kind](idleLimitMs)].join('; ')}; }`,
    `location @upgrade { ${[pass, ...passUpgrades].join('; ')}; }`,
  ];
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const { child, port } = await startOnFreePort(program, folder, locations);
    return { port, close: () => end(child).then(removeFolder) };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

/** nginx takes no port 0, and nobody can reserve one for it: it may be taken by the time that nginx wants it. */
async function startOnFreePort(program: string, folder: string, locations: readonly string[]) {
  for (let attemptsLeft = 5; ; attemptsLeft -= 1) {
    const port = await freePort();
    await writeFile(join(folder, 'nginx.conf'), configuration(port, locations));
    const child = spawn(program, ['-p', folder, '-c', 'nginx.conf'], { stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(child);
    try {
      await listening(child);
      return { child, port };
    } catch (error) {
      await end(child);
      const isTaken = /Address already in use/.test((error as Error).message);
      if (!isTaken || attemptsLeft === 1) throw error;
    }
  }
}

/** `master_process off` makes it one process, so that whoever ends it has ended all of it. */
function configuration(port: number, locations: readonly string[]): string {
  return `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr notice;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path client-body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    ${locations.join('\n    ')}
  }
}
`;
}

/** Resolves when nginx names its event method: it does so once its socket is open. */
async function listening(child: ChildProcess): Promise<void> {
  const complaints: string[] = [];
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`nginx ${why}: ${complaints.join(' ')}`));
    lines.on('line', (line) => {
      if (/using the "\w+" event method/.test(line)) resolve();
      if (/\[emerg\]/.test(line)) complaints.push(line);
      // nginx would try the same port for two seconds; another one is quicker.
      if (/bind\(\) to .* failed/.test(line)) fail('cannot listen');
    });
    child.once('error', ({ message }) => fail(`did not start (${message})`));
    child.once('close', (code) => fail(`ended with exit code ${code} before it accepted connections`));
  });
}

/** Those that have not ended. When this process exits, they go with it. */
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A signal that can be caught would not do: one that comes before nginx first waits for events is not noticed. */
async function end(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
