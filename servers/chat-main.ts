import { parseArgs } from 'node:util';
import { chatServer } from './chat.ts';
import { linesToType, openToBrowsers } from './chat-room.ts';
import { beginCommand, fail, onInterrupt } from './commands/begin.ts';
import { listenProblem } from './commands/problems.ts';

/**
 * `npm run chat [-- --port 8080]`: the chat room, for the console of a browser. Ctrl-C ends it.
 *
 * Exit codes: 0 ended; 2 invalid command line; 3 the port is not available.
 */
beginCommand('npm run chat', [{ long: '--port', required: true }]);
const port = readPort(process.argv.slice(2));
const room = chatServer();
const { host, why } = await openToBrowsers(room, port).catch((error: Error) => fail(3, listenProblem(error)));

if (why !== undefined) console.error(why);
console.log(`The chat room is at http://${host}. Ctrl-C ends it.

Open it in a browser, then the console of that page (F12), and enter, one line at a time:

${linesToType(host)}

Two tabs make two users.`);

onInterrupt(() => void room.close());

function readPort(args: string[]): number {
  try {
    const { values } = parseArgs({ args, options: { port: { type: 'string', default: '8080' } } });
    if (/^\d{1,5}$/.test(values.port) && Number(values.port) <= 65_535) return Number(values.port);
    return fail(2, `--port is "${values.port}": expected 1 to 65535, or 0 for any free port`);
  } catch (error) {
    return fail(2, `${(error as Error).message}: expected --port with a number`);
  }
}
