import type { Socket } from 'node:net';
import { type LaneName, laneNames, limits } from '../../clients/classroom/protocol.ts';
import type { Gate } from '../../servers/guards/auth.ts';
import { BadInput } from '../../servers/log/message.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { Allowance } from './allowance.ts';
import { ofEveryLane } from './counts.ts';
import { isSame, newToken } from './keys.ts';

/** Somebody who came in with the join code. */
export type Member = {
  readonly number: number;
  name: string;
  readonly token: string;
  /** Pages of theirs that are connected: a moment long there may be two. */
  pages: number;
  /** Whether its page has ever connected. */
  wasHere: boolean;
  /** How they receive messages, if they do. */
  transport: LaneName | null;
  /** When they left last, or joined. */
  awaySinceMs: number;
  /** Connections of theirs to the class's servers. */
  readonly sockets: Set<Socket>;
  readonly asks: Allowance;
};

/** What one member may do to the class's servers. The answer that refuses names them. */
const requestsPerSecond = 50;
const requestsAtOnce = 200;
const connectionsAtOnce = 12;

/**
 * Wrong codes: first each address has its own, then all addresses share those of the class. Behind one router a
 * whole class has one address, and one person's typing errors must not lock out the others. A program that guesses
 * for an hour tries about 8,000 of the 2.5 million codes.
 */
const wrongCodesAtOnce = 10;
const wrongCodesPerSecond = 0.1;
const wrongCodesOfClassAtOnce = 200;
const wrongCodesOfClassPerSecond = 2;

/** Addresses whose wrong codes are remembered. */
const addressesMax = 1000;

/** A place is kept this long for a member whose page has closed: its phone may sleep. */
const placeKeptMs = 60_000;

/** Members whose tokens are remembered, those included who left. */
const rememberedMax = 1000;

/** The members of the class: who may come in, and what each may do. */
export class Members {
  readonly code: string;
  readonly #byToken = new Map<string, Member>();
  readonly #wrongCodes = new Map<string, Allowance>();
  readonly #wrongCodesOfClass = new Allowance(wrongCodesOfClassPerSecond, wrongCodesOfClassAtOnce);
  #joined = 0;

  constructor(code: string) {
    this.code = code;
  }

  /**
   * Lets somebody in. With the token of a member whose page is gone this is that member: nobody gets a second
   * vote by joining again. Throws `BadInput` on a wrong code, on too many of them, and when the class is full.
   */
  join(code: string, name: string, address: string, token: string | undefined): Member {
    this.#checkCode(code, address);
    const now = nowMs();
    const earlier = token === undefined ? undefined : this.of(token);
    if (earlier?.pages === 0) {
      Object.assign(earlier, { name, awaySinceMs: now });
      return earlier;
    }
    const all = [...this.#byToken.values()];
    const places = all.filter(({ pages, awaySinceMs }) => pages > 0 || now - awaySinceMs < placeKeptMs);
    if (places.length >= limits.members) {
      // A program may join again and again without ever opening a page: it must not take everybody's place.
      const neverHere = places.find(({ wasHere }) => !wasHere);
      if (!neverHere) throw new BadInput(`the class is full: it has at most ${limits.members} members`, 403);
      this.expel(neverHere);
    }
    if (all.length >= rememberedMax) {
      const longestAway = all.find((member) => !places.includes(member));
      if (longestAway) this.expel(longestAway);
    }
    this.#joined += 1;
    const member: Member = {
      number: this.#joined,
      name,
      token: newToken(),
      pages: 0,
      wasHere: false,
      transport: null,
      awaySinceMs: now,
      sockets: new Set(),
      asks: new Allowance(requestsPerSecond, requestsAtOnce),
    };
    this.#byToken.set(member.token, member);
    return member;
  }

  /** The member with this token. */
  of(token: string | null): Member | undefined {
    return token === null ? undefined : this.#byToken.get(token);
  }

  /** Forgets a member, and cuts what connections it has. */
  expel(member: Member): void {
    this.#byToken.delete(member.token);
    for (const socket of member.sockets) socket.destroy();
  }

  /** Those whose page is connected. */
  get present(): Member[] {
    return [...this.#byToken.values()].filter(({ pages }) => pages > 0);
  }

  /** How many of those that are there use each transport. */
  get byTransport(): Record<LaneName, number> {
    const present = this.present;
    return ofEveryLane((name) => present.filter(({ transport }) => transport === name).length);
  }

  /** The transport that the fewest have. */
  get rarestTransport(): LaneName {
    const by = this.byTransport;
    return laneNames.toSorted((a, b) => by[a] - by[b])[0] as LaneName;
  }

  /** The gate of the class's servers: members come in, each within its limits. */
  gate(allowsOrigin: (origin: string) => boolean): Gate {
    return {
      allowsOrigin,
      admit: (token, socket) => {
        const member = this.of(token);
        if (!member) throw new BadInput('unknown token: join with the code first', 403);
        this.#checkUse(member, socket);
      },
    };
  }

  #checkUse(member: Member, socket: Socket): void {
    if (!member.asks.take(nowMs()))
      throw new BadInput(`too many requests: expected at most ${requestsPerSecond} per second`, 429);
    if (member.sockets.has(socket)) return;
    if (member.sockets.size >= connectionsAtOnce)
      throw new BadInput(
        `too many connections: expected at most ${connectionsAtOnce} at once per member`,
        429,
      );
    member.sockets.add(socket);
    socket.once('close', () => member.sockets.delete(socket));
  }

  #checkCode(code: string, address: string): void {
    const now = nowMs();
    const own = this.#wrongCodes.get(address) ?? new Allowance(wrongCodesPerSecond, wrongCodesAtOnce);
    const allowance = [own, this.#wrongCodesOfClass].find((one) => one.has(now));
    // Nobody learns from this answer whether the code was right.
    if (!allowance)
      throw new BadInput(
        `too many wrong codes from ${address}: wait ${1 / wrongCodesPerSecond} s and try again`,
        429,
      );
    if (isSame(code.trim().toUpperCase(), this.code)) return;
    allowance.take(now);
    this.#wrongCodes.delete(address);
    this.#wrongCodes.set(address, own);
    const [oldest] = this.#wrongCodes.keys();
    if (oldest !== undefined && this.#wrongCodes.size > addressesMax) this.#wrongCodes.delete(oldest);
    throw new BadInput(`wrong code "${code}": expected the code on the screen`, 403);
  }
}
