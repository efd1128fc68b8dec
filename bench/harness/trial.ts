import { transportNames } from '../../clients/transports.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Schedule } from '../../servers/source/schedule.ts';
import { dividedAmong } from '../agents/agent-load.ts';
import type { Agents } from '../agents/agents.ts';
import type { SharedServers } from '../agents/shared-servers.ts';
import type { GroupPlan, ProbePlan, TrialPlan } from '../experiment.ts';
import { optionsOf } from '../knobs.ts';
import type { Trial } from '../result.ts';
import { Child } from './child.ts';
import { canBeDivided, DividedLoad, localShare } from './divided-load.ts';
import type { ClientGroup, GroupReport } from './group.ts';
import type { LinkHandlers } from './link-process.ts';
import type { LoadGenerator, LoadHandlers, LoadMetered, LoadWindow, PollSlots } from './load-generator.ts';
import { probeOf, type Yielded } from './probes/probes.ts';
import type { ServerLosses } from './server-count.ts';
import type { ServerHandlers, Servers, ServerTrace } from './server-process.ts';
import { meteredOf, trialOf } from './trial-result.ts';

/**
 * Agents that the clients of trials are divided among, the address of this machine at which they find its
 * servers, and those servers where they are several with one source.
 */
export type Elsewhere = { agents: Agents; serverHost: string; servers?: SharedServers };

/**
 * A server process, load generators, and the trials and probes that run in them; a delay proxy where there is distance.
 *
 *     open servers → connect clients → [ window: messages are due, everything is metered ] → drain → report
 *
 * This process touches no message; it only tells the others when to begin.
 */
export class Bench {
  /** Resolves when the first of its processes has ended, with how. */
  readonly lost: Promise<Error>;
  #onLost: (error: Error) => void = () => {};
  readonly #server: Child<ServerHandlers>;
  /** One as a rule; a trial may need several. */
  readonly #loads: Child<LoadHandlers>[];
  #link: Child<LinkHandlers> | undefined;
  readonly #elsewhere: Elsewhere | undefined;

  /** With agents, those trials that can be divided are. */
  constructor(elsewhere?: Elsewhere) {
    this.lost = new Promise((resolve) => {
      this.#onLost = resolve;
    });
    this.#server = new Child<ServerHandlers>('./server-process.ts', this.#onLost);
    this.#loads = [this.#newLoad()];
    this.#elsewhere = elsewhere;
  }

