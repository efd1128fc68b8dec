/** Where the report has a number: a table by its id, a column by its title, and the row with these cells. */
export type Place = { table: string; column: string; where?: Readonly<Record<string, string>> };

/**
 * The table that an episode of LAB.md asks for, cell by cell. A cell's place in the report is that of its row
 * and its column together. A dash in LAB.md marks a cell that has no number: `dashes` names them.
 */
export type Observation = {
  episode: number;
  experiment: string;
  rows: Readonly<Record<string, Partial<Place>>>;
  columns: Readonly<Record<string, Partial<Place>>>;
  dashes?: readonly (readonly [row: string, column: string])[];
};

const freshness = 'freshness-ages-table';
const means = 'freshness-middle-table';

const transports = {
  push: { where: { transport: 'push (WebSocket)' } },
  SSE: { where: { transport: 'push (SSE)' } },
  'long poll': { where: { transport: 'long poll' } },
  'short poll, 1 s': { where: { transport: 'short poll every 1 s' } },
  'short poll, 250 ms': { where: { transport: 'short poll every 250 ms' } },
} as const;

/** Episode by episode: the experiment that its quick command runs, and the source of each cell of its table. */
export const observations: readonly Observation[] = [
  {
    episode: 1,
    experiment: 'freshness',
    rows: {
      'median latency, ms': { table: means, column: 'median latency' },
      'mean latency, ms': { table: means, column: 'mean latency' },
      '99th percentile, ms': { table: freshness, column: 'latency p99' },
    },
    columns: transports,
  },
  {
    episode: 2,
    experiment: 'freshness',
    rows: {
      'median latency, ms': { table: means, column: 'median latency' },
      'mean latency, ms': { table: means, column: 'mean latency' },
    },
    columns: {
      'short poll, 1 s': transports['short poll, 1 s'],
      'short poll, 250 ms': transports['short poll, 250 ms'],
      push: transports.push,
    },
  },
  {
    episode: 3,
    experiment: 'idle-cost',
    rows: {
      'requests per message': { table: 'idle-cost-table', column: 'requests per message' },
      'empty responses, %': { table: 'idle-cost-table', column: 'empty responses' },
      'server CPU, ms/s': { table: 'idle-cost-table', column: 'server CPU' },
      'server memory per client, KiB': { table: 'idle-cost-table', column: 'server memory' },
    },
    columns: { push: transports.push, 'short poll, 1 s': transports['short poll, 1 s'] },
    dashes: [['empty responses, %', 'push']],
  },
  {
    episode: 4,
    experiment: 'distance',
    rows: {
      'latency ÷ one-way delay, at 20 ms': {
        table: 'distance-delay-table',
        column: 'latency ÷ one-way delay',
        where: { rate: '50', 'configured one-way delay': '20' },
      },
      'latency ÷ one-way delay, at 80 ms': {
        table: 'distance-delay-table',
        column: 'latency ÷ one-way delay',
        where: { rate: '50', 'configured one-way delay': '80' },
      },
    },
    columns: {
      push: transports.push,
      'long poll': transports['long poll'],
      'short poll, 250 ms': transports['short poll, 250 ms'],
    },
  },
  {
    episode: 5,
    experiment: 'break-even',
    rows: {
      'server CPU per client at 4 messages/s, ms/s': {
        table: 'break-even-winners-table',
        where: { 'poll server': 'Express', rate: '4' },
      },
      'server CPU per client at 150 messages/s, ms/s': {
        table: 'break-even-winners-table',
        where: { 'poll server': 'Express', rate: '150' },
      },
    },
    columns: {
      push: { column: 'Server CPU: push' },
      'short poll, 500 ms': { column: 'Server CPU: poll', where: { 'poll interval': '500' } },
    },
  },
  {
    episode: 6,
    experiment: 'honest',
    rows: {
      'queued in the server, MiB': {
        table: 'honest-pairs-table',
        where: { quantity: 'the server’s send queue for a slow client' },
      },
    },
    columns: {
      'handler sleeps': { column: 'naive value' },
      'client stops reading': { column: 'honest value' },
    },
  },
  {
    episode: 7,
    experiment: 'overwhelmed',
    rows: {
      'queued in the server, KiB': {
        table: 'overwhelmed-table',
        column: 'largest send queue',
        where: { 'client group': 'slow' },
      },
      'messages lost, %': { table: 'overwhelmed-table', column: 'lost', where: { 'client group': 'slow' } },
      'maximum latency, ms': { table: 'overwhelmed-age-table', column: 'maximum latency' },
    },
    columns: {
      'push, unbounded': { where: { policy: 'unbounded' } },
      'push, drop-oldest': { where: { policy: 'drop-oldest' } },
      'short poll': { where: { policy: 'short poll' } },
    },
  },
  {
    episode: 8,
    experiment: 'offline',
    rows: {
      'messages missed': { table: 'offline-table', column: 'missed', where: { retention: 'unlimited' } },
      'time to catch up, ms': {
        table: 'offline-table',
        column: 'time to catch up',
        where: { retention: 'unlimited' },
      },
    },
    columns: {
      'push, no log': { where: { transport: 'push, without a log' } },
      'push, cursor': { where: { transport: 'push, with a cursor' } },
      'long poll': transports['long poll'],
      'short poll': { where: { transport: 'short poll every 200 ms' } },
    },
    dashes: [['time to catch up, ms', 'push, no log']],
  },
  {
    episode: 9,
    experiment: 'crowd',
    rows: {
      'median latency, ms': { table: 'crowd-table', column: 'latency p50' },
      '99th percentile, ms': { table: 'crowd-table', column: 'latency p99' },
    },
    columns: {
      '100 clients': { where: { transport: 'push (WebSocket)', clients: '100' } },
      '1,000 clients': { where: { transport: 'push (WebSocket)', clients: '1,000' } },
    },
  },
  {
    episode: 10,
    experiment: 'path',
    rows: {
      WebSocket: { where: { transport: 'push (WebSocket)' } },
      SSE: { where: { transport: 'push (SSE)' } },
      'long poll': { where: { transport: 'long poll' } },
      'short poll': { where: { transport: 'short poll' } },
    },
    columns: {
      'no proxy': { table: 'path-table', column: 'works', where: { path: 'no proxy' } },
      'strips Upgrade': {
        table: 'path-table',
        column: 'works',
        where: { path: 'proxy that strips Upgrade' },
      },
      'buffers responses': {
        table: 'path-table',
        column: 'works',
        where: { path: 'buffering proxy' },
      },
    },
  },
  {
    episode: 11,
    experiment: 'chat-room',
    rows: {
      announcements: { table: 'chat-room-party-table', column: 'announcements' },
      'deliveries with one message per person': { table: 'chat-room-party-table', column: 'deliveries' },
    },
    columns: { '20 people': { where: { people: '20' } }, '80 people': { where: { people: '80' } } },
  },
  {
    episode: 12,
    experiment: 'broker',
    rows: {
      'most messages held': { table: 'broker-queue-table', column: 'most messages held' },
      'most messages in the queue': { table: 'broker-queue-table', column: 'most messages in the queue' },
    },
    columns: {
      'prefetch 1': { where: { consumer: 'AMQP consume, prefetch 1' } },
      'prefetch 10': { where: { consumer: 'AMQP consume, prefetch 10' } },
      'no prefetch': { where: { consumer: 'AMQP consume, no prefetch' } },
    },
  },
  {
    episode: 14,
    experiment: 'light-client',
    rows: {
      'client CPU at 0.5 messages/s, ms/s': {
        table: 'light-client-table',
        column: 'client CPU',
        where: { rate: '0.5' },
      },
      'client CPU at 100 messages/s, ms/s': {
        table: 'light-client-table',
        column: 'client CPU',
        where: { rate: '100' },
      },
    },
    columns: {
      push: { where: { client: 'push (WebSocket)' } },
      'poll for the latest value, 1 s': { where: { client: 'short poll every 1 s, latest only' } },
    },
  },
];

/** The place of a cell. Throws an `Error` where row and column together name none. */
export function placeOf({ rows, columns }: Observation, row: string, column: string): Place {
  const place = {
    ...rows[row],
    ...columns[column],
    where: { ...rows[row]?.where, ...columns[column]?.where },
  };
  if (!place.table || !place.column) throw new Error(`${row}, ${column}: no table and column are named`);
  return place as Place;
}

/** Whether a column of the report is the one that a place names. What follows in brackets only explains it. */
export function isColumn(title: string, { column }: Pick<Place, 'column'>): boolean {
  return title === column || title.startsWith(`${column} (`);
}
