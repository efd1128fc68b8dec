import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type Control,
  type ControlAnswer,
  defaultSettings,
  type Joined,
  type LaneName,
  laneNames,
  limits,
  type Said,
  type Saved,
  type SessionState,
  type Settings,
} from '../../clients/classroom/protocol.ts';
import { nowMs } from '../../servers/clock.ts';
import type { Endpoint } from '../../servers/endpoint.ts';
import { type ServerName, type ServerOptions, startServers } from '../../servers/main.ts';
import { BadInput } from '../../servers/message.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import { inspectEnvironment } from '../harness/environment.ts';
import type { Result, Trial } from '../result.ts';
import { Access } from './access.ts';
import { countOf, ofEveryLane } from './counts.ts';
import { Front, hostFor } from './front.ts';
import { Lanes } from './lanes.ts';
import { Lesson } from './lesson.ts';
import { Observations } from './observations.ts';
import { pageFiles } from './pages.ts';
import { Player } from './player.ts';
import { Recorded } from './recording.ts';
import { saveLesson } from './save.ts';
import type { Page } from './session.ts';
import type { Tallied } from './stretches.ts';

/**
 * The live classroom: one source, the projector's lanes, the class's servers, and the pages.
 *
 *     source ──► log ──► lane servers ──► link ──► the projector's four clients
 *                   └──► class servers ─────────► the phones: their own network is their distance
 *
 * One process does it all. It is a harness whose clients are people: it counts messages and takes their
 * ages, and says nothing of processor time.
 */
export type ClassroomOptions = {
  /** The page's port; the class's servers take the four after it. Default 0: any free ones. */
  port?: number;
  /** An address of this machine at which phones can reach it. Default: none, only this machine can. */
  lanAddress?: string;
  /** What the messages derive from. Default 45. */
  seed?: number;
  /** Where lessons are saved. Default: with the lab's runs. */
  runsFolder?: string;
};

/** How often the server tells what it has counted. */
const tickEveryMs = 1000;

/** How long a save waits for what is still on its way, beside the longest way itself, and how often it looks. */
const drainMs = 3000;
const drainMsMax = 10_000;
const lookEveryMs = 20;

/** What has to be started before there is a classroom. */
type Ground = {
  access: Access;
  source: EmbeddedSource;
  lanes: Lanes;
  classServers: Map<ServerName, Endpoint>;
  /** Options of the class's servers, which they read anew. */
  classOptions: ServerOptions;
  environment: Result['environment'];
};

export class Classroom {
  readonly front: Front;
  readonly #ground: Ground;
  readonly #options: ClassroomOptions & { seed: number };
  readonly #startedAt = new Date();
  readonly #player: Player;
  readonly #lesson: Lesson;
  readonly #observations: Observations;
  readonly #recorded: Recorded;
  readonly #ticking: NodeJS.Timeout;
  /** Files of saved reports, by what they are asked for. */
  readonly #reports = new Map<string, string>();
  #isSaving = false;

