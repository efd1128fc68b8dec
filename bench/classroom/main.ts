import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { renderUnicodeCompact } from 'uqr';
import type { Recording } from '../../clients/classroom/protocol.ts';
import { beginCommand, onInterrupt } from '../../servers/commands/begin.ts';
import { openPage } from '../../servers/commands/open-page.ts';
import { listenProblem } from '../../servers/commands/problems.ts';
import { Classroom } from './classroom.ts';
import { parseRecording } from './recording.ts';
import { Replay } from './replay.ts';

/**
 * The classroom's command: `npm run classroom`. See `--help`.
 *
 * Exit codes: 2 the command line is wrong, or the recording damaged or foreign; 3 this machine cannot run it;
 * 130 ended by Ctrl-C, which is how a class ends.
 */
const exitCodes = { ok: 0, usage: 2, environment: 3, interrupted: 130 } as const;

type Options = { lan?: boolean; port: number; open?: boolean; replay?: string };

/** The command line, for `main` and for those who try it. */
export const classroomCommand = new Command('npm run classroom --')
  .description('Push beside polling, live on a projector: the class predicts, joins, and is the load.')
  .option('--lan', 'let phones of this network join; otherwise only this machine can')
  .option('--port <number>', 'the page’s port; the class’s servers take the four after it', readPort, 8088)
  .option('--replay <file>', 'play a recorded lesson, as saving one writes it')
  .option('--open', 'open the page in a browser (default: on a terminal)')
  .option('--no-open', 'do not')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage));

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  beginCommand(classroomCommand.name(), classroomCommand.options);
  await main(classroomCommand.parse().opts<Options>());
}

async function main({ lan, port, open: opens, replay }: Options): Promise<void> {
  if (lan && replay !== undefined)
    fail(exitCodes.usage, '--lan makes no sense with --replay: nobody can join a recording');
  const started = await (replay === undefined ? openClassroom(port, lan) : openReplay(replay, port)).catch(
    (error) => fail(exitCodes.environment, listenProblem(error)),
  );
  onInterrupt(async () => {
    await started.close();
    process.exit(exitCodes.interrupted);
  });
  const { front } = started;
  console.log(`projector  ${front.presenterUrl}`);
  if (replay === undefined) sayHowToJoin(front.joinUrl, front.access.members.code, lan);
  console.error('Ctrl-C ends it.');
  if (opens ?? process.stdout.isTTY) await openPage(front.presenterUrl);
}

function openClassroom(port: number, lan: boolean | undefined): Promise<Classroom> {
  const lanAddress = lan ? addressInNetwork() : undefined;
  if (lan && !lanAddress)
    fail(exitCodes.environment, 'this machine has no address in a network: connect it, or leave out --lan');
  return Classroom.open({ port, lanAddress });
}

function openReplay(file: string, port: number): Promise<Replay> {
  let recording: Recording;
  try {
    recording = parseRecording(readFileSync(file, 'utf8'));
  } catch (error) {
    return fail(exitCodes.usage, `--replay ${file}: ${(error as Error).message}`);
  }
  return Replay.open(recording, port);
}

function sayHowToJoin(joinUrl: string, code: string, lan: boolean | undefined): void {
  console.log(`members    ${joinUrl}  code ${code}`);
  if (lan) console.log(`\n${renderUnicodeCompact(`${joinUrl}#${code}`)}\n`);
}

/** The first address of this machine that others of its network can reach. */
function addressInNetwork(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_531) return Number(text);
  throw new InvalidArgumentError(
    'It takes the first of five free ports, 1 to 65531, or 0 for any free ones.',
  );
}

/** One line, whatever the reason holds. */
function fail(exitCode: number, reason: string): never {
  console.error(reason.replaceAll(/\s+/g, ' ').trim());
  process.exit(exitCode);
}
