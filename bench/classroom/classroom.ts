import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { renderSVG } from 'uqr';
import {
  type Control,
  type ControlAnswer,
  defaultSettings,
  type Joined,
  type JoinHint,
  type LaneName,
  laneNames,
  limits,
  type Said,
  type SessionState,
  type Told,
} from '../../clients/classroom/protocol.ts';
import { nowMs } from '../../servers/clock.ts';
import type { Endpoint } from '../../servers/endpoint.ts';
import { type ServerName, type ServerOptions, startServers } from '../../servers/main.ts';
import { BadInput } from '../../servers/message.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import { Access } from './access.ts';
import { Lanes, ofEveryLane } from './lanes.ts';
import { Lesson } from './lesson.ts';
import { pageServer } from './page-server.ts';
import { type PageFile, pageFiles } from './pages.ts';
import { Player } from './player.ts';
import { type Page, Sessions } from './session.ts';

/**
 * The live classroom: one source, the projector's lanes, the class's servers, and the pages.
 *
 *     source ──► log ──► lane servers ──► link ──► the projector's four clients
 *                   └──► class servers ─────────► the phones: their own network is their distance
 *
 * One process does it all. It is a harness whose clients are people: it counts messages and takes their
 * ages, and measures no processor time.
 */
export type ClassroomOptions = {
  /** The page's port; the class's servers take the four after it. Default 0: any free ones. */
  port?: number;
  /** An address of this machine at which phones can reach it. Default: none, only this machine can. */
  lanAddress?: string;
  /** What the messages derive from. Default 45. */
  seed?: number;
};

/** How often the server tells its counts. */
const countsEveryMs = 1000;

/** Changes of who is there are told together, so that a class that comes in does not flood itself. */
const crowdEveryMs = 200;

const loopback = '127.0.0.1';

/** What has to be started before there is a classroom. */
type Ground = {
  access: Access;
  source: EmbeddedSource;
  lanes: Lanes;
  classServers: Map<ServerName, Endpoint>;
  /** Options of the class's servers, which they read anew. */
  classOptions: ServerOptions;
  files: Map<string, PageFile>;
};

export class Classroom {
  readonly access: Access;
  readonly #ground: Ground;
  readonly #hostnames: string[];
  readonly #player: Player;
  readonly #lesson: Lesson;
  readonly #sessions: Sessions;
  readonly #pages: Server;
  readonly #ticking: NodeJS.Timeout;
  #crowdTimer: NodeJS.Timeout | undefined;

