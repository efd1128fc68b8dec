import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { parsePeers } from '../bench/analysis/peers.ts';
import { surviveClosedOutput } from '../servers/commands/begin.ts';
import { exitCodeOf, exitCodes, handOut, readFileAs } from './command.ts';
import { renderPeers } from './peers-page.tsx';

/**
 * Draws the measurements of `npm run bench:peers`: `peers-main.ts FILE [--out FILE]`. Prints the page's path.
 * Exit codes: 0 drawn; 2 the command line is wrong, or the file is damaged; 3 the page can't be written.
 */
const command = new Command('report/peers-main.ts')
  .argument('<file>', 'a peers.json')
  .option('--out <file>', 'where to write the page (default: peers.html next to the file)')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  .parse();

surviveClosedOutput();
const [file = ''] = command.args;
const { out = join(dirname(file), 'peers.html') } = command.opts<{ out?: string }>();

process.exitCode = await exitCodeOf(() => handOut(renderPeers(readFileAs(file, parsePeers)), out));
