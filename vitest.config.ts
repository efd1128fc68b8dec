import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{servers,clients,bench,report}/**/*.test.ts'],
    // Most tests wait, for a network or a browser: one file for each processor, where one less is usual.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
