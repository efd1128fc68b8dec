import type { Handlers } from '../child.ts';
import { probeAutocannon } from './autocannon.ts';
import { probeWireBytes } from './wire-bytes.ts';

/** Measurements that are no trials, by the names under which experiments plan them. */
export const probes = {
  'wire-bytes': probeWireBytes,
  autocannon: probeAutocannon,
} satisfies Handlers;

export type ProbeName = keyof typeof probes;
