/**
 * Loaded into every process of a lab (`--import`): sets the wall clock of one of them, as whoever sets the
 * time of day does. `FAULT_CLOCK_PART` is what its command line names, `FAULT_CLOCK_AT_MS` how long after
 * its start, `FAULT_CLOCK_STEP_MS` by how much. The monotonic clock can't be set on any system, and goes on.
 */
const { FAULT_CLOCK_PART: part = '', FAULT_CLOCK_AT_MS: atMs, FAULT_CLOCK_STEP_MS: stepMs } = process.env;

if (process.argv[1]?.includes(part)) {
  const RealDate = Date;
  const now = () => RealDate.now() + (performance.now() >= Number(atMs) ? Number(stepMs) : 0);
  globalThis.Date = class extends RealDate {
    static now = now;
    constructor(...told) {
      super(...(told.length === 0 ? [now()] : told));
    }
  };
}
