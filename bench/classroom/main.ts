import { InvalidArgumentError } from 'commander';
import { renderUnicodeCompact } from 'uqr';
import { fail, isProgram, onInterrupt } from '../../servers/commands/begin.ts';
import { begin, command, exitCodes, firstPortOf, readPath } from '../../servers/commands/command.ts';
import { openPage } from '../../servers/commands/open-page.ts';
import { listenProblem } from '../../servers/commands/problems.ts';
import { Classroom } from './classroom.ts';
import { isAddress, Lan } from './network.ts';

/**
 * The classroom's command: `npm run classroom`. See `--help`.
 *
 * Exit codes: 2 the command line is wrong; 3 this machine cannot run it; 130 ended by Ctrl-C, which is how a
 * class ends.
 */
type Options = { lan?: true | string; port: number; out?: string; open?: boolean };

/** The command line, for `main` and for those who try it. */
export const classroomCommand = command(
  'npm run classroom --',
  'Starts the live page for a class: students predict, vote, and join with their phones.',
)
  .option(
    '--lan [address]',
    'let phones join at this address (default: an address that phones can probably reach)',
    readAddress,
  )
  .option(
    '--port <number>',
    'port of the page; the servers use the next four ports',
    firstPortOf(5, 8088),
    8088,
  )
  .option('--out <folder>', 'folder for the saved lessons (default: report/runs)', readPath)
  .option('--open', 'open the page in a browser (default: on a terminal)')
  .option('--no-open', 'do not open a browser');

/** How often the addresses of this machine are read again. */
const lookEveryMs = 3000;

if (isProgram(import.meta.url)) await main(begin(classroomCommand).opts<Options>());

async function main({ lan: wanted, port, out, open: opens }: Options): Promise<void> {
  const lan = wanted === undefined ? undefined : new Lan(wanted === true ? undefined : wanted);
  await lan?.refresh();
  if (lan && !lan.address)
    fail(
      exitCodes.environment,
      'This machine has no network address: connect it to a network, or leave out --lan.',
    );
  const classroom = await Classroom.open({
    port,
    network: lan,
    runsFolder: out,
  }).catch((error) => fail(exitCodes.environment, listenProblem(error)));
  const following = lan && setInterval(follower(lan, classroom), lookEveryMs);
  onInterrupt(async () => {
    clearInterval(following);
    await classroom.close();
    process.exit(exitCodes.interrupted);
  });
  const { front } = classroom;
  console.log(`projector  ${front.presenterUrl}`);
  printHowToJoin(classroom, lan);
  console.error('Press Ctrl-C to stop the classroom.');
  if (opens ?? process.stdout.isTTY) await openPage(front.presenterUrl);
}

/** The laptop of a class may change networks: terminal and projector then show the new address. */
function follower(lan: Lan, classroom: Classroom): () => Promise<void> {
  let shown = lan.address;
  return async () => {
    await lan.refresh();
    if (lan.address === shown) return;
    shown = lan.address;
    if (shown === undefined) {
      console.error(
        'This machine has lost its network: phones cannot join until this machine is connected again.',
      );
      return;
    }
    console.error('The address of this machine has changed.');
    printHowToJoin(classroom, lan);
    classroom.front.tellJoin();
  };
}

function printHowToJoin({ front }: Classroom, lan: Lan | undefined): void {
  const { code } = front.access.members;
  console.log(`members    ${front.joinUrl}  code ${code}`);
  if (!lan) return;
  const used = new URL(front.joinUrl).hostname;
  const others = lan.addresses.filter(({ address }) => address !== used);
  if (!lan.addresses.some(({ address }) => address === used))
    console.log(
      `           this machine does not have the address ${used}. Phones can join only if a router or a port mapping forwards the five ports.`,
    );
  for (const { name, address } of others)
    console.log(
      `           or http://${address}:${front.port}/join (${name}): start with --lan ${address} to show this address on the projector`,
    );
  console.log(`\n${renderUnicodeCompact(`${front.joinUrl}#${code}`)}\n`);
}

function readAddress(text: string): string {
  if (isAddress(text)) return text;
  throw new InvalidArgumentError('Expected an IPv4 address of this machine, such as 192.168.1.23.');
}
