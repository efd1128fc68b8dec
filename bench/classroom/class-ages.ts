import { median } from 'simple-statistics';
import { type ClassDelays, type LaneName, laneNames } from '../../clients/classroom/protocol.ts';
import type { Recorder } from '../harness/recorder.ts';
import type { Member } from './members.ts';

/** Ages of one member that are kept: the latest. */
const agesKept = 100;

/** Members that are drawn as dots of their own, per transport. */
const dotsMax = 40;

/** What is known of one member's clock and messages. */
type Latest = { ages: number[]; uncertaintyMs: number };

/** The class's delays as the projector shows them, since the settings last changed. */
export class ClassAges {
  readonly #latest = new Map<Member, Latest>();

  /** A member handled a message at this age, by a clock that is so uncertain. */
  enter(member: Member, ageMs: number, uncertaintyMs: number): void {
    const latest = this.#latest.get(member) ?? { ages: [], uncertaintyMs };
    this.#latest.set(member, latest);
    latest.uncertaintyMs = uncertaintyMs;
    latest.ages.push(ageMs);
    if (latest.ages.length > agesKept) latest.ages.shift();
  }

  clear(): void {
    this.#latest.clear();
  }

  /**
   * By transport, of the members that are there. `delaysOf` are those that are more than their clock's
   * uncertainty; a member whose usual delay is not is left out, and counted.
   */
  delays(present: readonly Member[], delaysOf: (transport: LaneName) => Recorder | undefined): ClassDelays[] {
    return laneNames.flatMap((transport) => {
      const members = present.filter((member) => member.transport === transport);
      const delays = delaysOf(transport);
      if (members.length === 0 && !delays) return [];
      const dots = members.flatMap((member) => this.#dotOf(member) ?? []);
      const clear = dots.filter(({ p50Ms, uncertaintyMs }) => p50Ms > uncertaintyMs);
      return [
        {
          transport,
          members: members.length,
          messages: delays?.delay.count ?? 0,
          p50Ms: delays?.delay.p50 ?? null,
          p95Ms: delays?.percentile(95) ?? null,
          dots: clear.slice(0, dotsMax),
          leftOut: dots.length - clear.length,
        },
      ];
    });
  }

  #dotOf(member: Member): ClassDelays['dots'][number] | undefined {
    const latest = this.#latest.get(member);
    return latest && { p50Ms: median(latest.ages), uncertaintyMs: latest.uncertaintyMs };
  }
}
