import { median } from 'simple-statistics';
import { type ClassDelays, type LaneName, laneNames } from '../../clients/classroom/protocol.ts';
import { Recorder } from '../harness/recorder.ts';
import type { Member } from './members.ts';

/** Latencies of one member that are kept: the latest. */
const keptMax = 100;

/** Members that are drawn as dots of their own, per transport. */
const dotsMax = 40;

/** What is known of one member: its latest latencies, and how well it knows the server's clock. */
type Latest = { latenciesMs: number[]; uncertaintyMs: number };

/** The latencies of the members' clients since the settings last changed. */
export class ClassLatencies {
  #latest = new WeakMap<Member, Latest>();
  readonly #recorders = new Map<LaneName, Recorder>();

  /** A member's client handled messages with these latencies, by a clock known to this uncertainty. */
  enter(member: Member, uncertaintyMs: number, latenciesMs: readonly number[]): void {
    if (!member.transport || latenciesMs.length === 0) return;
    const latest = this.#latest.get(member) ?? { latenciesMs: [], uncertaintyMs };
    this.#latest.set(member, latest);
    latest.uncertaintyMs = uncertaintyMs;
    latest.latenciesMs = [...latest.latenciesMs, ...latenciesMs].slice(-keptMax);
    const recorder = this.#recorders.get(member.transport) ?? new Recorder();
    this.#recorders.set(member.transport, recorder);
    for (const latencyMs of latenciesMs) if (latencyMs > uncertaintyMs) recorder.record(latencyMs);
  }

  clear(): void {
    this.#latest = new WeakMap();
    this.#recorders.clear();
  }

  /**
   * By transport, of the members that are here. Latencies below their clock's uncertainty are left out, and so
   * is the dot of a member whose usual latency is.
   */
  delays(present: readonly Member[]): ClassDelays[] {
    return laneNames.flatMap((transport) => {
      const members = present.filter((member) => member.transport === transport);
      const recorder = this.#recorders.get(transport);
      if (members.length === 0 && !recorder) return [];
      const dots = members.flatMap((member) => this.#dotOf(member) ?? []);
      const clear = dots.filter(({ p50Ms, uncertaintyMs }) => p50Ms > uncertaintyMs);
      return [
        {
          transport,
          members: members.length,
          messages: recorder?.delay.count ?? 0,
          p50Ms: recorder?.delay.p50 ?? null,
          p95Ms: recorder?.percentile(95) ?? null,
          dots: clear.slice(0, dotsMax),
          leftOut: dots.length - clear.length,
        },
      ];
    });
  }

  #dotOf(member: Member): ClassDelays['dots'][number] | undefined {
    const latest = this.#latest.get(member);
    return latest && { p50Ms: median(latest.latenciesMs), uncertaintyMs: latest.uncertaintyMs };
  }
}
