/** Open files that a process may have. Node raises its soft limit to the hard one at the start. */
export function descriptorLimit(): number {
  type Limits = { userLimits?: { open_files?: { soft?: number | 'unlimited' } } };
  const soft = (process.report.getReport() as Limits).userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : 1_000_000;
}
