import { afterEach, describe, expect, it } from 'vitest';
import { LineProcess } from './own-process.ts';

const started: LineProcess[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

function run(script: string, ...more: ConstructorParameters<typeof LineProcess>[3][]): LineProcess {
  const one = new LineProcess('the script', process.execPath, ['-e', script], ...more);
  started.push(one);
  return one;
}

/** Prints its input, line by line, until it gets the word "end". */
const echo = `console.log('here');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'end') process.exitCode = 3, process.stdin.destroy();
  else console.log(line);
});`;

describe('a process that prints lines', () => {
  it('is heard line by line, or from the line that is wanted', async () => {
    const one = run(echo);
    expect(await one.readLine()).toBe('here');
    one.writeLines(['a', 'b', 'c 1', 'd']);
    expect(await one.readLine()).toBe('a');
    expect(await one.readLine(/^c \d/)).toBe('c 1');
    expect(await one.readLine()).toBe('d');
    expect(await one.readLine('c', { from: 0 })).toBe('c 1');
    expect(one.lines).toEqual(['here', 'a', 'b', 'c 1', 'd']);
  });

  it('says how it ended, after its last lines', async () => {
    const one = run(echo);
    one.writeLines(['last', 'end']);
    expect(await one.readLine('last')).toBe('last');
    await expect(one.readLine()).rejects.toThrow('the script ended (exit code 3)');
    expect(one.ended?.message).toBe('the script ended (exit code 3)');
    await one.stop();
  });

  it('is waited for no longer than its limit', async () => {
    await expect(run(echo).readLine('never', { limitMs: 50 })).rejects.toThrow(
      'the script printed no never within 0.05 s',
    );
  });

  it('gives its last words when it does not start', async () => {
    const one = run(`console.error('no luck'); process.exit(1);`, { reads: ['stderr'] });
    await expect(one.waitUntilReady(/ready/, (said) => `: ${said.join()}`)).rejects.toThrow(
      'the script ended with exit code 1 before it accepted connections: no luck',
    );
    const none = new LineProcess('nothing', '/nowhere/nothing', []);
    await expect(none.waitUntilReady(/ready/, () => '')).rejects.toThrow(
      'nothing did not start (spawn /nowhere/nothing ENOENT)',
    );
    await none.stop();
  });

  it('is gone once it was stopped', async () => {
    const one = run(echo);
    await one.readLine();
    await one.stop();
    expect(one.process.signalCode).toBe('SIGKILL');
    expect(one.ended?.message).toBe('the script was stopped');
  });
});
