import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Said, saidSchema, type Told } from '../../clients/classroom/protocol.ts';
import { closeCodes, limits } from '../../clients/classroom/settings.ts';
import { rejectionReason } from '../../servers/guards/connection-limit.ts';
import { defaultLimits } from '../../servers/guards/limits.ts';
import { refuseUpgrade } from '../../servers/guards/upgrades.ts';
import { urlOf } from '../../servers/http/app.ts';
import { BadInput, invalid, parseJson } from '../../servers/log/message.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { reasonedWebSocket } from '../../servers/web-socket/receive.ts';
import { Allowance } from './allowance.ts';
import { read } from './input.ts';
import type { Member } from './members.ts';

/**
 * `/session`: what is going on, pushed to every page, and what pages say, the other way.
 *
 *     page    ──Upgrade, ?token=…&page=…──►   ──{"say":"clock"}──►         ──{"say":"vote"}──►
 *             ◄──welcome──state──             ◄──{"tell":"clock"}──        ◄──voted──state──   server
 *
 * A page with a new name takes over from the one that its owner had before, and the server closes that one for
 * good; should it ever come back, because it slept when that happened, it is closed again. What a page says is
 * checked by a schema and refused with a reason; a page that is refused over and over is closed for good.
 */
export type Page = {
  /** `undefined` for the projector. */
  readonly member?: Member;
  /** What the page calls itself; a program without a page may have no name. */
  readonly name?: string;
  /** The host name by which the page came here, so the one by which it reaches the other ports. */
  readonly hostname: string;
  tell(told: Told): void;
  /** Closes it for good, and says why. */
  end(code: number, reason: string): void;
};

/** Whose page it is. */
export type Owner = Member | 'presenter';

/** What the session asks of whoever runs it. */
export type Host = {
  /** Throws `BadInput` on a page of another origin. */
  checkOrigin(request: IncomingMessage): void;
  /** Whose token this is, if anybody's. */
  whoHas(token: string | null): Owner | undefined;
  /** Somebody has come, and is told where things stand. */
  onCome(page: Page): void;
  onSaid(page: Page, said: Said): void;
  onGone(page: Page): void;
};

/** Refusals that a page may collect, on average and at once, before it is closed for good. */
const refusalsPerSecond = 1;
const refusalsAtOnce = 50;

/** Bytes that may wait for a page that does not read. Then it is cut off, and may come back. */
const unreadBytesMax = 1024 * 1024;

/** Heartbeats: a page that does not answer a ping until the next one is gone. */
const heartbeatMs = 5000;

/** Names of earlier pages that are remembered per owner. */
const earlierMax = 50;

