/** The part of jStat that is used here; it brings no types of its own. */
declare module 'jstat' {
  const jstat: {
    /** Student's t. `inv` gives the value below which a share `p` of it lies, `cdf` the share below `t`. */
    studentt: {
      inv(p: number, degreesOfFreedom: number): number;
      cdf(t: number, degreesOfFreedom: number): number;
    };
  };
  export default jstat;
}
