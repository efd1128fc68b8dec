/**
 * Loaded into every process of a lab (`--import`). Sets the wall clock of the process whose command line contains
 * `FAULT_CLOCK_PART`, `FAULT_CLOCK_AT_MS` after its start, by `FAULT_CLOCK_STEP_MS`. No system can set the monotonic
 * clock, so it continues.
 */
const { FAULT_CLOCK_PART: part = '', FAULT_CLOCK_AT_MS: atMs, FAULT_CLOCK_STEP_MS: stepMs } = process.env;

if (process.argv[1]?.includes(part)) {
  const RealDate = Date;
  const now = () => RealDate.now() + (performance.now() >= Number(atMs) ? Number(stepMs) : 0);
  globalThis.Date = class extends RealDate {
    static now = now;
    constructor(...args) {
      super(...(args.length === 0 ? [now()] : args));
    }
  };
}
