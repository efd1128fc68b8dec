import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits, type Said, saidSchema, type Told } from '../../clients/classroom/protocol.ts';
import { nowMs } from '../../servers/clock.ts';
import { sayLast, whyTurnedAway } from '../../servers/entrance.ts';
import { rawAnswer } from '../../servers/http-guarded.ts';
import { defaultLimits } from '../../servers/limits.ts';
import { BadInput, parseJson } from '../../servers/message.ts';
import { reasonedWebSocket } from '../../servers/web-socket-reasons.ts';
import { Allowance } from './allowance.ts';
import { read } from './input.ts';
import type { Member } from './members.ts';

/**
 * `/session`: what is going on, pushed to every page, and what pages say, the other way.
 *
 *     page    ──Upgrade, ?token=…──►          ──{"say":"clock"}──►         ──{"say":"vote"}──►
 *             ◄──welcome──state──             ◄──{"tell":"clock"}──        ◄──state──         server
 *
 * A projector page that comes takes over from the one before it. What a page says is read strictly and
 * refused with a reason; a page that is refused over and over is closed for good.
 */
export type Page = {
  /** `undefined` for the projector. */
  readonly member?: Member;
  /** The host name by which the page came here, so the one by which it reaches the other ports. */
  readonly hostname: string;
  tell(told: Told): void;
  /** Closes it for good, and says why. */
  end(code: number, reason: string): void;
};

/** What the session asks of whoever runs it. */
export type Host = {
  /** Who comes with this token. Throws `BadInput` when nobody may. */
  admit(request: IncomingMessage, token: string | null): Member | 'presenter';
  /** Somebody has come, and is told where things stand. */
  onCome(page: Page): void;
  onSaid(page: Page, said: Said): void;
  onGone(page: Page): void;
};

/** Codes with which a page is closed for good. 4000 to 4999 are free for applications (RFC 6455 §7.4.2). */
const closeCodes = { ended: 4000, takenOver: 4001, flooding: 4008 } as const;

/** Refusals that a page may collect, on average and at once, before it is closed for good. */
const refusalsPerSecond = 1;
const refusalsAtOnce = 50;

/** Bytes that may wait for a page that does not read. Then it is cut off, and may come back. */
const unreadBytesMax = 1024 * 1024;

/** Signs of life: a page that gives none from one to the next is gone. */
const heartbeatMs = 15_000;

export class Sessions {
  readonly #host: Host;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    // Texts are measured in characters, of which each takes four bytes at most.
    maxPayload: 4 * limits.saidBytes,
    perMessageDeflate: false,
    WebSocket: reasonedWebSocket(4 * limits.saidBytes),
  });
  readonly #pages = new Map<Page, WebSocket>();
  /** Pages that have given a sign of life since the last beat. */
  readonly #alive = new Set<Page>();
  readonly #heart: NodeJS.Timeout;

  constructor(host: Host) {
    this.#host = host;
    this.#heart = setInterval(() => this.#beat(), heartbeatMs);
  }

  /** Takes an upgrade of the page's server. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    try {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      if (pathname !== '/session')
        throw new BadInput(`there is no ${pathname} here: connect to /session`, 404);
      const who = this.#host.admit(request, searchParams.get('token'));
      const hostname = hostnameOf(request);
      this.#webSockets.handleUpgrade(request, socket, head, (client) => {
        const turnedAway = whyTurnedAway(socket);
        if (turnedAway !== undefined) client.close(1013, turnedAway);
        else this.#welcome(hostname, client, who);
      });
    } catch (error) {
      const { status = 400, message } = error as BadInput;
      sayLast(socket, rawAnswer(`${status} Refused`, message), defaultLimits.goodbyeMs);
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

  /** The projector's page, if it is there. */
  get projector(): Page | undefined {
    return [...this.#pages.keys()].find(({ member }) => !member);
  }

  /** Closes every page for good. */
  async close(): Promise<void> {
    clearInterval(this.#heart);
    const clients = [...this.#pages.values()];
    for (const page of this.#pages.keys()) page.end(closeCodes.ended, 'the class has ended');
    await Promise.all(clients.map((client) => client.readyState === client.CLOSED || once(client, 'close')));
  }

  #welcome(hostname: string, client: WebSocket, who: Member | 'presenter'): void {
    const page: Page = {
      ...(who !== 'presenter' && { member: who }),
      hostname,
      tell: (told) => send(client, JSON.stringify(told)),
      end: (code, reason) => {
        client.close(code, reason);
        setTimeout(() => client.terminate(), 1000).unref();
      },
    };
    for (const other of this.#pages.keys())
      if (other.member === page.member) other.end(closeCodes.takenOver, 'another page has taken over');
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

  #listen(page: Page, client: WebSocket): void {
    const allowance = new Allowance(limits.saidPerSecond, limits.saidAtOnce);
    const refusals = new Allowance(refusalsPerSecond, refusalsAtOnce);
    client.on('message', (data, isBinary) => {
      if (client.readyState !== client.OPEN) return;
      try {
        if (page.member && !allowance.take(nowMs()))
          throw new BadInput(
            `too much is said: a member may say ${limits.saidPerSecond} things a second`,
            429,
          );
        this.#host.onSaid(page, readSaid(data as Buffer, isBinary));
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        if (refusals.take(nowMs())) page.tell({ tell: 'refused', error: error.message });
        else page.end(closeCodes.flooding, `refused too often: ${error.message}`.slice(0, 100));
      }
    });
    // The library itself closes on an oversized or invalid frame, with 1009 or 1002.
    client.on('error', () => {});
  }

  #beat(): void {
    for (const [page, client] of this.#pages) {
      if (this.#alive.delete(page)) client.ping();
      else client.terminate();
    }
  }
}

function readSaid(data: Buffer, isBinary: boolean): Said {
  if (isBinary) throw new BadInput('what is said is text: {"say": …}');
  const text = data.toString();
  if (text.length > limits.saidBytes)
    throw new BadInput(
      `${text.length} characters are too much: what is said at once takes at most ${limits.saidBytes}`,
      413,
    );
  return read(saidSchema, parseJson(text));
}

function send(client: WebSocket, text: string): void {
  if (client.readyState !== client.OPEN) return;
  if (client.bufferedAmount > unreadBytesMax) client.terminate();
  else client.send(text);
}

/** The name in the page's address. It stands in the origin; a program that is no page names the host alone. */
function hostnameOf({ headers }: IncomingMessage): string {
  const address = headers.origin ?? `http://${headers.host}`;
  if (!URL.canParse(address))
    throw new BadInput(`host is ${JSON.stringify(headers.host)}: that is no name of a host`);
  return new URL(address).hostname;
}