  /** How the first of its processes ended, when one has. */
  get ended(): Error | undefined {
    const processes = [this.#server, ...this.#loads, this.#link];
    return processes.find((process) => process?.ended)?.ended;
  }

  /** Lets the code run once before anything is measured, so that no trial pays for compiling it. */
  async warmUp(): Promise<void> {
    const groups = transportNames.map((transport): GroupPlan => ({ transport, clients: 5, intervalMs: 20 }));
    const bare = groups.map((group) => ({ ...group, server: { framework: 'http' as const } }));
    await this.run('warm-up', {
      groups: [...groups, ...bare.filter(({ transport }) => transport.endsWith('poll'))],
      schedule: { kind: 'periodic', ratePerSecond: 500 },
      durationMs: 300,
      repeat: 1,
    });
  }

  /**
   * Runs one trial. One entry per group; they differ in `transport` or parameters and share `together`. Rejects
   * when one of the processes ends: the others would wait for it until their limits.
   */
  run(experiment: string, plan: TrialPlan, seed = 0): Promise<Trial[]> {
    const lost = this.lost.then((error) => Promise.reject(error));
    return Promise.race([this.#run(experiment, plan, seed), lost]);
  }

  async #run(experiment: string, plan: TrialPlan, seed: number): Promise<Trial[]> {
    const schedule: Schedule = { ...plan.schedule, durationMs: plan.durationMs, seed: seed + plan.repeat };
    const elsewhere = canBeDivided(plan) ? this.#elsewhere : undefined;
    const loads = await this.#loadsFor(plan, elsewhere);
    const servers = elsewhere?.servers ?? inOneProcess(this.#server);
    const memoryBefore = plan.measureMemory ? await servers.memory() : 0;
    const { ports, echoPort } = await this.#openServers(servers, plan, schedule.seed ?? 0, elsewhere);
    const slots: PollSlots[] = [];
    for (const [index, group] of plan.groups.entries()) {
      const own = ports[index] as number[];
      const wanted: ClientGroup = {
        transport: group.transport,
        host: elsewhere?.serverHost,
        port: own[0] as number,
        clients: group.clients,
        options: optionsOf(group),
        traced: plan.trace ?? false,
        seed: schedule.seed ?? 0,
      };
      slots.push(await loadOf(loads, index).connect(wanted, own));
    }
    const memoryAfter = plan.measureMemory ? await servers.memory() : 0;

    const startMs = nowMs() + loadOf(loads, 0).leadMs;
    const { played, metered } = await this.#window(plan, schedule, startMs, loads, servers, {
      ports: ports.map(([first]) => first as number),
      echoPort,
    });
    const reports = await this.#drain(plan, played, loads);
    const traces = plan.trace ? await this.#server.call('trace', undefined) : undefined;
    for (const load of loads) await load.disconnect();
    await this.#link?.call('close', undefined);
    const losses = await servers.close();

    // Less with clients than without: a collection came in between, and nothing is known of the clients' memory.
    const memoryBytes = memoryAfter > memoryBefore ? memoryAfter - memoryBefore : undefined;
    return plan.groups.map((group, index) =>
      trialOf({
        experiment,
        plan,
        group,
        index,
        startMs,
        slots: slots[index] as PollSlots,
        played,
        losses: losses[index] as ServerLosses,
        metered:
          metered.length > 1
            ? meteredOf(metered[index] as LoadMetered, 0)
            : meteredOf(metered[0] as LoadMetered, index),
        oneWay: metered[0]?.oneWay,
        report: reports[index] as GroupReport,
        trace: traces?.[index] as ServerTrace | undefined,
        memoryBytes,
        servers: elsewhere?.servers?.count,
      }),
    );
  }

  /** Runs one probe, in the server process and the first load generator. */
  probe(experiment: string, plan: ProbePlan): Promise<Yielded> {
    const load = this.#loads[0] as Child<LoadHandlers>;
    return probeOf(plan).run(experiment, plan, { server: this.#server, load });
  }

  /** Ends all processes at once. */
  kill(): void {
    this.#server.kill();
    for (const load of this.#loads) load.kill();
    this.#link?.kill();
    this.#elsewhere?.servers?.kill();
  }

  #newLoad(): Child<LoadHandlers> {
    return new Child<LoadHandlers>('./load-generator.ts', this.#onLost);
  }

  /** The load generators of a trial: the first, the agents', one for each group, or several for all. New ones run their code once before. */
  async #loadsFor(plan: TrialPlan, elsewhere: Elsewhere | undefined): Promise<LoadGenerator[]> {
    if (elsewhere) return [await dividedAmong(elsewhere.agents)];
    const count = plan.ownLoadGenerators ? plan.groups.length : (plan.loadGenerators ?? 1);
    if (this.#loads.length < count) {
      while (this.#loads.length < count) this.#loads.push(this.#newLoad());
      const groups = plan.groups.map((group) => ({
        ...group,
        ...(group.intervalMs && { intervalMs: 20 }),
        ...(plan.loadGenerators && { clients: warmUpClients * plan.loadGenerators }),
      }));
      const schedule = { ...plan.schedule, ratePerSecond: 100 };
      await this.run('warm-up', { ...plan, groups, schedule, durationMs: 600 });
    }
    const loads = this.#loads.slice(0, count);
    return plan.loadGenerators ? [new DividedLoad(loads.map(localShare), localLeadMs)] : loads.map(localLoad);
  }

  /** Opens a server for each group, at the far end of the link where there is one. */
  async #openServers(
    servers: Servers,
    plan: TrialPlan,
    seed: number,
    elsewhere: Elsewhere | undefined,
  ): Promise<{ ports: number[][]; echoPort: number }> {
    const opened = await servers.open({
      groups: plan.groups.map(({ transport, server = {} }) => ({ transport, options: server })),
      ...(plan.logLimitMessages && { log: { limitMessages: plan.logLimitMessages } }),
      trace: plan.trace,
      host: elsewhere?.serverHost,
    });
    if (!plan.link) return opened;
    this.#link ??= new Child<LinkHandlers>('./link-process.ts', this.#onLost);
    const { oneWayMs, jitterMs = 0 } = plan.link;
    const near = await this.#link.call('open', {
      ports: [...opened.ports.flat(), opened.echoPort],
      oneWayMs,
      jitterMs,
      seed,
    });
    return { ports: near.slice(0, -1).map((port) => [port]), echoPort: near.at(-1) as number };
  }

  async #window(
    plan: TrialPlan,
    schedule: Schedule,
    startMs: number,
    loads: LoadGenerator[],
    servers: Servers,
    { ports, echoPort }: { ports: number[]; echoPort: number },
  ): Promise<{ played: Awaited<ReturnType<Servers['play']>>; metered: LoadMetered[] }> {
    const { durationMs, sampleEveryMs = 0, stall, outage, away, besides } = plan;
    const limitMs = durationMs + 60_000;
    const pollPort = ports[plan.groups.findIndex(({ transport }) => transport === 'short-poll')];
    const window: LoadWindow = {
      startMs,
      endMs: startMs + durationMs,
      sampleEveryMs,
      quiet: plan.ownLoadGenerators ?? false,
      publish: plan.publish,
      outage,
      overload: plan.overload,
      away,
    };
    const firstOnly: Partial<LoadWindow> = {
      ...(plan.link && { echo: { port: echoPort, seed: schedule.seed ?? 0 } }),
      ...(besides && { besides: { ...besides, url: `http://127.0.0.1:${pollPort}` } }),
    };
    const metering = loads.map((load, index) =>
      load.meter({ ...window, ...(index === 0 && firstOnly) }, limitMs),
    );
    const [played, ...metered] = await Promise.all([
      servers.play({ schedule, startMs, sampleEveryMs, stall, outage }, limitMs),
      ...metering,
    ]);
    return { played, metered };
  }