export class Sessions {
  readonly #host: Host;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.saidBytes,
    perMessageDeflate: false,
    WebSocket: reasonedWebSocket(limits.saidBytes),
  });
  readonly #pages = new Map<Page, WebSocket>();
  /** Pages that have answered since the last heartbeat. */
  readonly #alive = new Set<Page>();
  /** By owner: the names of its pages so far, the current one last. Those who have left the class are forgotten. */
  readonly #names = new WeakMap<object, string[]>();
  #hasEnded = false;
  readonly #heart: NodeJS.Timeout;

  constructor(host: Host) {
    this.#host = host;
    this.#heart = setInterval(() => this.#beat(), heartbeatMs);
  }

  /** Takes an upgrade of the page's server. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    try {
      const { pathname, searchParams } = urlOf(request);
      if (pathname !== '/session') throw new BadInput(`unknown path ${pathname}: expected /session`, 404);
      this.#host.checkOrigin(request);
      const owner = this.#host.whoHas(searchParams.get('token'));
      const hostname = hostnameOf(request);
      const name = searchParams.get('page')?.slice(0, 64);
      this.#webSockets.handleUpgrade(request, socket, head, (client) => {
        const rejected = rejectionReason(socket);
        client.on('error', () => {});
        if (rejected !== undefined) client.close(1013, rejected);
        else if (this.#hasEnded) close(client, closeCodes.ended, ended);
        // A browser can't read why an upgrade was refused. It can read why a connection was closed.
        else if (!owner)
          close(
            client,
            closeCodes.unknown,
            'The class rejected this page. The class may have started again. Join again.',
          );
        else if (this.#wasReplaced(owner, name)) close(client, closeCodes.takenOver, takenOver);
        else this.#welcome({ hostname, owner, name }, client);
      });
    } catch (error) {
      refuseUpgrade(socket, error as Error, defaultLimits.goodbyeMs);
    }
  }

  /** Tells every page for which there is something. One text is made for all that are told the same. */
  tellEach(toldTo: (page: Page) => Told | undefined): void {
    const texts = new Map<Told, string>();
    for (const [page, client] of this.#pages) {
      const told = toldTo(page);
      if (!told) continue;
      const text = texts.get(told) ?? JSON.stringify(told);
      texts.set(told, text);
      send(client, text);
    }
  }

  /** The projector's page, if it is there: the newest, since one that was taken over may not have closed. */
  get projector(): Page | undefined {
    return [...this.#pages.keys()].findLast(({ member }) => !member);
  }

  /** Closes every page for good. */
  async close(): Promise<void> {
    this.#hasEnded = true;
    clearInterval(this.#heart);
    const clients = [...this.#pages.values()];
    for (const page of this.#pages.keys()) page.end(closeCodes.ended, ended);
    await Promise.all(clients.map((client) => client.readyState === client.CLOSED || once(client, 'close')));
  }

  /** Whether another page of this owner has taken over from the one with this name. */
  #wasReplaced(owner: Owner, name: string | undefined): boolean {
    return name !== undefined && (this.#names.get(this.#keyOf(owner))?.slice(0, -1).includes(name) ?? false);
  }

  #welcome(come: { hostname: string; owner: Owner; name?: string }, client: WebSocket): void {
    const { hostname, owner, name } = come;
    const page: Page = {
      ...(owner !== 'presenter' && { member: owner }),
      name,
      hostname,
      tell: (told) => send(client, JSON.stringify(told)),
      end: (code, reason) => close(client, code, reason),
    };
    for (const [other, connection] of this.#pages) {
      if (other.member !== page.member) continue;
      // The same page again: its earlier connection was dead, and it has noticed first.
      if (name !== undefined && other.name === name) connection.terminate();
      else other.end(closeCodes.takenOver, takenOver);
    }
    this.#remember(owner, name);
    this.#pages.set(page, client);
    this.#alive.add(page);
    client.on('pong', () => this.#alive.add(page));
    client.on('close', () => {
      this.#pages.delete(page);
      this.#alive.delete(page);
      this.#host.onGone(page);
    });
    this.#listen(page, client);
    this.#host.onCome(page);
  }

  #remember(owner: Owner, name: string | undefined): void {
    const names = this.#names.get(this.#keyOf(owner)) ?? [];
    if (name !== undefined && names.at(-1) !== name) names.push(name);
    this.#names.set(this.#keyOf(owner), names.slice(-earlierMax));
  }

  #keyOf(owner: Owner): object {
    return owner === 'presenter' ? this : owner;
  }

  #listen(page: Page, client: WebSocket): void {
    const allowance = new Allowance(limits.saidPerSecond, limits.saidAtOnce);
    const refusals = new Allowance(refusalsPerSecond, refusalsAtOnce);
    client.on('message', (data, isBinary) => {
      if (client.readyState !== client.OPEN) return;
      try {
        if (page.member && !allowance.take(nowMs()))
          throw new BadInput(`too many messages: expected at most ${limits.saidPerSecond} per second`, 429);
        this.#host.onSaid(page, readSaid(data as Buffer, isBinary));
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        if (refusals.take(nowMs())) page.tell({ tell: 'refused', error: error.message });
        else page.end(closeCodes.flooding, `too many rejected messages: ${error.message}`.slice(0, 100));
      }
    });
  }

  #beat(): void {
    for (const [page, client] of this.#pages) {
      if (this.#alive.delete(page)) client.ping();
      else client.terminate();
    }
  }
}

const ended = 'The class has ended.';
const takenOver = 'Another page has taken over.';

/** Closes for good, and cuts the connection if the page does not answer. */
function close(client: WebSocket, code: number, reason: string): void {
  client.close(code, reason);
  setTimeout(() => client.terminate(), 1000).unref();
}

function readSaid(data: Buffer, isBinary: boolean): Said {
  if (isBinary) throw new BadInput('invalid binary message: expected a text message such as {"say": …}');
  return read(saidSchema, parseJson(data.toString()));
}

function send(client: WebSocket, text: string): void {
  if (client.readyState !== client.OPEN) return;
  if (client.bufferedAmount > unreadBytesMax) client.terminate();
  else client.send(text);
}

/** The name in the page's address. It stands in the origin; a program that is no page names the host alone. */
function hostnameOf({ headers }: IncomingMessage): string {
  const address = headers.origin ?? `http://${headers.host}`;
  if (!URL.canParse(address)) throw new BadInput(invalid('host', headers.host, 'a host name or an address'));
  return new URL(address).hostname;
}
