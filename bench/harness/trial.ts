import { transportNames } from '../../clients/transports.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Schedule } from '../../servers/source/schedule.ts';
import type { Agents } from '../agents/agents.ts';
import { DividedFleet } from '../agents/divided-fleet.ts';
import { canBeDivided } from '../agents/shards.ts';
import type { SharedServers } from '../agents/shared-servers.ts';
import type { CapacityPlan, GroupPlan, ProbePlan, TrialPlan } from '../experiment.ts';
import type { Capacity, Probe, Trial } from '../result.ts';
import { Child } from './child.ts';
import { type Fleet, localFleet, severalFleets } from './fleet.ts';
import type { FleetHandlers, FleetMetered } from './fleet-process.ts';
import type { FleetReport } from './group.ts';
import type { LinkHandlers } from './link-process.ts';
import { pathTrials } from './paths/path-trials.ts';
import type { PathsHandlers, PathsPlan } from './paths/paths-process.ts';
import { type RoomPlan, runRoom } from './rooms/room.ts';
import type { ServerHandlers, ServerLosses, ServerTrace } from './server-process.ts';
import { oneProcess, type Servers } from './servers.ts';
import { type Metered, type Phases, trialOf } from './trial-result.ts';

/**
 * Agents that the clients of trials are divided among, the address of this machine at which they find its
 * servers, and those servers where they are several with one source.
 */
export type Elsewhere = { agents: Agents; serverHost: string; servers?: SharedServers };

