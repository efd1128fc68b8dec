import { defineConfig } from 'vitest/config';

/** `npm run exercise -- server|client|experiment`: tests that are red until the reader has written something. */
export default defineConfig({
  test: {
    include: ['{servers,clients,bench}/exercises/*.exercise.ts'],
    testTimeout: 30_000,
    bail: 1,
  },
});