  private constructor(
    ground: Ground,
    files: Awaited<ReturnType<typeof pageFiles>>,
    options: ClassroomOptions,
  ) {
    const { seed = 45, lanAddress } = options;
    const { access, source, lanes } = ground;
    this.#ground = ground;
    this.#options = { ...options, seed };
    this.#player = new Player(source, defaultSettings, seed);
    const grounds = {
      log: source.log,
      lanes,
      tallied: () => this.#tallied,
      hasProjector: () => this.front.sessions.projector !== undefined,
    };
    this.#observations = new Observations(grounds, defaultSettings);
    this.#recorded = new Recorded(this.#startedAt, nowMs());
    this.#lesson = new Lesson({
      onSettings: (settings, isScene) => this.#onSettings(settings, isScene),
      begin: (page) => this.#begin(page),
      pause: () => this.#player.pause(),
      resume: () => this.#player.resume(),
      burst: (count) => this.#burst(count),
      figures: () => this.#observations.figures(access.members.present),
      save: () => this.#save(),
    });
    const ports = laneNames.flatMap((name) => [lanes.ports[name], this.#classPort(name)]);
    this.front = new Front(
      { files, access, lanAddress, ports },
      {
        placeFor: ({ member }) => ({
          logId: source.log.id,
          ports: member ? ofEveryLane((name) => this.#classPort(name)) : lanes.ports,
        }),
        state: () => this.#state,
        join: (code, name, address) => this.#join(code, name, address),
        control: (control) => this.#control(control),
        reportFile: (id) => this.#reports.get(id),
        onCome: (page) => this.#onCome(page),
        onSaid: (page, said) => this.#onSaid(page, said),
        onGone: (page) => this.#onGone(page),
      },
    );
    this.#ticking = setInterval(() => this.#tick(), tickEveryMs);
  }

  /** Starts it. Rejects when a port is taken; then nothing is left running. */
  static async open(options: ClassroomOptions = {}): Promise<Classroom> {
    const { port = 0, lanAddress } = options;
    const host = hostFor(lanAddress);
    const access = new Access();
    const source = new EmbeddedSource();
    // First, or the bundler would be taken for another program that keeps the processor busy.
    const { environment } = await inspectEnvironment();
    const files = await pageFiles();
    const classOptions: ServerOptions = { gate: access.classGate, holdMs: defaultSettings.holdMs };
    const classPorts = port === 0 ? [] : laneNames.map((_, index) => port + 1 + index);
    const classServers = await startServers(source, laneNames, classOptions, classPorts, host);
    const lanes = await Lanes.open(source, access.laneGate, host);
    const ground = { access, source, lanes, classServers, classOptions, environment };
    const classroom = new Classroom(ground, files, options);
    try {
      await classroom.front.listen(port);
      return classroom;
    } catch (error) {
      await classroom.close();
      throw error;
    }
  }

  /** The newest message's `seq`. */
  get head(): number {
    return this.#ground.source.log.head;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    clearInterval(this.#ticking);
    this.#player.stop();
    const { lanes, classServers } = this.#ground;
    await this.front.close();
    await Promise.all([lanes.close(), ...[...classServers.values()].map((endpoint) => endpoint.close())]);
  }

  #classPort(name: LaneName): number {
    return this.#classServer(name).port;
  }

  #classServer(name: LaneName): Endpoint {
    return this.#ground.classServers.get(name) as Endpoint;
  }

  get #tallied(): Tallied {
    const { user, system } = process.cpuUsage();
    return {
      lanes: this.#ground.lanes.totals,
      class: ofEveryLane((name) => countOf(this.#classServer(name))),
      cpuMs: (user + system) / 1000,
      rssBytes: process.memoryUsage.rss(),
    };
  }

  #join(code: string, name: string, address: string): Joined {
    const { token, number } = this.#ground.access.members.join(code, name, address);
    return { token, member: number };
  }

  async #control(control: Control): Promise<ControlAnswer> {
    try {
      return await this.#lesson.control(control);
    } finally {
      this.#tellState();
    }
  }

  #onSettings(settings: Settings, isScene: boolean): void {
    this.#player.set(settings);
    this.#ground.lanes.set(settings);
    this.#ground.classOptions.holdMs = settings.holdMs;
    this.#observations.setSettings(settings, isScene);
  }

  async #begin(page: string | undefined): Promise<void> {
    // First: a client of the page before that asks once more would be counted as the new one's.
    if (page !== undefined) this.#ground.access.projectorPage = page;
    await this.#ground.lanes.begin();
    this.#observations.begin();
  }

  #burst(count: number): void {
    this.#player.burst(count);
    this.#observations.byHand(count);
  }

  #onCome({ member }: Page): void {
    if (!member) return;
    member.pages += 1;
    this.front.tellStateSoon();
  }

  #onGone({ member }: Page): void {
    if (!member) return;
    member.pages -= 1;
    member.awaySinceMs = nowMs();
    this.front.tellStateSoon();
  }

  #onSaid(page: Page, said: Said): void {
    const { member } = page;
    if (said.say === 'clock') page.tell({ tell: 'clock', id: said.id, nowMs: nowMs() });
    else if (said.say === 'saw') this.#onSaw(page, said);
    else if (!member) throw new BadInput(`say is "${said.say}": that is for members`, 403);
    else {
      if (said.say === 'vote') this.#lesson.votes.vote(member.number, said.question, said.choice);
      else {
        const { transport } = said;
        member.transport = transport === 'assign' ? this.#ground.access.members.rarestTransport : transport;
        page.tell({ tell: 'transport', transport: member.transport });
      }
      this.front.tellStateSoon();
    }
  }

  #onSaw(page: Page, { transport, uncertaintyMs, sights }: Extract<Said, { say: 'saw' }>): void {
    const { member } = page;
    if (member) this.#observations.memberSaw(member, transport, uncertaintyMs, sights);
    else {
      const isFull = this.#recorded.saw(transport, sights);
      if (isFull) page.tell({ tell: 'refused', error: isFull });
      this.#observations.laneSaw(transport, uncertaintyMs, sights);
    }
  }

  get #state(): SessionState {
    const { members } = this.#ground.access;
    return {
      settings: this.#lesson.settings,
      paused: this.#player.paused,
      scene: this.#lesson.scene,
      members: { count: members.present.length, limit: limits.members, byTransport: members.byTransport },
      vote: this.#lesson.votes.state,
      recorded: false,
    };
  }

  #tellState(): void {
    this.#recorded.state(this.#state);
    this.front.tellState();
  }

  /** Once a second: what was counted goes to the projector, and into the recording. */
  #tick(): void {
    const { access, lanes, source } = this.#ground;
    const counts = { head: source.log.head, lanes: lanes.counts };
    const delays = this.#observations.classDelays(access.members.present);
    this.#observations.tick();
    this.#recorded.state(this.#state);
    this.#recorded.counts(counts);
    this.#recorded.delays(delays);
    const { projector } = this.front.sessions;
    projector?.tell({ tell: 'counts', atMs: nowMs(), ...counts });
    projector?.tell({ tell: 'class', delays });
  }

  /** Waits for what is on its way, and accounts for everything that was measured so far. */
  async account(): Promise<readonly Trial[]> {
    await this.#drained();
    this.#observations.finish();
    return this.#observations.trials;
  }

  /** Pauses, accounts for everything and writes it. Plays on then, if it did before. */
  async #save(): Promise<Saved> {
    if (this.#isSaving) throw new BadInput('the lesson is being saved already', 409);
    const wasPaused = this.#player.paused;
    this.#isSaving = true;
    this.#player.pause();
    this.#tellState();
    try {
      const trials = await this.account();
      // Played again, the lesson ends as it did: with counts that hold all that was seen.
      this.#tick();
      if (trials.length === 0)
        throw new BadInput(
          'nothing has been measured yet: open the projector’s page and let some messages pass',
          409,
        );
      const saved = await saveLesson({
        startedAt: this.#startedAt,
        seed: this.#options.seed,
        environment: this.#ground.environment,
        trials,
        votes: this.#lesson.votes.closed,
        recording: this.#recorded.recording,
        runsFolder: this.#options.runsFolder,
      });
      this.#reports.set(basename(saved.reportPath), saved.reportFile);
      return saved;
    } finally {
      this.#isSaving = false;
      if (!wasPaused) this.#player.resume();
    }
  }

  /** Comes back when everybody within reach has handled everything, or has had time enough for it. */
  async #drained(): Promise<void> {
    const { intervalMs, oneWayMs } = this.#lesson.settings;
    const untilMs = nowMs() + Math.min(drainMsMax, drainMs + intervalMs + 3 * oneWayMs);
    while (!this.#observations.isSettled && nowMs() < untilMs) await wait(lookEveryMs);
  }
}
