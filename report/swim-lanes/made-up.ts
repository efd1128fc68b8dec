import type { Trace, Trial } from '../../bench/result.ts';

/**
 * A made-up trace, for tests: three messages, 80 ms from client to server. The second and the third find
 * no long poll at the server, and one poll of each kind comes back with nothing.
 */
export function tracedTrials(): Trial[] {
  return [
    tracedTrial('push', { messages: handledAt(181, 281, 981), polls: [] }),
    tracedTrial('sse', { messages: handledAt(182, 282, 982), polls: [] }),
    tracedTrial('long-poll', {
      messages: handledAt(181, 341, 1011),
      polls: [
        poll([-100, -20, 101, 181], [1]),
        poll([181, 261, 261, 341], [2]),
        poll([341, 421, 771, 851], []),
        poll([851, 931, 931, 1011], [3]),
        { sentMs: 1011, arrivedMs: 1091, seqs: [], counted: false },
      ],
    }),
    tracedTrial('short-poll', {
      messages: handledAt(330, 330, 1330),
      polls: [
        poll([170, 250, 250, 330], [1, 2]),
        poll([670, 750, 750, 830], []),
        poll([1170, 1250, 1250, 1330], [3]),
      ],
    }),
  ];
}

function handledAt(...instants: number[]): Trace['messages'] {
  return instants.map((handledMs, place) => {
    const dueMs = [100, 200, 900][place] ?? 0;
    return { seq: place + 1, dueMs, atMs: dueMs + 1, handledMs };
  });
}

function poll([sentMs, arrivedMs, answeredMs, receivedMs]: number[], seqs: number[]): Trace['polls'][number] {
  return { sentMs: sentMs ?? 0, arrivedMs, answeredMs, receivedMs, seqs, counted: true };
}

function tracedTrial(transport: Trial['transport'], trace: Trace): Trial {
  const counted = trace.polls.filter((one) => one.counted);
  const nothing = { count: 0, mean: null, p50: null, p90: null, p99: null, max: null };
  const delivered = trace.messages.length;
  return {
    id: `freshness/1/traced/${transport}`,
    experiment: 'freshness',
    transport,
    contract: 'every',
    together: 'freshness/1/traced',
    parameters: {
      clients: 1,
      ratePerSecond: 2,
      schedule: 'poisson',
      payloadBytes: 58,
      oneWayMs: 80,
      traced: true,
      ...(transport === 'long-poll' && { holdMs: 350 }),
      ...(transport === 'short-poll' && { intervalMs: 500 }),
    },
    repeat: 1,
    status: 'ok',
    messages: {
      expected: delivered,
      delivered,
      dropped: 0,
      missed: 0,
      duplicated: 0,
      reordered: 0,
      backlogAtEnd: 0,
    },
    delayMs: nothing,
    linkMs: { ...nothing, count: 40, mean: 80 },
    requests: {
      total: counted.length,
      empty: counted.filter(({ seqs }) => seqs.length === 0).length,
      missedSlots: 0,
    },
    bytes: { toClients: 0, toServer: 0 },
    server: { cpuMs: 0, rssBytes: 0, eventLoopDelayP99Ms: 0 },
    clients: { count: 1, cpuMs: 0, eventLoopDelayP99Ms: 0 },
    trace,
    durationMs: 1300,
    appended: delivered,
    warnings: [],
  };
}
