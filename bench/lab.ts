import { beginCommand } from '../servers/commands/begin.ts';
import { lab, labCommand } from './lab-command.ts';

/** `npm run lab`. */
beginCommand(labCommand.name(), labCommand.options);
process.exitCode = await lab(labCommand.parse().opts());
