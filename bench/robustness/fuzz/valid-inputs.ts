import { readFileSync } from 'node:fs';
import { optionsOf } from '../../knobs.ts';

/** Large valid inputs, which fuzzing changes in one place. */

/** The sample result, with one entry in every list. */
export function aResult(): unknown {
  const sample = new URL('../../../report/sample/results.json', import.meta.url);
  return shortened(JSON.parse(readFileSync(sample, 'utf8')));
}

function shortened(value: unknown, key = ''): unknown {
  // The schema demands four choices.
  if (Array.isArray(value)) return value.slice(0, key === 'choices' ? 4 : 1).map((item) => shortened(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shortened(inner, name)]));
}

/** The order to connect clients, for an agent. */
export const aShard = {
  transport: 'push',
  host: '127.0.0.1',
  port: 8080,
  clients: 10,
  options: optionsOf({ intervalMs: 1000 }),
  traced: false,
  seed: 45,
  clockOffsetMs: 0.5,
};

/** The order to measure a window, for an agent. */
export const aWindow = {
  startMs: 1000,
  endMs: 3000,
  sampleEveryMs: 100,
  quiet: false,
  away: { atMs: 10, durationMs: 20 },
  outage: { atMs: 10, durationMs: 20 },
};

/** The registration of an agent. */
export const aSign = {
  agent: 'host-1',
  version: '0.1.0',
  node: 'v20',
  os: 'Linux',
  cpu: 'a cpu',
  cores: 2,
  memoryBytes: 1e9,
  clientsMax: 1000,
  takenBy: null,
};
