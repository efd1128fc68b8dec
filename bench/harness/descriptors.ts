/** With fewer of them than this not even the smallest trials run: too little is left for sockets. */
const descriptorsMin = 256;

/** Why the lab can't run with as few file descriptors as there are, and what to do; `undefined` when it can. */
export function tooFewDescriptors(): string | undefined {
  const descriptors = descriptorLimit();
  if (descriptors >= descriptorsMin) return undefined;
  return `Only ${descriptors} open files are allowed, the lab takes ${descriptorsMin}: try "ulimit -n 20000".`;
}

/** Open files that a process may have. Node raises its soft limit to the hard one at the start. */
export function descriptorLimit(): number {
  type Limits = { userLimits?: { open_files?: { soft?: number | 'unlimited' } } };
  const soft = (process.report.getReport() as Limits).userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : 1_000_000;
}
