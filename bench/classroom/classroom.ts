import { basename } from 'node:path';
import {
  type Control,
  type ControlAnswer,
  defaultSettings,
  type Joined,
  type JoinRequest,
  type LaneName,
  laneNames,
  limits,
  type OnScreen,
  type Said,
  type Saved,
  type SessionState,
  type Settings,
} from '../../clients/classroom/protocol.ts';
import type { Figures } from '../../clients/classroom/questions.ts';
import { closeCodes } from '../../clients/classroom/settings.ts';
import { BadInput } from '../../servers/log/message.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Endpoint } from '../../servers/meter/endpoint.ts';
import { type ServerName, type ServerOptions, startServers } from '../../servers/serve.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import type { MessageSource } from '../../servers/source/source.ts';
import { inspectEnvironment } from '../harness/machine/environment.ts';
import type { Result, Segment } from '../result.ts';
import { Access } from './access.ts';
import { ClassLatencies } from './class-latencies.ts';
import { ofEveryLane } from './counts.ts';
import { Front } from './front.ts';
import { Lanes } from './lanes.ts';
import { Lesson } from './lesson.ts';
import { LessonLog } from './lesson-log.ts';
import type { Member } from './members.ts';
import { loopbackOnly, type Network } from './network.ts';
import { pageFiles } from './pages.ts';
import { Player } from './player.ts';
import { lessonFolder, saveLesson } from './save.ts';
import type { Page } from './session.ts';

/**
 * The live classroom: one source, the projector's lanes, the class's servers, and the pages.
 *
 *     source ──► log ──► lane servers ──► link ──► the projector's four clients
 *                   └──► class servers ─────────► the phones: their own network is their distance
 *
 * One process does it all. It is a harness whose clients are people: it says nothing of CPU time.
 */
export type ClassroomOptions = {
  /** The page's port; the class's servers take the four after it. Default 0: any free ones. */
  port?: number;
  /** How phones reach this machine. Default: not at all, only this machine can. */
  network?: Network;
  /** The seed of the messages. Default 45. */
  seed?: number;
  /** Where lessons are saved. Default: with the lab's runs. */
  runsFolder?: string;
  /** How often the projector gets the servers' counts. Default 1000. */
  tickEveryMs?: number;
};

/** What has to be started before there is a classroom. */
type Ground = {
  access: Access;
  source: EmbeddedSource;
  lanes: Lanes;
  classServers: Map<ServerName, Endpoint>;
  /** Options of the class's servers, which they read whenever they need them. */
  classOptions: ServerOptions;
  environment: Result['environment'];
};

export class Classroom {
  readonly front: Front;
  readonly #ground: Ground;
  readonly #options: ClassroomOptions & { seed: number };
  readonly #startedAt = new Date();
  readonly #startedMs = nowMs();
  readonly #player: Player;
  readonly #lesson: Lesson;
  readonly #log = new LessonLog(defaultSettings, nowMs());
  readonly #latencies = new ClassLatencies();
  readonly #ticking: NodeJS.Timeout;
  /** Files of saved reports, by the last part of their address. */
  readonly #reports = new Map<string, string>();
  /** What the projector's screen showed since the settings last changed, as its last control said. */
  #onScreen: OnScreen | undefined;
  #folder: string | undefined;
  #isSaving = false;

