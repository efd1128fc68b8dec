import { NotEnough } from '../analysis/findings.ts';
import { overwhelmedAgeMs } from '../analysis/models.ts';
import { spread, threeDigits, whole, withRange, writeBytes, writeMs } from '../analysis/statistics.ts';
import { type Experiment, type GroupPlan, rotate, type TrialPlan } from '../experiment.ts';
import type { Trial } from '../result.ts';

const ratePerSecond = 200;
const handlingMs = 50;
const payloadBytes = 16 * 1024;
const clients = 11;
const intervalMs = 200;

const groups: GroupPlan[] = [
  { transport: 'push', clients, slowClients: 1, handlingMs, server: { policy: 'unbounded' } },
  { transport: 'short-poll', clients, slowClients: 1, handlingMs, intervalMs },
  { transport: 'long-poll', clients, slowClients: 1, handlingMs },
];

const sizes = {
  quick: { repeats: 1, durationMs: 2500, groups: groups.slice(0, 2) },
  default: { repeats: 1, durationMs: 4000, groups },
  full: { repeats: 5, durationMs: 8000, groups },
} as const;

export const overwhelmed: Experiment = {
  text: {
    id: 'overwhelmed',
    title: 'The overwhelmed client',
    claim: 'Clients might not be able to handle the load coming up from the server',
    question: 'One client in eleven is too slow. Where does what it can’t handle pile up?',
    prediction: {
      choices: [
        {
          text: 'In the client: a server that has sent a message is rid of it.',
          why: 'A client that stops reading fills its own buffers, then the network’s, and then the server’s memory.',
        },
        {
          text: 'Nowhere: TCP slows the server down to what the client can take.',
          why: 'TCP slows the connection. The messages keep coming, and the server has to put them somewhere.',
        },
        {
          text: 'With push in the server, without limit; with polling nowhere, the client just asks later.',
          why: 'What a poller has not asked for stays in the one log that all share. The client sets the pace, and is just as late.',
        },
        {
          text: 'With polling it is worse: all the answers that were missed come at once.',
          why: 'Batches have a limit, and the client asks for the next one when it is done with the last.',
        },
      ],
      right: 2,
    },
    howToRead:
      'One of 11 clients needs 50 ms per message while 200 a second arrive. First panel: bytes that wait in the server for that one client. Second: how old the messages are that it is handling. Third: the server’s memory. All three transports on the same scales; the dashed line is the model.',
    why: 'The client handles μ of λ messages a second, so the rest, λ − μ, waits, whatever the transport; the age of what it handles grows by 1 − μ/λ seconds a second. What differs is where it waits: with push in a queue of the server’s for this client alone, with polling in the log that exists anyway.',
    caveat:
      'The kernel takes some megabytes into its own buffers before the server notices anything, so push looks healthy at first; and while the client works through what it has already read, all of λ waits for it, not just λ − μ. Reading is really paused here; a handler that merely sleeps would pile up its messages in the client instead. The server’s limit per client is switched off to show what a limit is for.',
  },

  rule: 'Holds when, with push, more than 1 MiB waits in the server for the slow client at the end of every run while next to nothing (less than a tenth) does with polling. Otherwise it does not hold.',

  plan(profile) {
    const { repeats, durationMs, groups } = sizes[profile];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const group of rotate(groups, repeat))
        trials.push({
          groups: [group],
          schedule: { kind: 'periodic', ratePerSecond, payloadBytes },
          durationMs,
          repeat,
          policy: 'unbounded',
          ownProcesses: true,
          sampleEveryMs: 100,
          giveUp: true,
        });
    return { trials };
  },

  judge({ trials }) {
    const push = trials.filter(({ transport }) => transport === 'push');
    const polls = trials.filter(({ transport }) => transport !== 'push');
    const backlog = spread(push.map(backlogBytes));
    const polled = spread(polls.map(backlogBytes));
    const age = spread(push.map(ageMs));
    const pollAge = spread(polls.map(ageMs));
    const fast = spread(push.map((trial) => trial.cohorts?.find(({ name }) => name === 'fast')?.delayMs.p99));
    if (!backlog || !polled || !age || !pollAge || !fast)
      throw new NotEnough('There is no usable pair of push and poll');

    const holds = backlog.low > 1024 * 1024 && polled.high < backlog.low / 10;
    const seconds = (push[0]?.series?.atMs.at(-1) ?? 0) / 1000;
    const modelAgeMs = overwhelmedAgeMs(seconds * 1000, ratePerSecond, 1000 / handlingMs);
    return {
      verdict: holds ? 'holds' : 'does not hold',
      sentence:
        `After ${threeDigits(seconds)} s, ${withRange(backlog, writeBytes)} waited in the push server for the one slow client, ` +
        `and ${writeBytes(polled.high)} with polling. What the slow client handled was ${withRange(age, writeMs)} old with push ` +
        `and ${writeMs(pollAge.median)} with polling: polling does not make it faster, it spares the server. ` +
        `99 % of the fast push clients’ messages took at most ${writeMs(fast.high)} (n = ${whole(fastCount(push))}).`,
      evidence: trials.map(({ id }) => id),
      model: `age after ${threeDigits(seconds)} s: (1 − μ/λ)·t = ${writeMs(modelAgeMs)}`,
    };
  },
};

function backlogBytes(trial: Trial): number | undefined {
  return trial.series?.longestBacklogBytes.at(-1);
}

function ageMs(trial: Trial): number | null | undefined {
  return trial.series?.slowAgeMs.at(-1);
}

function fastCount(trials: readonly Trial[]): number {
  return trials.reduce(
    (sum, trial) => sum + (trial.cohorts?.find(({ name }) => name === 'fast')?.delayMs.count ?? 0),
    0,
  );
}
