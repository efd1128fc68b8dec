import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  command,
  exitCodeOf,
  exitCodes,
  firstPortOf,
  orRefuse,
  Refusal,
  readBroker,
  someOf,
  wholeNumber,
} from './command.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Reads a command line. Returns the exit code and the lines on stderr. */
function outcomeOf(...args: string[]): { exitCode: unknown; said: string } {
  let said = '';
  class Exit extends Error {}
  vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Exit();
  });
  const tried = command('npm run try --', 'Tries options.')
    .option('-c, --count <number>', '', wholeNumber(1, 9))
    .option('--port <number>', '', firstPortOf(1, 8080))
    .option('--ports <number>', '', firstPortOf(5, 8088))
    .option('--only <names>', '', someOf(['a', 'b']))
    .option('--broker <url>', '', readBroker)
    .argument('[size]', '', wholeNumber(1, 9))
    .configureOutput({ writeErr: (text) => (said += text), writeOut: () => {} });
  try {
    tried.parse(args, { from: 'user' });
    return { exitCode: undefined, said };
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    return { exitCode: vi.mocked(process.exit).mock.lastCall?.[0], said };
  }
}

describe('a command line', () => {
  it.each([
    [['--count', '10'], 'Invalid --count "10": expected a whole number from 1 to 9.\n'],
    [['-c', "it's\nmany"], 'Invalid --count "it\'s\nmany": expected a whole number from 1 to 9.\n'],
    [
      ['--port', '65536'],
      'Invalid --port "65536": expected 1 to 65535, or 0 for any free port. Try --port 8080.\n',
    ],
    [
      ['--ports', '65532'],
      'Invalid --ports "65532": expected the first of 5 free ports from 1 to 65531, or 0 for any. Try --port 8088.\n',
    ],
    [['--only', 'a,c'], 'Invalid --only "a,c": unknown "c": expected one or more of a, b.\n'],
    [['--prot', '1'], "error: unknown option '--prot'\n(Did you mean --port?)\n"],
    [['x'], 'Invalid size "x": expected a whole number from 1 to 9.\n'],
    [['1', 'more'], 'error: too many arguments. Expected 1 argument but got 2.\n'],
  ])('%j ends with 2 and says what was expected', (args, said) => {
    expect(outcomeOf(...args)).toEqual({ exitCode: exitCodes.usage, said });
  });

  it('does not repeat the password of a broker', () => {
    const { exitCode, said } = outcomeOf('--broker', 'http://me:secret@host');
    expect(said).toBe('Invalid --broker: expected a URL such as amqp://name:password@host:port\n');
    expect(exitCode).toBe(2);
  });

  it('that asks for help ends with 0', () => {
    expect(outcomeOf('--help')).toEqual({ exitCode: 0, said: '' });
  });

  it('that is right goes on', () => {
    expect(outcomeOf('--count', '9', '--ports', '0', '--only', 'b,a', '--broker', 'amqp://host')).toEqual({
      exitCode: undefined,
      said: '',
    });
  });
});

describe('a refusal', () => {
  it('is one line and its exit code', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const exitCode = await exitCodeOf(async () =>
      orRefuse(
        exitCodes.environment,
        ({ message }) => `cannot:\n ${message} `,
        () => JSON.parse('{'),
      ),
    );
    expect(exitCode).toBe(3);
    expect(said.mock.lastCall?.[0]).toMatch(/^cannot: \S.*\S$/);
  });

  it('is no cover for other errors', async () => {
    await expect(exitCodeOf(() => Promise.reject(new TypeError('a slip')))).rejects.toThrow('a slip');
  });

  it.each([
    [undefined, 0],
    [exitCodes.failed, 1],
  ])('is not needed to return %s', async (returned, exitCode) => {
    expect(await exitCodeOf(async () => returned)).toBe(exitCode);
    expect(new Refusal('why', 2)).toMatchObject({ message: 'why', exitCode: 2 });
  });
});
