import { beginCommand } from '../../servers/commands/begin.ts';
import { command } from '../../servers/commands/command.ts';
import { addAttacks } from './attacks/command.ts';
import { addFaults } from './faults/command.ts';
import { addFuzz } from './fuzz/command.ts';
import { addSoak } from './soak/command.ts';

/**
 * `npm run robustness -- fuzz|attacks|faults|soak`: tests of the lab itself. Each prints a table to stdout and saves
 * its numbers for `npm run figures`.
 *
 * Exit codes: 0 nothing is wrong; 1 something is; 2 the command line is wrong; 3 this machine can't run it, or the
 * numbers can't be written; 130 interrupted (faults).
 */
const robustness = command(
  'npm run robustness --',
  'Tests the lab itself: malformed input, attacks, injected faults, long runs.',
);
for (const add of [addFuzz, addAttacks, addFaults, addSoak]) add(robustness);

const campaign = robustness.commands.find((one) => one.name() === process.argv[2]);
if (campaign)
  beginCommand(`${robustness.name()} ${campaign.name()}`, campaign.options, process.argv.slice(3));
await robustness.parseAsync();
