import { chatServer } from './chat.ts';
import { linesToType, openToBrowsers } from './chat-room.ts';
import { fail, onInterrupt } from './commands/begin.ts';
import { begin, command, exitCodes, firstPortOf } from './commands/command.ts';
import { listenProblem } from './commands/problems.ts';

/**
 * `npm run chat [-- --port 8080]`: the chat room, for the console of a browser. Ctrl-C ends it.
 *
 * Exit codes: 0 ended; 2 invalid command line; 3 the port is not available.
 */
const { port } = begin(
  command('npm run chat --', 'Starts the chat room.').option(
    '--port <number>',
    'port of the chat room',
    firstPortOf(1, 8080),
    8080,
  ),
).opts<{ port: number }>();
const room = chatServer();
const { host, why } = await openToBrowsers(room, port).catch((error: Error) =>
  fail(exitCodes.environment, listenProblem(error)),
);

if (why !== undefined) console.error(why);
console.log(`The chat room is at http://${host}. Press Ctrl-C to stop the server.

Open this address in a browser. In the browser console (F12), enter these lines one at a time:

${linesToType(host)}

Each browser tab is one user.`);

onInterrupt(() => void room.close());
