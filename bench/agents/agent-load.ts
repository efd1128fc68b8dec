import { DividedLoad, type LoadShare, type ShardReport } from '../harness/divided-load.ts';
import type { ClientGroup, GroupReport } from '../harness/group.ts';
import type { LoadEnd, LoadWindow } from '../harness/load-generator.ts';
import type { LostServer } from '../harness/server-process.ts';
import type { Shard } from '../result.ts';
import type { Agents } from './agents.ts';
import { type ClockReading, uncertaintyBetween } from './clock.ts';

/** A command has to go through the broker first. */
const leadMs = 500;

/** Begins a trial with the agents that live, and with those that are back: clears their clients, and reads their clocks. */
export async function dividedAmong(agents: Agents): Promise<DividedLoad> {
  await agents.takeUp();
  const begun = await Promise.all(
    agents.names.map(async (agent) => {
      try {
        await agents.call(agent, 'disconnect', null);
        return [new AgentShare(agents, agent, await agents.clockOf(agent))];
      } catch (error) {
        agents.leaveOut(agent, (error as Error).message);
        return [];
      }
    }),
  );
  if (begun.flat().length === 0) throw new Error('all agents are lost');
  return new DividedLoad(begun.flat(), leadMs);
}

/**
 * One agent in one trial. Instants are converted by the clock offset at the start of the trial. An agent that
 * fails in the middle is lost: it is named, and the others go on.
 */
class AgentShare implements LoadShare {
  readonly #agents: Agents;
  readonly #agent: string;
  readonly #clock: ClockReading;
  /** Its clients in each group. */
  readonly #clients: number[] = [];
  #later: ClockReading | undefined;
  #lost: string | undefined;

  constructor(agents: Agents, agent: string, clock: ClockReading) {
    this.#agents = agents;
    this.#agent = agent;
    this.#clock = clock;
  }

  connect(group: ClientGroup, port: number) {
    this.#clients.push(group.clients);
    const { offsetMs } = this.#clock;
    return this.#unlessLost(async () => {
      const shard = { ...group, host: group.host ?? '127.0.0.1', port, clockOffsetMs: offsetMs };
      const { originMs, phasesMs } = await this.#agents.call(this.#agent, 'connect', shard as never);
      return { originMs: originMs - offsetMs, phasesMs };
    });
  }

  meter({ startMs, endMs, sampleEveryMs, quiet, away, outage }: LoadWindow, limitMs: number) {
    const { offsetMs } = this.#clock;
    const window = {
      sampleEveryMs,
      quiet,
      away,
      outage,
      startMs: startMs + offsetMs,
      endMs: endMs + offsetMs,
    };
    return this.#unlessLost(async () => {
      const metered = await this.#agents.call(this.#agent, 'meter', window, limitMs);
      this.#expectGroups('meter', metered.samples, metered.asked);
      return metered;
    });
  }

  async finish(end: LoadEnd, limitMs: number, lostServer?: LostServer) {
    const finished = await this.#unlessLost(async () => {
      // Nobody waits for messages of a lost server.
      const own = lostServer ? { ...end, limitMs: 0 } : end;
      const { reports, recordings } = await this.#agents.call(this.#agent, 'finish', own, limitMs);
      this.#expectGroups('finish', reports, recordings);
      return reports.map((report, group) => ({
        report: this.#withOwnInstants(report),
        recordings: recordings[group] as ShardReport['recordings'],
      }));
    });
    this.#later = await this.#unlessLost(() => this.#agents.clockOf(this.#agent));
    return finished;
  }

  disconnect() {
    return this.#unlessLost(() => this.#agents.call(this.#agent, 'disconnect', null));
  }

  shardOf(group: number, report: GroupReport | undefined, lostServer?: LostServer): Shard {
    const { offsetMs, uncertaintyMs } = this.#clock;
    return {
      agent: this.#agent,
      clients: this.#clients[group] as number,
      clockOffsetMs: offsetMs,
      clockUncertaintyMs: this.#later ? uncertaintyBetween(this.#clock, this.#later) : uncertaintyMs,
      ...(this.#lost && !report && { lost: this.#lost }),
      ...(lostServer && report && { lost: lostServer.why, missed: report.books.missed }),
    };
  }

  /** Its report with instants by this machine's clock. */
  #withOwnInstants<Report extends Pick<GroupReport, 'handled'>>(report: Report): Report {
    const { offsetMs } = this.#clock;
    const handled = report.handled?.map(({ seq, dueMs, atMs }) => ({
      seq,
      dueMs: dueMs - offsetMs,
      atMs: atMs - offsetMs,
    }));
    return { ...report, ...(handled && { handled }) };
  }

  /** An agent that reports another number of groups than it has is lost. */
  #expectGroups(order: string, ...lists: (readonly unknown[])[]): void {
    const counts = lists.map(({ length }) => length);
    if (counts.some((count) => count !== this.#clients.length))
      throw new Error(
        `response of ${this.#agent} to "${order}" has ${counts.join(' and ')} of ${this.#clients.length} groups`,
      );
  }

  async #unlessLost<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
    if (this.#lost !== undefined) return undefined;
    try {
      return await ask();
    } catch (error) {
      this.#lost = (error as Error).message;
      return undefined;
    }
  }
}
