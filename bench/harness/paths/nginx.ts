import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePorts, pathFolders } from '../machine/programs.ts';
import { LineProcess } from '../own-process.ts';
import type { OpenPath, ProxiedKind } from './path.ts';

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
  return findProgram('nginx', [...pathFolders(), '/usr/sbin'], process.env.NGINX_PATH);
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
    const { nginx, port } = await startOnFreePort(program, folder, locations);
    return { port, close: () => end(nginx).then(removeFolder) };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

/** nginx takes no port 0, and nobody can reserve one for it: it may be taken by the time that nginx wants it. */
async function startOnFreePort(program: string, folder: string, locations: readonly string[]) {
  for (let attemptsLeft = 5; ; attemptsLeft -= 1) {
    const [port] = (await freePorts(1)) as [number];
    await writeFile(join(folder, 'nginx.conf'), configuration(port, locations));
    const nginx = new LineProcess('nginx', program, ['-p', folder, '-c', 'nginx.conf'], {
      reads: ['stderr'],
    });
    running.add(nginx);
    try {
      await listening(nginx);
      return { nginx, port };
    } catch (error) {
      await end(nginx);
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

/**
 * Resolves when nginx names its event method, which it does once its socket is open. nginx would try a taken port again
 * for two seconds; another port is quicker.
 */
async function listening(nginx: LineProcess): Promise<void> {
  const line = await nginx.waitUntilReady(/using the "\w+" event method|bind\(\) to .* failed/, complaints);
  if (/failed/.test(line)) throw new Error(`nginx cannot listen${complaints(nginx.lines)}`);
}

function complaints(lines: readonly string[]): string {
  return `: ${lines.filter((line) => /\[emerg\]/.test(line)).join(' ')}`;
}

/** Those that have not ended. When this process exits, they go with it. */
const running = new Set<LineProcess>();

process.once('exit', () => {
  for (const nginx of running) nginx.kill();
});

/** A signal that can be caught would not do: one that comes before nginx first waits for events is not noticed. */
async function end(nginx: LineProcess): Promise<void> {
  running.delete(nginx);
  await nginx.stop();
}
