import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{servers,clients,bench,report}/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Tests wait for servers, brokers and pages more than they compute: two at once also where there are two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
