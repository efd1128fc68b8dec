import { type Command, CommanderError } from 'commander';
import fc from 'fast-check';
import { oneLine } from '../../../servers/log/message.ts';
import { serversCommand } from '../../../servers/main.ts';
import { agentCommand } from '../../agent.ts';
import { Rabbit } from '../../broker/rabbit.ts';
import { classroomCommand } from '../../classroom/main.ts';
import { experiments } from '../../experiments/experiments.ts';
import { labCommand } from '../../lab-command.ts';
import type { Target } from './fuzz.ts';
import { anyNumber, anyText } from './inputs.ts';
import { parser } from './parsers.ts';

/** Command lines, parsed but not executed. */
export function commands(): Target<never>[] {
  return [
    commandLine('lab-options', labCommand, ({ broker }) => {
      if (broker !== undefined) new Rabbit(String(broker));
    }),
    commandLine('classroom-options', classroomCommand),
    commandLine('agent-options', agentCommand),
    commandLine('servers-options', serversCommand),
  ];
}

const value = fc.oneof(
  anyText,
  anyNumber.map(String),
  fc.constantFrom(...'quick full start amqp://a:b@c 127.0.0.1 1 99 100 8088 1e3 0x10'.split(' ')),
  fc.shuffledSubarray(experiments.map(({ text }) => text.id)).map((ids) => ids.join(',')),
);

const option = fc.constantFrom(
  ...'--profile --only --seed --out --json --open --no-open --list --broker --agents'.split(' '),
  ...'--server-host --check --lan --port --replay --help -h -V -- --prof --seed=7'.split(' '),
);

const words = fc.array(fc.oneof({ weight: 3, arbitrary: option }, { weight: 2, arbitrary: value }), {
  maxLength: 6,
});

function commandLine(
  name: string,
  command: Command,
  thenReads: (options: Record<string, unknown>) => void = () => {},
) {
  let written = '';
  command
    .exitOverride((error) => {
      throw error;
    })
    .configureOutput({
      writeErr: (text) => {
        written += text;
      },
      writeOut() {},
    });
  return parser(name, words, (args) => {
    written = '';
    try {
      thenReads(command.parse(args, { from: 'user' }).opts());
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      // The message may repeat the argument as typed: its reader typed it.
      if (error.exitCode !== 0) throw new Error(oneLine(written));
    }
  });
}
