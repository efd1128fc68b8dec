import { networkInterfaces } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import open from 'open';
import { renderUnicodeCompact } from 'uqr';
import { Classroom } from './classroom.ts';

/**
 * The classroom's command: `npm run classroom`. See `--help`.
 *
 * Exit codes: 0 ended; 2 the command line is wrong; 3 this machine cannot run it; 130 interrupted.
 */
const exitCodes = { ok: 0, usage: 2, environment: 3, interrupted: 130 } as const;

type Options = { lan?: boolean; port: number; open?: boolean };

const command = new Command('npm run classroom --')
  .description('Push against polling, live on a projector, with the class as predictors and as load.')
  .option('--lan', 'let phones of this network join; otherwise only this machine can')
  .option('--port <number>', 'the page’s port; the class’s servers take the four after it', readPort, 8088)
  .option('--open', 'open the page in a browser (default: on a terminal)')
  .option('--no-open', 'do not')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage));

await main(command.parse().opts<Options>());

async function main({ lan, port, open: opens }: Options): Promise<void> {
  const lanAddress = lan ? addressInNetwork() : undefined;
  if (lan && !lanAddress)
    fail(exitCodes.environment, 'this machine has no address in a network: connect it, or leave out --lan');
  const classroom = await Classroom.open({ port, lanAddress }).catch((error) =>
    fail(exitCodes.environment, whyNot(error)),
  );

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, async () => {
      await classroom.close();
      process.exit(exitCodes.interrupted);
    });

  console.log(`projector  ${classroom.presenterUrl}`);
  console.log(`members    ${classroom.joinUrl}   code ${classroom.access.members.code}`);
  if (lanAddress)
    console.error(`\n${renderUnicodeCompact(`${classroom.joinUrl}#${classroom.access.members.code}`)}`);
  console.error('Ctrl-C ends the class.');
  if (opens ?? process.stdout.isTTY) await open(classroom.presenterUrl);
}

/** The first address of this machine that others of its network can reach. */
function addressInNetwork(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}

function whyNot({ code, port, message }: NodeJS.ErrnoException & { port?: number }): string {
  return code === 'EADDRINUSE' || code === 'EACCES'
    ? `port ${port} ${code === 'EADDRINUSE' ? 'is taken' : 'is not for everybody'} (${code}): name another with --port`
    : message;
}

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_531) return Number(text);
  throw new InvalidArgumentError(
    'It takes the first of five free ports, 1 to 65531, or 0 for any free ones.',
  );
}

function fail(exitCode: number, reason: string): never {
  console.error(reason.replaceAll(/\s+/g, ' '));
  process.exit(exitCode);
}