  private constructor(ground: Ground, { lanAddress, seed = 45 }: ClassroomOptions) {
    this.access = ground.access;
    this.#ground = ground;
    this.#hostnames = [lanAddress ?? loopback, ...(lanAddress ? [loopback] : []), 'localhost'];
    this.#player = new Player(ground.source, defaultSettings, seed);
    this.#lesson = new Lesson({
      player: this.#player,
      lanes: ground.lanes,
      onSettings: ({ holdMs }) => {
        ground.classOptions.holdMs = holdMs;
      },
    });
    this.#sessions = new Sessions({
      admit: (request, token) => this.access.admit(request, token),
      onCome: (page) => this.#onCome(page),
      onSaid: (page, said) => this.#onSaid(page, said),
      onGone: (page) => this.#onGone(page),
    });
    this.#pages = pageServer({
      files: ground.files,
      hostnames: this.#hostnames,
      ports: laneNames.flatMap((name) => [ground.lanes.ports[name], this.#classPort(name)]),
      allowsOrigin: this.access.allowsOrigin,
      checkPresenter: this.access.checkPresenter,
      join: (code, name, address) => this.#join(code, name, address),
      control: (control) => this.#control(control),
    });
    this.#pages.on('upgrade', (request, socket: Socket, head) =>
      this.#sessions.accept(request, socket, head),
    );
    this.#ticking = setInterval(() => this.#tellCounts(), countsEveryMs);
  }

  /** Starts it. Rejects when a port is taken; then nothing is left running. */
  static async open(options: ClassroomOptions = {}): Promise<Classroom> {
    const { port = 0, lanAddress } = options;
    const host = lanAddress ? '0.0.0.0' : loopback;
    const access = new Access();
    const source = new EmbeddedSource();
    const files = await pageFiles();
    const classOptions: ServerOptions = { gate: access.classGate, holdMs: defaultSettings.holdMs };
    const ports = port === 0 ? [] : laneNames.map((_, index) => port + 1 + index);
    const classServers = await startServers(source, laneNames, classOptions, ports, host);
    const lanes = await Lanes.open(source, access.laneGate, host);
    const classroom = new Classroom({ access, source, lanes, classServers, classOptions, files }, options);
    try {
      await classroom.#listen(port, host);
      return classroom;
    } catch (error) {
      await classroom.close();
      throw error;
    }
  }

  /** The page's port. */
  get port(): number {
    return (this.#pages.address() as AddressInfo).port;
  }

  /** Where the projector's page is. The presenter's token stands behind the `#`, which no server is ever sent. */
  get presenterUrl(): string {
    return `http://${loopback}:${this.port}/#${this.access.presenterToken}`;
  }

  /** Where members come in: with a phone or, on loopback, with another window of this machine. */
  get joinUrl(): string {
    return `http://${this.#hostnames[0]}:${this.port}/join`;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    clearInterval(this.#ticking);
    clearTimeout(this.#crowdTimer);
    this.#player.stop();
    await this.#sessions.close();
    const closed = new Promise((resolve) => this.#pages.close(resolve));
    this.#pages.closeAllConnections();
    const { lanes, classServers } = this.#ground;
    await Promise.all([closed, lanes.close(), ...[...classServers.values()].map((one) => one.close())]);
  }

  async #listen(port: number, host: string): Promise<void> {
    this.#pages.listen(port, host);
    await once(this.#pages, 'listening');
    for (const name of this.#hostnames) this.access.allowOrigin(`http://${name}:${this.port}`);
  }

  #classPort(name: LaneName): number {
    return this.#ground.classServers.get(name)?.port as number;
  }

  #join(code: string, name: string, address: string): Joined {
    const { token, number } = this.access.members.join(code, name, address);
    return { token, member: number };
  }

  async #control(control: Control): Promise<ControlAnswer> {
    const answer = await this.#lesson.control(control);
    this.#tellState();
    return answer;
  }

  #onCome(page: Page): void {
    const { member } = page;
    const portOf = member
      ? (name: LaneName) => this.#classPort(name)
      : (name: LaneName) => this.#ground.lanes.ports[name];
    if (member) member.present = true;
    page.tell({
      tell: 'welcome',
      role: member ? 'member' : 'presenter',
      name: member?.name ?? '',
      logId: this.#ground.source.log.id,
      urls: ofEveryLane((name) => `${name === 'push' ? 'ws' : 'http'}://${page.hostname}:${portOf(name)}`),
      ...(!member && this.#joinHint),
    });
    page.tell({ tell: 'state', state: this.#state });
    this.#crowdChanged();
  }

  #onSaid(page: Page, said: Said): void {
    const { member } = page;
    if (said.say === 'clock') page.tell({ tell: 'clock', id: said.id, nowMs: nowMs() });
    if (said.say === 'clock' || said.say === 'saw') return;
    if (!member) throw new BadInput(`say is "${said.say}": that is for members`);
    if (said.say === 'vote') this.#lesson.votes.vote(member.number, said.question, said.choice);
    else {
      member.transport = said.transport === 'assign' ? this.access.members.rarestTransport : said.transport;
      page.tell({ tell: 'transport', transport: member.transport });
    }
    this.#crowdChanged();
  }

  #onGone({ member }: Page): void {
    if (!member) return;
    member.present = false;
    member.awaySinceMs = nowMs();
    this.#crowdChanged();
  }

  get #state(): SessionState {
    const { members } = this.access;
    return {
      settings: this.#lesson.settings,
      paused: this.#player.paused,
      scene: this.#lesson.scene,
      members: { count: members.present.length, limit: limits.members, byTransport: members.byTransport },
      vote: this.#lesson.votes.state,
      recorded: false,
    };
  }

  /** How phones come in; on loopback none can. */
  get #joinHint(): { join?: JoinHint } {
    const url = this.joinUrl;
    const { code } = this.access.members;
    return this.#hostnames.length > 2 ? { join: { url, code, qrSvg: renderSVG(`${url}#${code}`) } } : {};
  }

  #tellState(): void {
    const told: Told = { tell: 'state', state: this.#state };
    this.#sessions.tellEach(() => told);
  }

  #crowdChanged(): void {
    this.#crowdTimer ??= setTimeout(() => {
      this.#crowdTimer = undefined;
      this.#tellState();
    }, crowdEveryMs);
  }

  #tellCounts(): void {
    this.#sessions.projector?.tell({
      tell: 'counts',
      atMs: nowMs(),
      head: this.#ground.source.log.head,
      lanes: this.#ground.lanes.counts,
    });
  }
}
