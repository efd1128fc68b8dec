/** Types of stand.js for the one program here that is written in TypeScript. */
export function stand(program: { connect(): unknown; count(): number }): void;
export function openAll(clients: number, open: () => Promise<unknown> | undefined): Promise<void>;
