import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { BadInput } from '../log/message.ts';

/**
 * Which requests a server accepts that knows nobody: those of programs, and of pages that this machine serves.
 *
 *     a program                 no Origin                         ──► accepted
 *     a page of this machine    Origin: http://localhost:8080     ──► accepted
 *     any other page            Origin: https://evil.example      ──►│ 403
 *     DNS rebinding             Host: evil.example                ──►│ 403
 *
 * A browser names the page's origin in every request that could do harm. A page whose own name suddenly resolves to
 * 127.0.0.1 has no foreign origin, but its name as the Host.
 */
export function checkNeighbour(request: IncomingMessage): void {
  const { host, origin } = request.headers;
  if (host !== undefined && !isThisMachine(host.replace(/:\d*$/, '').toLowerCase()))
    throw new BadInput(`invalid host "${host}": expected an IP address, localhost or ${hostname()}`, 403);
  if (origin !== undefined && !isNeighbour(origin, host))
    throw new BadInput(
      `invalid origin "${origin}": expected a page of this machine. Open http://${host ?? 'localhost'}/ and use the browser console there`,
      403,
    );
}

/** Whether a page of this origin comes from the same server, or from any port of this machine. */
export function isNeighbour(origin: string, host: string | undefined): boolean {
  const name = URL.canParse(origin) ? new URL(origin).hostname : '';
  return isLoopback(name) || origin === `http://${host}` || origin === `https://${host}`;
}

function isThisMachine(name: string): boolean {
  // Nobody can make an address resolve to another one.
  return isIP(name.replace(/^\[|\]$/g, '')) > 0 || isLoopback(name) || name === hostname().toLowerCase();
}

function isLoopback(name: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(name);
}

/** Throws `BadInput` on a request without a Host, with two of them or with a malformed one (RFC 9112 §3.2). */
export function checkHost({ rawHeaders, headers: { host }, httpVersion }: IncomingMessage): void {
  const lines = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (lines > 1) throw new BadInput(`too many hosts: expected 1, found ${lines}`);
  if (host === undefined && httpVersion === '1.1')
    throw new BadInput('missing host: expected a Host header in every request');
  if (host !== undefined && !/^(\[[\da-f:.]+\]|[\w.-]+)(:\d*)?$/i.test(host))
    throw new BadInput(`invalid host "${host}": expected a host name or an IP address`);
}
