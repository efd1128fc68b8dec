import { readFileSync } from 'node:fs';
import { defaultSettings, laneNames } from '../../clients/classroom/settings.ts';

/** Large inputs as they should be, for others to change one thing about. */

/** A result file with one entry in every list: the sample's. */
export function aResult(): unknown {
  const sample = new URL('../../report/sample/results.json', import.meta.url);
  return shortened(JSON.parse(readFileSync(sample, 'utf8')));
}

function shortened(value: unknown, key = ''): unknown {
  // A vote has as many choices as its schema says.
  if (Array.isArray(value)) return value.slice(0, key === 'choices' ? 4 : 1).map((item) => shortened(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shortened(inner, name)]));
}

/** One of each kind of thing that a client can see. */
export const sights = [
  { kind: 'request', id: 1, atMs: 10 },
  { kind: 'answer', id: 1, atMs: 11, messages: 1 },
  { kind: 'failure', id: 2, atMs: 12, reason: 'gone' },
  { kind: 'arrived', seq: 1, dueMs: 9, atMs: 11 },
  { kind: 'handled', seq: 1, atMs: 12 },
  { kind: 'subscribed', seq: 0, atMs: 9 },
  { kind: 'missed', upToSeq: 3, count: 2, atMs: 13 },
];

/** A recorded lesson with one of each kind of event. */
export const aRecording = {
  recordingVersion: 1,
  startedAt: '2026-01-05T10:00:00.000Z',
  events: [
    {
      atMs: 0,
      state: {
        settings: defaultSettings,
        paused: false,
        scene: 1,
        members: {
          count: 0,
          limit: 250,
          byTransport: Object.fromEntries(laneNames.map((name) => [name, 0])),
        },
        vote: null,
        recorded: false,
      },
    },
    { atMs: 5, lane: 'push', sights },
    { atMs: 9, delays: [] },
  ],
};

/** Clients that an agent is to connect. */
export const aShard = {
  transport: 'push',
  host: '127.0.0.1',
  port: 8080,
  clients: 10,
  slowClients: 0,
  handlingMs: 0,
  slowBy: 'pause',
  contract: 'every',
  keepAlive: true,
  intervalMs: 1000,
  backoff: 'jittered',
  inPhase: false,
  traced: false,
  seed: 45,
  clockOffsetMs: 0.5,
};

/** A window that an agent is to measure. */
export const aWindow = {
  startMs: 1000,
  endMs: 3000,
  sampleEveryMs: 100,
  quiet: false,
  away: { atMs: 10, durationMs: 20, replays: [true, false] },
  outage: { atMs: 10, durationMs: 20 },
};

/** How an agent shows itself. */
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
