import { begin } from '../servers/commands/command.ts';
import { lab, labCommand } from './lab-command.ts';

/** `npm run lab`. */
process.exitCode = await lab(begin(labCommand).opts());
