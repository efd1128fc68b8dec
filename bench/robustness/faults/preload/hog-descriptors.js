/**
 * Loaded into every process of a lab (`--import`): lets one of them run out of file descriptors for a while.
 * `FAULT_HOG_PART` is what its command line names, `FAULT_HOG_AT_MS` how long after its start,
 * `FAULT_HOG_FOR_MS` for how long. It takes a low limit (`ulimit -n`), or it would take long.
 */
import { closeSync, openSync } from 'node:fs';

const { FAULT_HOG_PART: part = '', FAULT_HOG_AT_MS: atMs, FAULT_HOG_FOR_MS: forMs } = process.env;

if (process.argv[1]?.includes(part)) {
  const taken = [];
  setTimeout(() => {
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch {
      // None is left: that is what was wanted.
    }
    setTimeout(() => {
      for (const descriptor of taken) closeSync(descriptor);
    }, Number(forMs)).unref();
  }, Number(atMs)).unref();
}
