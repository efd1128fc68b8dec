import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { renderSVG } from 'uqr';
import type { JoinHint, LaneName, Said, SessionState, Told } from '../../clients/classroom/protocol.ts';
import type { Access } from './access.ts';
import { ofEveryLane } from './counts.ts';
import { type Desk, pageServer } from './page-server.ts';
import type { PageFile } from './pages.ts';
import { type Page, Sessions } from './session.ts';

/** What stands behind the front: a class that is held, or one that is played again. */
export type Backroom = Pick<Desk, 'join' | 'control' | 'reportFile'> & {
  /** The log that is read, and the port of each transport for this page. */
  placeFor(page: Page): { logId: string; ports: Record<LaneName, number> };
  /** How things stand. */
  state(): SessionState;
  onCome(page: Page): void;
  onSaid(page: Page, said: Said): void;
  onGone(page: Page): void;
};

export type FrontOptions = {
  files: ReadonlyMap<string, PageFile>;
  access: Access;
  /** An address of this machine at which phones can reach it. Default: none, only this machine can. */
  lanAddress?: string;
  /** Ports that pages connect to beside the page's own. */
  ports: readonly number[];
};

/** Changes of who is there are told together, so that a class that comes in does not flood itself. */
const crowdEveryMs = 200;

const loopback = '127.0.0.1';

/** The host to listen on: all of this machine's addresses, or the one that only it can reach. */
export function hostFor(lanAddress: string | undefined): string {
  return lanAddress ? '0.0.0.0' : loopback;
}

/** What people see of a classroom: the pages, their session, and the addresses at which both are. */
export class Front {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly #backroom: Backroom;
  /** Names by which pages reach this machine; the first is the one for members. */
  readonly #hostnames: string[];
  readonly #lanAddress: string | undefined;
  readonly #server: Server;
  #crowdTimer: NodeJS.Timeout | undefined;

  constructor({ files, access, lanAddress, ports }: FrontOptions, backroom: Backroom) {
    this.access = access;
    this.#backroom = backroom;
    this.#lanAddress = lanAddress;
    this.#hostnames = [...(lanAddress ? [lanAddress] : []), loopback, 'localhost'];
    this.sessions = new Sessions({
      admit: (request, token) => access.admit(request, token),
      onCome: (page) => this.#welcome(page),
      onSaid: (page, said) => backroom.onSaid(page, said),
      onGone: (page) => backroom.onGone(page),
    });
    this.#server = pageServer({
      files,
      ports,
      hostnames: this.#hostnames,
      allowsOrigin: access.allowsOrigin,
      checkPresenter: access.checkPresenter,
      join: backroom.join,
      control: backroom.control,
      reportFile: backroom.reportFile,
    });
    this.#server.on('upgrade', (request, socket: Socket, head) =>
      this.sessions.accept(request, socket, head),
    );
  }

  /** Listens. Rejects when the port is taken. */
  async listen(port: number): Promise<void> {
    this.#server.listen(port, hostFor(this.#lanAddress));
    await once(this.#server, 'listening');
    for (const name of this.#hostnames) this.access.allowOrigin(`http://${name}:${this.port}`);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where the projector's page is. The presenter's token stands behind the `#`, which no server is ever sent. */
  get presenterUrl(): string {
    return `http://${loopback}:${this.port}/#${this.access.presenterToken}`;
  }

  /** Where members come in: with a phone or, on loopback, with another window of this machine. */
  get joinUrl(): string {
    return `http://${this.#hostnames[0]}:${this.port}/join`;
  }

  /** Tells everybody how things stand. */
  tellState(): void {
    const told: Told = { tell: 'state', state: this.#backroom.state() };
    this.sessions.tellEach(() => told);
  }

  /** Tells everybody soon: somebody has come, gone or voted, and others will. */
  tellStateSoon(): void {
    this.#crowdTimer ??= setTimeout(() => {
      this.#crowdTimer = undefined;
      this.tellState();
    }, crowdEveryMs);
  }

  /** Ends it for everybody. */
  async close(): Promise<void> {
    clearTimeout(this.#crowdTimer);
    await this.sessions.close();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #welcome(page: Page): void {
    const { logId, ports } = this.#backroom.placeFor(page);
    page.tell({
      tell: 'welcome',
      role: page.member ? 'member' : 'presenter',
      name: page.member?.name ?? '',
      logId,
      urls: ofEveryLane((name) => `${name === 'push' ? 'ws' : 'http'}://${page.hostname}:${ports[name]}`),
      ...(!page.member && this.#lanAddress && { join: this.#joinHint }),
    });
    this.#backroom.onCome(page);
    page.tell({ tell: 'state', state: this.#backroom.state() });
  }

  /** How phones come in: the code in the picture is behind the `#`, as the token is. */
  get #joinHint(): JoinHint {
    const { code } = this.access.members;
    return { url: this.joinUrl, code, qrSvg: renderSVG(`${this.joinUrl}#${code}`) };
  }
}
