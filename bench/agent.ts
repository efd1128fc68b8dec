import { isProgram, onInterrupt } from '../servers/commands/begin.ts';
import { begin, command, exitCodes, readBroker } from '../servers/commands/command.ts';
import { workAsAgent } from './agents/agent.ts';

/**
 * `npm run agent`: offers this machine's clients to a lab on another, over the broker that both use.
 *
 * Exit codes: 0 ended by Ctrl-C; 2 the command line is wrong; 3 there is no broker. One that is lost later is
 * tried again until it is back.
 */

/** The command line, for `main` and for those who try it. */
export const agentCommand = command(
  'npm run agent --',
  'Runs clients on this machine for "npm run lab -- --agents N" on another machine.',
).requiredOption('--broker <url>', 'RabbitMQ that the lab uses: amqp://name:password@host:port', readBroker);

if (isProgram(import.meta.url)) process.exit(await main(begin(agentCommand).opts<{ broker: string }>()));

async function main({ broker: url }: { broker: string }): Promise<number> {
  const interrupt = new AbortController();
  onInterrupt(() => interrupt.abort());
  try {
    await workAsAgent({ url, onNews: console.error, signal: interrupt.signal });
    return exitCodes.ok;
  } catch (error) {
    console.error((error as Error).message);
    return exitCodes.environment;
  }
}
