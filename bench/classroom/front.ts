import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { renderSVG } from 'uqr';
import type { LaneName, Said, SessionState, Told } from '../../clients/classroom/protocol.ts';
import { onWebSocket } from '../../servers/guards/upgrades.ts';
import type { Access } from './access.ts';
import { ofEveryLane } from './counts.ts';
import type { Network } from './network.ts';
import { type Desk, pageServer } from './page-server.ts';
import type { PageFile } from './pages.ts';
import { type Page, Sessions } from './session.ts';

/** What stands behind the front: the class. */
export type Backroom = Pick<Desk, 'join' | 'control' | 'reportFile'> & {
  /** The port of each transport for this page. */
  portsFor(page: Page): Record<LaneName, number>;
  /** How things stand. */
  state(): SessionState;
  onCome(page: Page): void;
  onSaid(page: Page, said: Said): void;
  onGone(page: Page): void;
};

export type FrontOptions = {
  files: ReadonlyMap<string, PageFile>;
  access: Access;
  /** How phones reach this machine. */
  network: Network;
  /** Ports that pages connect to beside the page's own. */
  ports: readonly number[];
};

/** Changes of who is there are told together, so that a class that comes in does not flood itself. */
const crowdEveryMs = 200;

const loopback = '127.0.0.1';

/** What people see of a classroom: the pages, their session, and the addresses at which both are. */
export class Front {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly #backroom: Backroom;
  readonly #network: Network;
  readonly #server: Server;
  #crowdTimer: NodeJS.Timeout | undefined;

  constructor({ files, access, network, ports }: FrontOptions, backroom: Backroom) {
    this.access = access;
    this.#backroom = backroom;
    this.#network = network;
    this.sessions = new Sessions({
      checkOrigin: (request) => access.checkOrigin(request),
      whoHas: (token) => access.whoHas(token),
      onCome: (page) => this.#welcome(page),
      onSaid: (page, said) => backroom.onSaid(page, said),
      onGone: (page) => backroom.onGone(page),
    });
    this.#server = pageServer({
      files,
      ports,
      hostnames: () => network.hostnames,
      allowsOrigin: (origin) => access.allowsOrigin(origin),
      checkPresenter: access.checkPresenter,
      join: backroom.join,
      control: backroom.control,
      reportFile: backroom.reportFile,
    });
    onWebSocket(this.#server, {}, (request, socket, head) => this.sessions.accept(request, socket, head));
  }

  /** Listens. Rejects when the port is taken. */
  async listen(port: number): Promise<void> {
    this.#server.listen(port, this.#network.host);
    await once(this.#server, 'listening');
    // This machine's addresses may change while the class lasts.
    this.access.allowsOrigin = (origin) =>
      this.#network.hostnames.some((name) => origin === `http://${name}:${this.port}`);
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
    return `http://${this.#network.address ?? loopback}:${this.port}/join`;
  }

  /** Tells the projector how phones join, where they can. */
  tellJoin(): void {
    const told = this.#join;
    if (told) this.sessions.projector?.tell(told);
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
    await this.sessions.close();
    clearTimeout(this.#crowdTimer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #welcome(page: Page): void {
    const ports = this.#backroom.portsFor(page);
    page.tell({
      tell: 'welcome',
      role: page.member ? 'member' : 'presenter',
      name: page.member?.name ?? '',
      urls: ofEveryLane((name) => `${name === 'push' ? 'ws' : 'http'}://${page.hostname}:${ports[name]}`),
    });
    if (!page.member && this.#join) page.tell(this.#join);
    page.tell({ tell: 'state', state: this.#backroom.state() });
    this.#backroom.onCome(page);
  }

  /** How phones come in: the code in the picture is behind the `#`, as the token is. */
  get #join(): Extract<Told, { tell: 'join' }> | undefined {
    if (this.#network.address === undefined) return undefined;
    const { code } = this.access.members;
    return { tell: 'join', join: { url: this.joinUrl, code, qrSvg: renderSVG(`${this.joinUrl}#${code}`) } };
  }
}
