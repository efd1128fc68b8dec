import { setTimeout as wait } from 'node:timers/promises';
import { InvalidArgumentError } from 'commander';
import { median } from 'simple-statistics';
import { laneNames } from '../../../clients/classroom/protocol.ts';
import { begin, command, exitCodes, wholeNumber } from '../../../servers/commands/command.ts';
import { HeadlessMember } from './headless.ts';
import type { WatchedProjector } from './watched-projector.ts';

/**
 * A crowd of members without browsers, to try a classroom with: `npm run crowd -- ORIGIN CODE
 * [--members 200] [--seconds 60] [--projector URL]`, with origin, code and URL as the classroom prints them.
 *
 * Each member joins with the code and does what a phone's page does, as a client of the transport that it is
 * assigned. At the end everybody's messages are counted. With the projector's URL its page is watched in a real
 * browser, and the lesson is paused and saved at the end.
 *
 * Exit codes: 0 nothing was lost, refused or cut off, and page and servers count the same; 1 otherwise; 2 the
 * command line is wrong; 3 somebody could not join.
 */

/** Members that join at the same moment, as people come in one after the other. */
const joinAtOnce = 10;

/** How long those who are behind may take to catch up when the time is over: more than a short poll's interval. */
const catchUpMs = 15_000;

type Options = { members: number; seconds: number; projector?: string };

const crowdCommand = command('npm run crowd --', 'Joins simulated members to a classroom.')
  .argument('<origin>', 'address of the classroom, such as http://127.0.0.1:8088', readOrigin)
  .argument('<code>', 'join code of the classroom')
  .option('--members <number>', 'number of members', wholeNumber(1, 999_999_999), 200)
  .option('--seconds <number>', 'seconds that each member stays', readSeconds, 60)
  .option('--projector <url>', "URL of the projector's page, which a browser then opens and checks");

const [origin, code] = begin(crowdCommand).processedArgs as [string, string];
process.exitCode = await main(origin, code, crowdCommand.opts<Options>());

async function main(
  origin: string,
  code: string,
  { members, seconds, projector: projectorUrl }: Options,
): Promise<number> {
  const visitors: HeadlessMember[] = [];
  let projector: WatchedProjector | undefined;
  // It drives a browser, with a library that only developers install.
  const watched = projectorUrl === undefined ? undefined : await import('./watched-projector.ts');
  try {
    projector = await watched?.WatchedProjector.open(projectorUrl as string);
    while (visitors.length < members) {
      const coming = Array.from({ length: Math.min(joinAtOnce, members - visitors.length) }, (_, index) =>
        comeIn(origin, code, `member ${visitors.length + index + 1}`),
      );
      visitors.push(...(await Promise.all(coming)));
    }
  } catch (error) {
    const who =
      visitors.length === 0 && projectorUrl && !projector ? 'the projector' : `member ${visitors.length + 1}`;
    console.error(`${who} could not join: ${(error as Error).message}`);
    await projector?.close();
    return exitCodes.environment;
  }
  console.error(`${members} members have joined. The crowd runs for ${seconds} s.`);
  await wait(seconds * 1000);
  const target = Math.max(...visitors.map(newestOf));
  const untilMs = performance.now() + catchUpMs;
  while (visitors.some((visitor) => newestOf(visitor) < target) && performance.now() < untilMs)
    await wait(50);
  const agrees = projector ? await reportOn(projector) : true;
  const isWhole = report(visitors, target) && agrees;
  await Promise.all(visitors.map((visitor) => visitor.leave()));
  return isWhole ? exitCodes.ok : exitCodes.failed;
}

async function comeIn(origin: string, code: string, name: string): Promise<HeadlessMember> {
  const member = await HeadlessMember.join(origin, code, name);
  member.take('assign');
  await member.until(({ lane }) => lane !== undefined);
  return member;
}

/** Prints what the projector's page was like. Returns whether its counts are the servers'. */
async function reportOn(projector: WatchedProjector): Promise<boolean> {
  const { saved, differing } = await projector.finish();
  const pictures = projector.picturesPerSecond;
  console.log(
    `projector  ${median(pictures)} frames per second (median of ${pictures.length} s), at least ${Math.min(...pictures)}; ` +
      `${differing.length === 0 ? 'page and servers count the same' : differing.join(', ')}; saved: ${saved}`,
  );
  await projector.close();
  return differing.length === 0;
}

/** The newest message that a member has handled. */
function newestOf({ sights }: HeadlessMember): number {
  const last = sights.findLast(({ kind }) => kind === 'handled');
  return last?.kind === 'handled' ? last.seq : 0;
}

/** Prints the totals by transport. Returns whether everybody has had every message, and nobody was refused. */
function report(visitors: readonly HeadlessMember[], target: number): boolean {
  let isWhole = true;
  for (const name of laneNames) {
    const own = visitors.filter(({ lane }) => lane?.name === name);
    if (own.length === 0) continue;
    const accounts = own.map((visitor) => accountOf(visitor, target));
    const sum = (of: (account: Account) => number) =>
      accounts.reduce((total, account) => total + of(account), 0);
    const lost = sum(({ owed, handled }) => owed - handled);
    const cutOff = own.flatMap(({ over, refused }) => over ?? refused ?? []);
    isWhole &&= lost === 0 && cutOff.length === 0;
    const latenciesMs = accounts.flatMap((account) => account.latenciesMs);
    console.log(
      `${name.padEnd(10)} ${own.length} members, ${sum(({ handled }) => handled)} messages handled of ${sum(({ owed }) => owed)}, ` +
        `${lost} lost, ${sum(({ failures }) => failures)} reconnects, ${cutOff.length} rejected or disconnected, ` +
        `median latency ${latenciesMs.length > 0 ? median(latenciesMs).toFixed(1) : '–'} ms`,
    );
    for (const reason of new Set(cutOff)) console.log(`           ${reason}`);
  }
  console.log(
    isWhole ? 'No message was lost.' : 'A message was lost, or a member was rejected or disconnected.',
  );
  return isWhole;
}

type Account = { owed: number; handled: number; failures: number; latenciesMs: number[] };

/** The messages that one member was owed up to `target`, and those that it handled, each once and in order. */
function accountOf({ sights, session }: HeadlessMember, target: number): Account {
  const account: Account = { owed: 0, handled: 0, failures: 0, latenciesMs: [] };
  let next = 0;
  for (const sight of sights) {
    if (sight.kind === 'failure') account.failures += 1;
    if (sight.kind === 'arrived' && sight.seq <= target)
      account.latenciesMs.push(session.clock.at(sight.atMs) - sight.dueMs);
    if (sight.kind === 'subscribed') {
      account.owed = Math.max(0, target - sight.seq);
      next = sight.seq + 1;
    }
    if (sight.kind !== 'handled' || sight.seq > target) continue;
    if (sight.seq === next) account.handled += 1;
    next = sight.seq + 1;
  }
  return account;
}

function readOrigin(text: string): string {
  if (URL.canParse(text)) return new URL(text).origin;
  throw new InvalidArgumentError('Expected the address of a classroom, such as http://127.0.0.1:8088.');
}

function readSeconds(text: string): number {
  if (Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('Expected a number above 0. Try --seconds 60.');
}
