import type { Server } from 'node:net';

/** Types of stand.js for the programs here that are written in TypeScript. */
export function stand(server: Server, tell?: (line: string) => void): void;
