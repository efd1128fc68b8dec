import type { ServerName } from '../../../servers/serve.ts';
import { type Handlers, serveCalls } from '../../harness/child.ts';
import { Attacker, attacksOn } from './attacks.ts';

/** The process of an attacker, so that its CPU is not the server's or the client's. */
let attacker: Attacker | undefined;

/** Strikes at a server with every attack that makes sense for it, `perSecond` times in total. */
function start(order: { server: ServerName; port: number; perSecond: number }): void {
  attacker = new Attacker(order.port);
  attacker.strikeOn(attacksOn(order.server), order.perSecond);
}

/** Stops, and returns the number of strikes. */
async function stop(): Promise<number> {
  await attacker?.stop();
  return attacker?.strikes ?? 0;
}

const handlers = { start, stop } satisfies Handlers;

export type AttackerHandlers = typeof handlers;

serveCalls(handlers);
