import { randomLcg } from 'd3-random';
import { type Counters, newCounters } from '../../clients/client.ts';
import { clientsByName } from '../../clients/clients.ts';
import { nodeOpeners } from '../../clients/openers-node.ts';
import type { TransportName } from '../../clients/transports.ts';
import { nowMs } from '../../servers/clock.ts';
import { sumBooks } from '../analysis/books.ts';
import type { Books, Cohort, Delay, Histogram } from '../result.ts';
import { measureCapacity } from './capacity.ts';
import { type Handlers, serveCalls } from './child.ts';
import { Member } from './member.ts';
import { meterWindow, type ProcessUse, until } from './process-meter.ts';
import { Recorder } from './recorder.ts';

/** The simulated clients of a trial, in a process of their own so that their cost is not the server's. */

/** Clients of one transport. The first `slowClients` of them take `handlingMs` for each message. */
export type FleetGroup = {
  transport: TransportName;
  port: number;
  clients: number;
  slowClients: number;
  handlingMs: number;
  /** For short polls; 0 otherwise. */
  intervalMs: number;
  seed: number;
};

/** What a group reports after the trial. */
export type FleetReport = {
  books: Books;
  gaps: number;
  delay: Delay;
  histogram: Histogram;
  cohorts: Cohort[];
  /** Slots missed within the window. */
  missedSlots: number;
  failures: number;
  lastFailure: string | undefined;
};

/** Values over time at the slow clients: how old what they handle is, and how many messages wait in their inboxes. */
export type SlowSamples = { atMs: number[]; ageMs: (number | null)[]; inbox: (number | null)[] };

type Group = FleetGroup & {
  members: Member[];
  recorders: { fast: Recorder; slow: Recorder };
  originMs: number;
  phasesMs: number[];
};

/** Clients that connect at the same time. More would only queue at the server's door. */
const connectAtOnce = 100;

let groups: Group[] = [];

async function connect(wanted: FleetGroup): Promise<{ originMs: number; phasesMs: number[] }> {
  const random = randomLcg(wanted.seed);
  const originMs = nowMs();
  const recorders = { fast: new Recorder(), slow: new Recorder() };
  // Stratified: one client in each N-th of the interval, at a random place in it.
  const phasesMs = Array.from(
    { length: wanted.clients },
    (_, index) => ((index + random()) * wanted.intervalMs) / wanted.clients,
  );
  const members = phasesMs.map((phaseMs, index) => {
    const { scheme, open } = clientsByName[wanted.transport];
    const url = `${scheme}://127.0.0.1:${wanted.port}`;
    const options = { url, random, intervalMs: wanted.intervalMs, phaseMs, originMs, nowMs };
    const slow = index < wanted.slowClients;
    const client = open(options, nodeOpeners);
    return new Member(client, slow ? wanted.handlingMs : 0, slow ? recorders.slow : recorders.fast);
  });
  groups.push({ ...wanted, members, recorders, originMs, phasesMs });
  for (let first = 0; first < members.length; first += connectAtOnce) {
    const wave = members.slice(first, first + connectAtOnce);
    await Promise.all(wave.map(({ client, consumer }) => client.start((message) => consumer.take(message))));
  }
  return { originMs, phasesMs };
}

/** Meters this process within the window; samples the slow clients every `sampleEveryMs`, unless that is 0. */
async function meter(window: {
  startMs: number;
  endMs: number;
  sampleEveryMs: number;
}): Promise<{ use: ProcessUse; samples: SlowSamples[]; missedSlots: number[] }> {
  const samples = groups.map((): SlowSamples => ({ atMs: [], ageMs: [], inbox: [] }));
  const sample = (atMs: number) =>
    groups.forEach((group, index) => {
      const slow = group.members.filter((member) => member.slow);
      const ages = slow.flatMap((member) => member.lastAgeMs ?? []);
      samples[index]?.atMs.push(atMs);
      samples[index]?.ageMs.push(ages.length > 0 ? Math.max(...ages) : null);
      samples[index]?.inbox.push(
        slow.length > 0 ? Math.max(...slow.map((member) => member.consumer.waiting)) : null,
      );
    });
  await until(window.startMs);
  const before = groups.map((group) => countersOf(group).missedSlots);
  const during = window.sampleEveryMs > 0 ? { everyMs: window.sampleEveryMs, sample } : undefined;
  const use = await meterWindow(window.startMs, window.endMs, during);
  const missedSlots = groups.map((group, index) => countersOf(group).missedSlots - (before[index] ?? 0));
  return { use, samples, missedSlots };
}

/**
 * Waits until everybody has everything up to `head`, at most `limitMs`, and reports.
 * With `giveUp` the slow clients handle nothing more: what still waits for them anywhere is fetched
 * and counted as backlog.
 */
async function finish(end: { head: number; limitMs: number; giveUp: boolean }): Promise<FleetReport[]> {
  const members = groups.flatMap((group) => group.members);
  if (end.giveUp) for (const member of members) if (member.slow) member.giveUp();
  const deadlineMs = nowMs() + end.limitMs;
  const behind = () =>
    members.some(({ client, consumer }) => client.ledger.seq < end.head || consumer.waiting > 0);
  while (behind() && nowMs() < deadlineMs) await until(nowMs() + 10);
  return groups.map((group) => report(group, end.head));
}

function report(group: Group, head: number): FleetReport {
  const { members, recorders, handlingMs } = group;
  const all = new Recorder();
  all.add(recorders.fast);
  all.add(recorders.slow);
  const booksOf = (some: Member[]) => sumBooks(some.map((member) => member.books(head)));
  const cohorts = (['fast', 'slow'] as const).map((name): Cohort => {
    const some = members.filter((member) => member.slow === (name === 'slow'));
    return {
      name,
      clients: some.length,
      handlingMs: name === 'slow' ? handlingMs : 0,
      messages: booksOf(some),
      delayMs: recorders[name].delay,
    };
  });
  const { failures, lastFailure } = countersOf(group);
  return {
    books: booksOf(members),
    gaps: members.reduce((sum, { client }) => sum + client.ledger.gaps, 0),
    delay: all.delay,
    histogram: all.bins,
    cohorts: group.slowClients > 0 ? cohorts : [],
    missedSlots: 0,
    failures,
    lastFailure,
  };
}

function countersOf(group: Group): Counters {
  const sum = newCounters();
  for (const { client } of group.members) {
    sum.requests += client.counters.requests;
    sum.empty += client.counters.empty;
    sum.missedSlots += client.counters.missedSlots;
    sum.failures += client.counters.failures;
    sum.lastFailure ??= client.counters.lastFailure;
  }
  return sum;
}

function disconnect(): void {
  for (const { members } of groups) for (const { client } of members) client.stop();
  groups = [];
}

const handlers = { connect, meter, finish, disconnect, capacity: measureCapacity } satisfies Handlers;

export type FleetHandlers = typeof handlers;

serveCalls(handlers);