  private constructor(
    ground: Ground,
    files: Awaited<ReturnType<typeof pageFiles>>,
    options: ClassroomOptions,
  ) {
    const { seed = 45, network = loopbackOnly, tickEveryMs = 1000 } = options;
    const { access, source, lanes } = ground;
    this.#ground = ground;
    this.#options = { ...options, seed };
    this.#player = new Player(source, defaultSettings, seed);
    this.#lesson = new Lesson({
      onSettings: (settings) => this.#onSettings(settings),
      begin: () => lanes.begin(),
      pause: () => this.#player.pause(),
      resume: () => this.#player.resume(),
      burst: (count) => this.#player.burst(count),
      figures: () => this.#figures,
      save: () => this.#save(),
    });
    const ports = laneNames.flatMap((name) => [lanes.ports[name], this.#classPort(name)]);
    this.front = new Front(
      { files, access, network, ports },
      {
        portsFor: ({ member }) => (member ? ofEveryLane((name) => this.#classPort(name)) : lanes.ports),
        state: () => this.#state,
        join: (request, address) => this.#join(request, address),
        control: (control, onScreen) => this.#control(control, onScreen),
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
    const { port = 0, network = loopbackOnly } = options;
    const access = new Access();
    const source = new EmbeddedSource();
    // First, or the bundler would be taken for another program that keeps the CPU busy.
    const { environment } = await inspectEnvironment();
    const files = await pageFiles();
    const classOptions: ServerOptions = { gate: access.classGate, holdMs: defaultSettings.holdMs };
    const classPorts = port === 0 ? [] : laneNames.map((_, index) => port + 1 + index);
    const classServers = await startServers(
      receiveOnly(source),
      laneNames,
      classOptions,
      classPorts,
      network.host,
    );
    const lanes = await Lanes.open(source, access.laneGate, network.host);
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
    return (this.#ground.classServers.get(name) as Endpoint).port;
  }

  #join({ code, name, token }: JoinRequest, address: string): Joined {
    const member = this.#ground.access.members.join(code, name, address, token);
    return { token: member.token, member: member.number };
  }

  async #control(control: Control, onScreen: OnScreen | undefined): Promise<ControlAnswer> {
    this.#onScreen = onScreen;
    try {
      return await this.#lesson.control(control);
    } finally {
      this.front.tellState();
    }
  }

  /** What there is to compare a vote with, as far as the projector's screen shows anything. */
  get #figures(): Figures | undefined {
    const { members } = this.#ground.access;
    return (
      this.#onScreen && {
        settings: this.#lesson.settings,
        durationMs: this.#log.durationMs(nowMs()),
        lanes: this.#onScreen,
        delays: this.#latencies.delays(members.present),
      }
    );
  }

  #onSettings(settings: Settings): void {
    this.#log.change(settings, this.#lesson.scene, this.#segment, nowMs());
    this.#onScreen = undefined;
    this.#latencies.clear();
    this.#player.set(settings);
    this.#ground.lanes.set(settings);
    this.#ground.classOptions.holdMs = settings.holdMs;
  }

  get #segment(): Segment | undefined {
    const phones = this.#latencies.delays(this.#ground.access.members.present);
    return this.#log.current(this.#onScreen, phones, nowMs());
  }

  #onCome(page: Page): void {
    const { member, name } = page;
    const { access } = this.#ground;
    if (!member) {
      access.projectorPage = name ?? access.projectorPage;
      return;
    }
    member.pages += 1;
    member.wasHere = true;
    if (member.transport) page.tell({ tell: 'transport', transport: member.transport });
    const choice = this.#lesson.votes.choiceOf(member.number);
    if (choice) page.tell({ tell: 'voted', ...choice });
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
    if (said.say === 'clock') page.tell({ tell: 'clock', id: said.id, nowMs: nowMs(), head: this.head });
    else if (!member)
      throw new BadInput(`forbidden message "${said.say}": only members may send this message`, 403);
    else if (said.say === 'latencies') this.#latencies.enter(member, said.uncertaintyMs, said.latenciesMs);
    else this.#onMember(page, member, said);
  }

  #onMember(page: Page, member: Member, said: Extract<Said, { say: 'vote' | 'transport' | 'leave' }>): void {
    const { votes } = this.#lesson;
    const { members } = this.#ground.access;
    if (said.say === 'vote') {
      const { question, choice } = said;
      votes.vote(member.number, question, choice);
      page.tell({ tell: 'voted', question, choice });
    } else if (said.say === 'transport') {
      member.transport = said.transport === 'assign' ? members.rarestTransport : said.transport;
      page.tell({ tell: 'transport', transport: member.transport });
    } else {
      votes.withdraw(member.number);
      members.expel(member);
      page.end(closeCodes.ended, 'You have left the class.');
    }
    this.front.tellStateSoon();
  }

  get #state(): SessionState {
    const { members } = this.#ground.access;
    const { present } = members;
    return {
      settings: this.#lesson.settings,
      paused: this.#player.paused,
      scene: this.#lesson.scene,
      members: { count: present.length, limit: limits.members, byTransport: members.byTransport },
      vote: this.#lesson.votes.state(present.map(({ number }) => number)),
    };
  }

  /** Now and then the projector gets the servers' counts and the class's latencies. */
  #tick(): void {
    const { access, lanes } = this.#ground;
    const { projector } = this.front.sessions;
    projector?.tell({ tell: 'counts', atMs: nowMs(), head: this.head, lanes: lanes.counts });
    projector?.tell({ tell: 'class', delays: this.#latencies.delays(access.members.present) });
  }

  /** Writes what the class was shown and what it voted. */
  async #save(): Promise<Saved> {
    if (this.#isSaving)
      throw new BadInput('the classroom is already saving the lesson: wait a few seconds', 409);
    const votes = this.#lesson.votes.closed;
    const current = this.#segment;
    const segments = [...this.#log.ended, ...(current ? [current] : [])];
    if (segments.length === 0 && votes.length === 0)
      throw new BadInput('there is nothing to save yet: wait for some messages on the projector’s page', 409);
    this.#isSaving = true;
    try {
      const { seed, runsFolder } = this.#options;
      this.#folder ??= lessonFolder(this.#startedAt, runsFolder);
      const saved = await saveLesson(this.#folder, {
        startedAt: this.#startedAt,
        durationMs: Math.round(nowMs() - this.#startedMs),
        seed,
        environment: this.#ground.environment,
        segments,
        dropped: this.#log.dropped,
        votes,
      });
      this.#reports.set(basename(saved.reportPath), saved.reportFile);
      return saved;
    } catch (error) {
      throw whyNotSaved(error as NodeJS.ErrnoException);
    } finally {
      this.#isSaving = false;
    }
  }
}

/** A folder that can't be written is no fault of the server: the page gets the reason and the remedy. */
function whyNotSaved(error: NodeJS.ErrnoException): Error {
  if (!error.code || !error.path) return error;
  return new BadInput(
    `cannot write to ${error.path} (${error.code}): start the classroom with --out and a writable folder`,
    503,
  );
}

/** The source as members have it: they receive its messages, and publish none. */
function receiveOnly(source: EmbeddedSource): MessageSource {
  return {
    log: source.log,
    play: (schedule, startMs) => source.play(schedule, startMs),
    stop: () => source.stop(),
    publish: () =>
      Promise.reject(
        new BadInput('members may not publish: only the classroom’s source publishes messages', 403),
      ),
  };
}
