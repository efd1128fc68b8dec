import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** The exercises can be solved: their worked answers are green, and nothing written is red. */
const exercises = [
  { name: 'server', file: 'servers/my-transport.ts' },
  { name: 'client', file: 'clients/my-poll.ts' },
  { name: 'experiment', file: 'bench/experiments/my-question.ts' },
];

function exercise(name: string, env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--config', 'exercises.config.ts', `${name}.exercise`],
    { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', ...env } },
  );
  return { status, said: stdout + stderr };
}

describe.each(exercises)('the exercise “$name”', ({ name, file }) => {
  it('is green with its answer', () => {
    expect(exercise(name, { EXERCISE_ANSWER: '1' })).toMatchObject({
      status: 0,
      said: expect.stringMatching(/7 passed/),
    });
  }, 120_000);

  it.skipIf(existsSync(file))('is red before anything is written, and says what to write', () => {
    const { status, said } = exercise(name);
    expect(status).toBe(1);
    expect(said).toContain(`write ${file}`);
    expect(said).not.toMatch(/\d passed/);
  });
});
