import type { ServerName } from '../../../servers/serve.ts';
import { serveCalls } from '../../harness/child.ts';
import { Attacker, attacksOn } from './attacks.ts';

/** The process that attacks, so that its work is nobody else's. */
export type AttackerHandlers = {
  /** Strikes at a server with everything that makes sense there, so many times a second in all. */
  start(order: { server: ServerName; port: number; perSecond: number }): void;
  /** Ends it, and says how often it struck. */
  stop(): Promise<number>;
};

let attacker: Attacker | undefined;

const handlers: AttackerHandlers = {
  start({ server, port, perSecond }) {
    attacker = new Attacker(port);
    attacker.strikeOn(attacksOn(server), perSecond);
  },
  async stop() {
    await attacker?.stop();
    return attacker?.strikes ?? 0;
  },
};

serveCalls(handlers);