  /** Waits for the messages that are still on their way, and returns the report of each group. */
  async #drain(
    plan: TrialPlan,
    { head, lostServers }: Awaited<ReturnType<Servers['play']>>,
    loads: LoadGenerator[],
  ): Promise<GroupReport[]> {
    const published = plan.groups.reduce(
      (sum, { clients }) => sum + clients * (plan.publish?.perClient ?? 0),
      0,
    );
    const end =
      published > 0 ? await this.#server.call('settle', { head: published, limitMs: 10_000 }) : head;
    const longestIntervalMs = Math.max(0, ...plan.groups.map((group) => group.intervalMs ?? 0));
    const limitMs = 10_000 + 2 * longestIntervalMs;
    const reports = await Promise.all(
      loads.map((load) =>
        load.finish({ head: end, limitMs, giveUp: plan.giveUp ?? false }, limitMs + 30_000, lostServers),
      ),
    );
    return reports.flat();
  }
}

/** Clients of each new load generator while its code runs for the first time. */
const warmUpClients = 50;

/** Time until every process of this machine has the order to begin. */
const localLeadMs = 90;

/** A load generator in a process of this machine. */
function localLoad(child: Child<LoadHandlers>): LoadGenerator {
  return {
    leadMs: localLeadMs,
    connect: (group) => child.call('connect', group),
    meter: (window, limitMs) => child.call('meter', window, limitMs),
    finish: (end, limitMs) => child.call('finish', end, limitMs),
    disconnect: () => child.call('disconnect', undefined),
  };
}

/** All servers in one process. */
function inOneProcess(child: Child<ServerHandlers>): Servers {
  return {
    async open(wanted) {
      const { ports, echoPort } = await child.call('open', wanted);
      return { ports: ports.map((port) => [port]), echoPort };
    },
    memory: () => child.call('memory', undefined),
    play: (window, limitMs) => child.call('play', window, limitMs),
    close: () => child.call('close', undefined),
  };
}

function loadOf(loads: readonly LoadGenerator[], index: number): LoadGenerator {
  return loads[loads.length > 1 ? index : 0] as LoadGenerator;
}
