import { Command } from 'commander';
import { beginCommand, isProgram, onInterrupt } from '../servers/commands/begin.ts';
import { parseRabbitUrl } from '../servers/source/rabbit-address.ts';
import { workAsAgent } from './agents/agent.ts';

/**
 * `npm run agent`: offers this machine's clients to a lab on another, over the broker that both use.
 *
 * Exit codes: 0 ended by Ctrl-C; 2 the command line is wrong; 3 there is no broker. One that is lost later is
 * tried again until it is back.
 */
const exitCodes = { ok: 0, usage: 2, environment: 3 } as const;

/** The command line, for `main` and for those who try it. */
export const agentCommand = new Command('npm run agent --')
  .description('Runs clients on this machine for "npm run lab -- --agents N" on another.')
  .requiredOption('--broker <url>', 'RabbitMQ that the lab uses: amqp://name:password@host:port')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage));

if (isProgram(import.meta.url)) {
  beginCommand(agentCommand.name(), agentCommand.options);
  process.exit(await main(agentCommand.parse().opts<{ broker: string }>()));
}

async function main({ broker: url }: { broker: string }): Promise<number> {
  try {
    parseRabbitUrl(url);
  } catch (error) {
    console.error(`Invalid --broker: ${(error as Error).message}`);
    return exitCodes.usage;
  }
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