/**
 * A server process, fleet processes, and the trials that run in them; a link process where there is distance.
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
  /** One fleet as a rule; a trial may want one for each group. */
  readonly #fleets: Child<FleetHandlers>[];
  #link: Child<LinkHandlers> | undefined;
  #paths: Child<PathsHandlers> | undefined;
  readonly #divided: DividedFleet | undefined;
  readonly #serverHost: string | undefined;
  readonly #sharedServers: SharedServers | undefined;

  /** With agents, those trials that can be divided are. */
  constructor(elsewhere?: Elsewhere) {
    this.lost = new Promise((resolve) => {
      this.#onLost = resolve;
    });
    this.#server = new Child<ServerHandlers>('./server-process.ts', this.#onLost);
    this.#fleets = [this.#newFleet()];
    this.#divided = elsewhere && new DividedFleet(elsewhere.agents);
    this.#serverHost = elsewhere?.serverHost;
    this.#sharedServers = elsewhere?.servers;
  }

  /** How the first of its processes ended, when one has. */
  get ended(): Error | undefined {
    const processes = [this.#server, ...this.#fleets, this.#link, this.#paths];
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

  /** Runs one trial. One entry per group; they differ in `transport` or parameters and share `together`. */
  async run(experiment: string, plan: TrialPlan, seed = 0): Promise<Trial[]> {
    const schedule: Schedule = { ...plan.schedule, durationMs: plan.durationMs, seed: seed + plan.repeat };
    const fleets = await this.#fleetsFor(plan);
    const servers = this.#serversFor(plan);
    const memoryBefore = plan.measureMemory ? await servers.memory() : 0;
    const { ports, echoPort } = await this.#openServers(servers, plan, schedule.seed ?? 0);
    const phases: Phases[] = [];
    for (const [index, group] of plan.groups.entries()) {
      const own = ports[index] as number[];
      const wanted = {
        ...fleetGroup(plan, group, own[0] as number, schedule.seed ?? 0),
        host: this.#hostFor(plan),
      };
      phases.push(await fleetOf(fleets, index).connect(wanted, own));
    }
    const memoryAfter = plan.measureMemory ? await servers.memory() : 0;

    const startMs = nowMs() + fleetOf(fleets, 0).leadMs;
    const { played, metered } = await this.#window(plan, schedule, startMs, fleets, servers, {
      ports: ports.map(([first]) => first as number),
      echoPort,
    });
    const reports = await this.#drain(plan, played, fleets);
    const traces = plan.trace ? await this.#server.call('trace', undefined) : undefined;
    for (const fleet of fleets) await fleet.disconnect();
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
        phases: phases[index] as Phases,
        played,
        losses: losses[index] as ServerLosses,
        metered: meteredOf(metered, index),
        oneWay: metered[0]?.oneWay,
        report: reports[index] as FleetReport,
        trace: traces?.[index] as ServerTrace | undefined,
        memoryBytes,
        servers: servers === this.#sharedServers ? this.#sharedServers.count : undefined,
      }),
    );
  }

  /** Measures how many polls per second the short-poll server answers when it is asked as fast as it can. */
  async capacity(experiment: string, plan: CapacityPlan): Promise<Capacity> {
    const { ports } = await this.#server.call('open', {
      groups: [{ transport: 'short-poll', options: {} }],
    });
    const url = `http://127.0.0.1:${ports[0]}/messages`;
    const measured = await this.#firstFleet.call('capacity', { url, ...plan }, plan.durationMs + 30_000);
    await this.#server.call('close', undefined);
    return { experiment, transport: 'short-poll', connections: plan.connections, ...measured };
  }

  /** Measures something that is no trial. */
  async probe(experiment: string, { name, durationMs }: ProbePlan): Promise<Probe[]> {
    const probed = await this.#firstFleet.call(name, { durationMs }, durationMs + 30_000);
    return probed.map((probe) => ({ experiment, ...probe }));
  }

  /** Tries every transport on hostile paths. `undefined` where the proxy isn't installed. */
  async paths(experiment: string, plan: PathsPlan, repeat: number): Promise<Trial[] | undefined> {
    this.#paths ??= new Child<PathsHandlers>('./paths/paths-process.ts', this.#onLost);
    const limitMs = plan.connectLimitMs + plan.messages * plan.intervalMs + plan.drainMs;
    const cells = await this.#paths.call('tryAll', plan, limitMs + 30_000);
    return cells && pathTrials(experiment, plan, repeat, cells);
  }

  /** Opens a chat room and lets people in. */
  room(experiment: string, plan: RoomPlan): Promise<Probe> {
    return runRoom(experiment, plan, this.#server, this.#firstFleet);
  }

  /** Ends all processes at once. */
  kill(): void {
    this.#server.kill();
    for (const fleet of this.#fleets) fleet.kill();
    this.#link?.kill();
    this.#paths?.kill();
    this.#sharedServers?.kill();
  }

  #newFleet(): Child<FleetHandlers> {
    return new Child<FleetHandlers>('./fleet-process.ts', this.#onLost);
  }

  get #firstFleet(): Child<FleetHandlers> {
    return this.#fleets[0] as Child<FleetHandlers>;
  }

  /** Where the servers of a trial listen. */
  #hostFor(plan: TrialPlan): string | undefined {
    return this.#divided && canBeDivided(plan) ? this.#serverHost : undefined;
  }

  #serversFor(plan: TrialPlan): Servers {
    const shared = canBeDivided(plan) ? this.#sharedServers : undefined;
    return shared ?? oneProcess(this.#server);
  }

  /** The fleets of a trial: the one that is there, the agents', one for each group, or several for all. Those that are new run their code once before. */
  async #fleetsFor(plan: TrialPlan): Promise<Fleet[]> {
    if (this.#divided && canBeDivided(plan)) {
      await this.#divided.begin();
      return [this.#divided];
    }
    const count = plan.ownFleets ? plan.groups.length : (plan.fleets ?? 1);
    if (this.#fleets.length < count) {
      while (this.#fleets.length < count) this.#fleets.push(this.#newFleet());
      const groups = plan.groups.map((group) => ({
        ...group,
        ...(group.intervalMs && { intervalMs: 20 }),
        ...(plan.fleets && { clients: warmUpClients * plan.fleets }),
      }));
      const schedule = { ...plan.schedule, ratePerSecond: 100 };
      await this.run('warm-up', { ...plan, groups, schedule, durationMs: 600 });
    }
    const fleets = this.#fleets.slice(0, count);
    return plan.fleets ? [severalFleets(fleets)] : fleets.map(localFleet);
  }

  /** Opens a server for each group, at the far end of the link where there is one. */
  async #openServers(
    servers: Servers,
    plan: TrialPlan,
    seed: number,
  ): Promise<{ ports: number[][]; echoPort: number }> {
    const opened = await servers.open({
      groups: plan.groups.map(({ transport, server = {} }) => ({ transport, options: server })),
      ...(plan.logLimitMessages && { log: { limitMessages: plan.logLimitMessages } }),
      trace: plan.trace,
      host: this.#hostFor(plan),
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
    fleets: Fleet[],
    servers: Servers,
    { ports, echoPort }: { ports: number[]; echoPort: number },
  ): Promise<{ played: Awaited<ReturnType<Servers['play']>>; metered: FleetMetered[] }> {
    const {
      durationMs,
      sampleEveryMs = 0,
      stall,
      outage,
      away,
      overload,
      publish,
      besides,
      link,
      ownFleets,
    } = plan;
    const limitMs = durationMs + 60_000;
    const pollPort = ports[plan.groups.findIndex(({ transport }) => transport === 'short-poll')];
    const metering = fleets.map((fleet, index) =>
      fleet.meter(
        {
          startMs,
          endMs: startMs + durationMs,
          sampleEveryMs,
          quiet: ownFleets ?? false,
          publish,
          outage,
          overload,
          ...(away && { away: { ...away, replays: plan.groups.map(({ replay = true }) => replay) } }),
          ...(link && index === 0 && { echo: { port: echoPort, seed: schedule.seed ?? 0 } }),
          ...(besides && index === 0 && { besides: { ...besides, url: `http://127.0.0.1:${pollPort}` } }),
        },
        limitMs,
      ),
    );
    const [played, ...metered] = await Promise.all([
      servers.play({ schedule, startMs, sampleEveryMs, stall, outage }, limitMs),
      ...metering,
    ]);
    return { played, metered };
  }

  /** Waits for what is still on its way, and hears what arrived. */
  async #drain(
    plan: TrialPlan,
    { head, lostServers }: Awaited<ReturnType<Servers['play']>>,
    fleets: Fleet[],
  ): Promise<FleetReport[]> {
    const published = plan.groups.reduce(
      (sum, { clients }) => sum + clients * (plan.publish?.perClient ?? 0),
      0,
    );
    const end =
      published > 0 ? await this.#server.call('settle', { head: published, limitMs: 10_000 }) : head;
    const longestIntervalMs = Math.max(0, ...plan.groups.map((group) => group.intervalMs ?? 0));
    const limitMs = 10_000 + 2 * longestIntervalMs;
    const reports = await Promise.all(
      fleets.map((fleet) =>
        fleet.finish({ head: end, limitMs, giveUp: plan.giveUp ?? false }, limitMs + 30_000, lostServers),
      ),
    );
    return reports.flat();
  }
}

