import { vi } from 'vitest';

/** How long a test waits for an event before it fails. A busy machine is slow; only a hang takes this long. */
const patienceMs = 60_000;

/** `vi.waitFor` with a limit that no busy machine reaches: its own default is one second. */
const { waitFor } = vi;
const waitPatiently: typeof waitFor = (check, options = {}) => {
  const { timeout = patienceMs, interval = 10 } =
    typeof options === 'number' ? { timeout: options } : options;
  return waitFor(check, { timeout, interval });
};

// Files that share a worker share `vi`.
if (waitFor.name !== waitPatiently.name) vi.waitFor = waitPatiently;
