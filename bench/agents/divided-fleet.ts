import type { Fleet, FleetEnd } from '../harness/fleet.ts';
import type { FleetGroup, FleetReport } from '../harness/group.ts';
import type { LostServer } from '../harness/servers.ts';
import type { Phases } from '../harness/trial-result.ts';
import type { Shard } from '../result.ts';
import type { Agents } from './agents.ts';
import type { AnswerTo } from './answers.ts';
import { type ClockReading, uncertaintyBetween } from './clock.ts';
import { mergedMetered, mergedReport, type ShardReport, sharesOf, withoutServer } from './shards.ts';

/** One agent in one trial. */
type Part = { agent: string; clock: ClockReading; clients: number[]; lost?: string };

/**
 * The clients of a trial, divided among agents. An instant is converted on its way by what was read of the
 * agent's clock at the start of the trial. Who fails before it has clients is left out of it; who is lost
 * after that is named, and the others go on.
 */
export class DividedFleet implements Fleet {
  /** An order has to go through the broker first. */
  readonly leadMs = 500;
  readonly #agents: Agents;
  #parts: Part[] = [];
  /** Over how many servers they are spread. */
  #servers = 1;

  constructor(agents: Agents) {
    this.#agents = agents;
  }

  /** Begins a trial with those that live, and those that are back: clears what one before may have left, and reads their clocks. */
  async begin(): Promise<void> {
    await this.#agents.takeUp();
    const begun = await Promise.all(
      this.#agents.names.map(async (agent): Promise<Part[]> => {
        try {
          await this.#agents.call(agent, 'disconnect', null);
          return [{ agent, clock: await this.#agents.clockOf(agent), clients: [] }];
        } catch (error) {
          this.#agents.leaveOut(agent, (error as Error).message);
          return [];
        }
      }),
    );
    this.#parts = begun.flat();
    if (this.#parts.length === 0) throw new Error('all agents are lost');
  }

  async connect({ clients: wanted, ...group }: FleetGroup, ports: readonly number[]): Promise<Phases> {
    this.#servers = ports.length;
    const shares = sharesOf(wanted, this.#parts.length);
    for (const [index, { clients }] of this.#parts.entries()) clients.push(shares[index] as number);
    const all = await this.#ask(async ({ agent, clock, clients }, index) => {
      const shard = {
        ...group,
        host: group.host ?? '127.0.0.1',
        port: ports[this.#serverOf(index)],
        clients: clients.at(-1),
        // Otherwise the clients of all agents would have the same phases.
        seed: group.seed + index,
        clockOffsetMs: clock.offsetMs,
      };
      const { originMs, phasesMs } = await this.#agents.call(agent, 'connect', shard as never);
      return phasesMs.map((phaseMs) => originMs - clock.offsetMs + phaseMs);
    });
    return { originMs: 0, phasesMs: all.flatMap((phasesMs) => phasesMs ?? []) };
  }

  async meter({ startMs, endMs, ...window }: Parameters<Fleet['meter']>[0], limitMs: number) {
    const { sampleEveryMs, quiet, away, outage } = window;
    const metered = await this.#ask(({ agent, clock: { offsetMs } }) =>
      this.#agents.call(
        agent,
        'meter',
        { sampleEveryMs, quiet, away, outage, startMs: startMs + offsetMs, endMs: endMs + offsetMs },
        limitMs,
      ),
    );
    return mergedMetered(metered.filter((each) => each !== undefined));
  }

  async finish(
    end: FleetEnd,
    limitMs: number,
    lostServers: readonly LostServer[] = [],
  ): Promise<FleetReport[]> {
    const serverLostTo = (index: number) =>
      lostServers.find(({ server }) => server === this.#serverOf(index));
    const groups = this.#parts[0]?.clients.length ?? 0;
    const finished = await this.#ask(async ({ agent }, index) => {
      // Nobody waits for what no server is going to bring.
      const own = serverLostTo(index) ? { ...end, limitMs: 0 } : end;
      const answer = await this.#agents.call(agent, 'finish', own, limitMs);
      const counts = [answer.reports.length, answer.recordings.length];
      if (counts.some((count) => count !== groups))
        throw new Error(`response of ${agent} to "finish" has ${counts.join(' and ')} of ${groups} groups`);
      return answer;
    });
    const later = await this.#ask(({ agent }) => this.#agents.clockOf(agent));
    return Array.from({ length: groups }, (_, group) => {
      const reports = this.#parts.map(({ clock }, index) => {
        const report = reportOf(finished[index], group, clock);
        return report && serverLostTo(index) ? withoutServer(report) : report;
      });
      const shards = this.#parts.map(({ agent, clock, clients, lost }, index): Shard => {
        const after = later[index];
        const [report, lostServer] = [reports[index]?.report, serverLostTo(index)];
        return {
          agent,
          clients: clients[group] as number,
          clockOffsetMs: clock.offsetMs,
          clockUncertaintyMs: after ? uncertaintyBetween(clock, after) : clock.uncertaintyMs,
          ...(lost && !report && { lost }),
          ...(lostServer && report && { lost: lostServer.why, missed: report.books.missed }),
        };
      });
      return mergedReport(shards, reports, end.head);
    });
  }

  async disconnect(): Promise<void> {
    await this.#ask(({ agent }) => this.#agents.call(agent, 'disconnect', null));
  }

  /** The server that the clients of a part have. */
  #serverOf(index: number): number {
    return index % this.#servers;
  }

  /** Asks every agent that has not been lost in this trial; whoever fails now has been. */
  #ask<Value>(order: (part: Part, index: number) => Promise<Value>): Promise<(Value | undefined)[]> {
    return Promise.all(
      this.#parts.map(async (part, index) => {
        if (part.lost) return undefined;
        try {
          return await order(part, index);
        } catch (error) {
          part.lost = (error as Error).message;
          return undefined;
        }
      }),
    );
  }
}

/** What an agent says of one group, with instants by this machine's clock. */
function reportOf(
  finished: AnswerTo<'finish'> | undefined,
  group: number,
  { offsetMs }: ClockReading,
): ShardReport | undefined {
  const [report, recordings] = [finished?.reports[group], finished?.recordings[group]];
  if (!report || !recordings) return undefined;
  const handled = report.handled?.map(({ seq, dueMs, atMs }) => ({
    seq,
    dueMs: dueMs - offsetMs,
    atMs: atMs - offsetMs,
  }));
  return { report: { ...report, ...(handled && { handled }) }, recordings };
}
