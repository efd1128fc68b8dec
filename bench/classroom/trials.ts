import { type LaneName, laneNames, type Settings } from '../../clients/classroom/protocol.ts';
import { writeMs } from '../analysis/writing.ts';
import { statusOf } from '../harness/trial-frame.ts';
import type { Books, Parameters, Trial } from '../result.ts';
import type { ClientBooks, Gap } from './client-books.ts';
import { since } from './counts.ts';
import type { Member } from './members.ts';
import type { Account, Group, Stretch } from './stretches.ts';

/** One client, from its subscription to its end. */
export type Life = {
  readonly group: Group;
  /** Whose client it is; `undefined` for the projector. */
  readonly member: Member | undefined;
  readonly books: ClientBooks;
};

/** A stretch that has ended, with those who were there. */
export type Told = {
  stretch: Stretch & { toSeq: number };
  lives: readonly Life[];
  /** Whether its page is connected: who is gone is owed nothing that it has not got. */
  isThere(life: Life): boolean;
  /** Messages that the push lane's server gave up for its client. */
  dropped: ReadonlySet<number>;
  /** How many stretches before it had the same settings. */
  repeat: number;
};

/** The trials of a stretch: one for each lane, and one for each transport that members had. */
export function trialsOf(told: Told): Trial[] {
  return (['lanes', 'class'] as const).flatMap((side) =>
    laneNames.flatMap((transport) => trialOf(told, side, transport) ?? []),
  );
}

function trialOf(told: Told, side: 'lanes' | 'class', transport: LaneName): Trial | undefined {
  const { stretch, repeat } = told;
  const { fromSeq, toSeq, accounts, settings } = stretch;
  const group: Group = `${side}/${transport}`;
  const own = told.lives.filter(
    (life) => life.group === group && life.books.owed(fromSeq, endFor(told, life)) > 0,
  );
  if (own.length === 0) return undefined;
  const account = accounts.get(group);
  const { messages, doubts } = booksOf(told, own, account);
  const clients = new Set(own.map(({ member }) => member)).size;
  const durationMs = stretch.endMs - stretch.startMs;
  const counts = since(stretch.before[side][transport], stretch.after[side][transport]);
  const together = `classroom/${stretch.number}/${side}`;
  return {
    id: `${together}/${transport}`,
    experiment: 'classroom',
    transport,
    contract: 'every',
    together,
    parameters: parametersOf(settings, side, transport, clients, durationMs),
    repeat,
    ...statusOf(messages, doubts.gaps, side === 'lanes' ? account?.contradiction : undefined),
    messages,
    delayMs: account?.delays.delay ?? nothingDelivered,
    ...(account && { delayHistogram: account.delays.bins }),
    requests: { total: counts.requests, empty: counts.empty },
    bytes: { toClients: counts.bytesToClients, toServer: counts.bytesToServer },
    server: {
      cpuMs: stretch.after.cpuMs - stretch.before.cpuMs,
      rssBytes: stretch.after.rssBytes,
      eventLoopDelayP99Ms: null,
    },
    clients: { count: clients, cpuMs: null, eventLoopDelayP99Ms: null },
    durationMs,
    appended: toSeq - fromSeq + 1,
    warnings: warningsOf(stretch, account, doubts),
  };
}

/** The books of one group, each number from a place of its own: the log, the clients, the server's outbox. */
function booksOf(told: Told, own: readonly Life[], account?: Account) {
  const { fromSeq, toSeq } = told.stretch;
  const messages: Books = {
    expected: 0,
    delivered: account?.delivered ?? 0,
    dropped: 0,
    missed: 0,
    duplicated: 0,
    reordered: 0,
    backlogAtEnd: 0,
  };
  const doubts = { gaps: 0, lost: 0, untold: 0 };
  for (const life of own) {
    messages.expected += life.books.owed(fromSeq, endFor(told, life));
    messages.backlogAtEnd += life.books.waiting(fromSeq, endFor(told, life));
    for (const { seq, why } of messagesIn(life.books.gaps, fromSeq, toSeq)) {
      const isDropped = life.group === 'lanes/push' && told.dropped.has(seq);
      if (why !== 'untold') doubts.gaps += 1;
      if (isDropped) messages.dropped += 1;
      else if (why === 'skipped' || why === 'fell off' || why === 'given up') messages.missed += 1;
      else if (life.member) doubt(why, messages, doubts);
    }
  }
  return { messages, doubts };
}

