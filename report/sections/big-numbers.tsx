import { spread } from '../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../bench/result.ts';
import { laneName, usableTrials } from '../charts/lanes.ts';
import { counted, threeDigits, whole, writeBytes, writeMs } from '../units.ts';

/** Up to three pairs of numbers, push beside polling. A pair that the trials don't give is left out. */
export function BigNumbers({ result }: { result: Result }) {
  const numbers = [medianAge(result), requestsWhenIdle(result), waitingInServer(result)].filter(
    (number) => number !== undefined,
  );
  if (numbers.length === 0) return null;
  return (
    <section class="big-numbers" aria-label="Three numbers">
      {numbers.map(({ title, push, poll, basis }) => (
        <div class="big-number" key={title}>
          <h2>{title}</h2>
          <dl>
            <div class="big-number-push">
              <dt>{push.name}</dt>
              <dd>{push.text}</dd>
            </div>
            <div class="big-number-poll">
              <dt>{poll.name}</dt>
              <dd>{poll.text}</dd>
            </div>
          </dl>
          <p class="quiet">{basis}</p>
        </div>
      ))}
    </section>
  );
}

/** Trials of a minute have other sizes, and are about something else. */
const minuteMs = 60_000;

type BigNumber = {
  title: string;
  push: { name: string; text: string };
  poll: { name: string; text: string };
  basis: string;
};

/** The median age of a message with push and with the slowest short poll, from runs side by side where there are any. */
function medianAge(result: Result): BigNumber | undefined {
  const trials = usableTrials(result, 'freshness');
  const polls = slowestPolls(trials);
  const together = new Set(polls.map((trial) => trial.together));
  const beside = trials.filter((trial) => isPush(trial) && together.has(trial.together));
  const pushes = beside.length > 0 ? beside : trials.filter(isPush);
  const n = (some: readonly Trial[]) => whole(some.reduce((sum, { delayMs }) => sum + delayMs.count, 0));
  return pairOf({
    title: 'Median age of a message',
    pushes,
    polls,
    of: ({ delayMs }) => delayMs.p50,
    write: writeMs,
    basis: `${beside.length > 0 ? 'Side by side' : 'One after the other'}, n = ${n(pushes)} and ${n(polls)}`,
  });
}

/** Requests per delivered message while next to nothing happens, for push and the most frequent short poll. */
function requestsWhenIdle(result: Result): BigNumber | undefined {
  const trials = usableTrials(result, 'idle-cost').filter(({ messages }) => messages.delivered > 0);
  const rate = trials[0]?.parameters.ratePerSecond ?? 0;
  const intervalsMs = pollIntervalsMs(trials);
  return pairOf({
    title: 'Requests per message while little happens',
    pushes: trials.filter(isPush),
    polls: trials.filter(({ parameters }) => parameters.intervalMs === intervalsMs[0]),
    of: ({ requests, messages }) => requests.total / messages.delivered,
    write: threeDigits,
    basis: `${counted(trials[0]?.clients.count ?? 0, 'client')} each, ${threeDigits(rate)} messages a second`,
  });
}

/** The most bytes that ever waited in the server for the one slow client: pushed without a bound, and polled. */
function waitingInServer(result: Result): BigNumber | undefined {
  const trials = usableTrials(result, 'overwhelmed').filter(
    ({ parameters, durationMs }) => (parameters.slowClients ?? 1) === 1 && durationMs < minuteMs,
  );
  const [first] = trials;
  const slowForMs = first?.parameters.overloadMs ?? first?.durationMs ?? 0;
  return pairOf({
    title: 'Waiting in the server for one slow client',
    pushes: trials.filter(
      (trial) => isPush(trial) && (trial.parameters.policy ?? 'unbounded') === 'unbounded',
    ),
    polls: slowestPolls(trials),
    of: ({ series }) => series && Math.max(0, ...series.longestBacklogBytes),
    write: writeBytes,
    basis: `Within ${writeMs(slowForMs)} of overload, without a bound; the client is just as late with both`,
  });
}

function pairOf(pair: {
  title: string;
  pushes: readonly Trial[];
  polls: readonly Trial[];
  of: (trial: Trial) => number | null | undefined;
  write: (value: number) => string;
  basis: string;
}): BigNumber | undefined {
  const push = spread(pair.pushes.map(pair.of));
  const poll = spread(pair.polls.map(pair.of));
  const [firstPoll] = pair.polls;
  if (!push || !poll || !firstPoll) return undefined;
  const runs = push.runs === 1 ? '1 run' : `median of ${push.runs} runs`;
  return {
    title: pair.title,
    push: { name: 'push', text: pair.write(push.median) },
    poll: { name: laneName('short-poll', firstPoll.parameters.intervalMs), text: pair.write(poll.median) },
    basis: `${pair.basis}; ${runs}.`,
  };
}

function isPush({ transport }: Trial): boolean {
  return transport === 'push';
}

function slowestPolls(trials: readonly Trial[]): Trial[] {
  const slowestMs = pollIntervalsMs(trials).at(-1);
  return trials.filter(({ parameters }) => slowestMs !== undefined && parameters.intervalMs === slowestMs);
}

function pollIntervalsMs(trials: readonly Trial[]): number[] {
  const intervalsMs = trials.flatMap(({ parameters }) => parameters.intervalMs ?? []);
  return [...new Set(intervalsMs)].sort((a, b) => a - b);
}
