import { tooFewDescriptors } from './harness/descriptors.ts';

/**
 * `npm run lab`. What it does stands in lab-command.ts. It looks first whether there are file descriptors enough:
 * with very few of them Node can't even load that file and all that it imports, and would say so in its own words.
 */
const tooFew = tooFewDescriptors();
if (tooFew) {
  console.error(tooFew);
  process.exitCode = 3;
} else {
  const { beginCommand } = await import('../servers/commands/begin.ts');
  const { lab, labCommand } = await import('./lab-command.ts');
  beginCommand(labCommand.name(), labCommand.options);
  process.exitCode = await lab(labCommand.parse().opts());
}