/** Clients of each new fleet process while its code runs for the first time. */
const warmUpClients = 50;

function fleetOf(fleets: readonly Fleet[], index: number): Fleet {
  return fleets[fleets.length > 1 ? index : 0] as Fleet;
}

/** What the fleet of a group says of it: one fleet speaks of all groups, or each of its own. */
function meteredOf(fleets: readonly FleetMetered[], index: number): Metered {
  const own = fleets.length > 1;
  const { samples, missedSlots, ...fleet } = fleets[own ? index : 0] as FleetMetered;
  const place = own ? 0 : index;
  return { ...fleet, samples: samples[place] as Metered['samples'], missedSlots: missedSlots[place] ?? 0 };
}

function fleetGroup(plan: TrialPlan, group: GroupPlan, port: number, seed: number) {
  const { transport, clients, slowClients = 0, handlingMs = 0, intervalMs = 0 } = group;
  const {
    slowBy = 'pause',
    contract = 'every',
    keepAlive = true,
    backoff = 'jittered',
    inPhase = false,
  } = group;
  return {
    transport,
    port,
    clients,
    slowClients,
    handlingMs,
    slowBy,
    contract,
    keepAlive,
    intervalMs,
    backoff,
    credit: group.credit,
    inPhase,
    traced: plan.trace ?? false,
    seed,
  };
}
