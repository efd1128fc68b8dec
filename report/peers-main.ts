import { dirname, join } from 'node:path';
import { parsePeers } from '../bench/analysis/peers.ts';
import { begin, command, exitCodeOf } from '../servers/commands/command.ts';
import { handOut, readFileAs } from './command.ts';
import { renderPeers } from './peers-page.tsx';

/**
 * Draws the measurements of `npm run bench:peers`: `peers-main.ts FILE [--out FILE]`. Prints the page's path.
 * Exit codes: 0 drawn; 2 the command line is wrong, or the file is damaged; 3 the page can't be written.
 */
const peersCommand = begin(
  command('report/peers-main.ts', 'Renders a peers.json as a page.')
    .argument('<file>', 'a peers.json')
    .option('--out <file>', 'where to write the page (default: peers.html next to the file)'),
);
const [file = ''] = peersCommand.args;
const { out = join(dirname(file), 'peers.html') } = peersCommand.opts<{ out?: string }>();

process.exitCode = await exitCodeOf(() => handOut(renderPeers(readFileAs(file, parsePeers)), out));
