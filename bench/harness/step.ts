/** Something to measure: what to call it, about how long it takes, and how to do it. */
export type Step = { text: string; ms: number; run(): Promise<unknown> };