/**
 * Of the projector's clients every loss has a reason that the server knows, or the books don't balance. Phones
 * lose connections, and sleep: what their pages never spoke of is not owed, what they have lost is missed.
 */
function doubt(why: Gap['why'], messages: Books, doubts: { lost: number; untold: number }): void {
  if (why === 'lost') {
    messages.missed += 1;
    doubts.lost += 1;
  } else {
    messages.expected -= 1;
    doubts.untold += 1;
  }
}

/** The last message of the stretch that a client is owed. */
function endFor({ stretch: { toSeq }, isThere }: Told, life: Life): number {
  return isThere(life) ? toSeq : Math.min(toSeq, life.books.frontier);
}

/** The messages of a stretch that are gaps, one by one. */
function messagesIn(
  gaps: readonly Gap[],
  fromSeq: number,
  toSeq: number,
): { seq: number; why: Gap['why'] }[] {
  return gaps.flatMap(({ from, to, why }) => {
    const first = Math.max(from, fromSeq);
    const length = Math.max(0, Math.min(to, toSeq) - first + 1);
    return Array.from({ length }, (_, index) => ({ seq: first + index, why }));
  });
}

/** Only what exists: a distance for the projector's lanes, a handling time for the client that has one. */
function parametersOf(
  settings: Settings,
  side: 'lanes' | 'class',
  transport: LaneName,
  clients: number,
  durationMs: number,
): Parameters {
  const { ratePerSecond, schedule, payloadBytes, intervalMs, holdMs, oneWayMs, offline, replay } = settings;
  const { handlingMs, slowBy, policy, limitBytes } = settings;
  const isLane = side === 'lanes';
  return {
    clients,
    ratePerSecond,
    schedule,
    payloadBytes,
    ...(transport === 'short-poll' && { intervalMs }),
    ...(transport === 'long-poll' && { holdMs }),
    ...(isLane && { oneWayMs }),
    ...(isLane && transport === 'push' && { policy, limitBytes }),
    ...(isLane && transport === 'push' && handlingMs > 0 && { slowClients: 1, handlingMs, slowBy }),
    ...(isLane && offline.includes(transport) && { awayMs: durationMs, replay }),
  };
}

function warningsOf(
  { byHand }: Stretch,
  account: Account | undefined,
  { lost, untold }: { lost: number; untold: number },
): Trial['warnings'] {
  const warnings: Trial['warnings'] = [];
  if (byHand > 0)
    warnings.push({
      code: 'by-hand',
      text: `${byHand} of the messages were set off by hand, beside the schedule`,
    });
  if (lost > 0)
    warnings.push({
      code: 'members-lost',
      text: `members’ pages found ${lost} messages missing without a reason that the server knows`,
    });
  if (untold > 0)
    warnings.push({
      code: 'members-untold',
      text: `members’ pages never spoke of ${untold} messages, which are not in the books`,
    });
  if (!account) return warnings;
  const { uncertain, uncertaintyMs, delivered, contradictions, contradiction } = account;
  if (uncertain > 0)
    warnings.push({
      code: 'clock-uncertain',
      text: `${uncertain} of ${delivered} delays were below the uncertainty of their clock (at most ${writeMs(uncertaintyMs)}) and are not among the delays`,
    });
  if (contradictions > 0)
    warnings.push({
      code: 'contradictions',
      text: `${contradictions} reports contradicted earlier ones and were refused; the first: ${contradiction}`,
    });
  return warnings;
}

const nothingDelivered: Trial['delayMs'] = {
  count: 0,
  mean: null,
  p50: null,
  p90: null,
  p99: null,
  max: null,
};
