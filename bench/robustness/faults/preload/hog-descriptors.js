/**
 * Loaded into every process of a lab (`--import`). The process whose command line contains `FAULT_HOG_PART` has no
 * file descriptor left for `FAULT_HOG_FOR_MS`, `FAULT_HOG_AT_MS` after its start. Needs a low limit (`ulimit -n`).
 */
import { closeSync, openSync } from 'node:fs';

const { FAULT_HOG_PART: part = '', FAULT_HOG_AT_MS: atMs, FAULT_HOG_FOR_MS: forMs } = process.env;

if (process.argv[1]?.includes(part)) {
  const taken = [];
  setTimeout(() => {
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch {
      // No descriptor is left, as intended.
    }
    setTimeout(() => {
      for (const descriptor of taken) closeSync(descriptor);
    }, Number(forMs)).unref();
  }, Number(atMs)).unref();
}
