import { NotEnough } from '../analysis/findings.ts';
import { whole, writeMs } from '../analysis/statistics.ts';
import type { Experiment } from '../experiment.ts';
import type { Trial } from '../result.ts';

/** Messages that a stretch must have before it is judged. */
const messagesMin = 20;

/**
 * What a class measures. Nothing is planned: whoever holds the lesson sets what is tried. The rule stands
 * all the same before the first message.
 */
export const classroomExperiment: Omit<Experiment, 'plan'> = {
  text: {
    id: 'classroom',
    title: 'In class',
    claim: 'Push is real time',
    question: 'How old were the messages that this class saw?',
    prediction: {
      choices: [
        {
          text: 'About the same in every lane: they all show the same messages.',
          why: 'They show the same messages at different times. Each way of waiting adds its own age.',
        },
        {
          text: 'With push as old as the way is long; with a short poll half its interval more.',
          why: 'Push and a parked long poll are sent off at once. A short poll finds a message at its next slot.',
        },
        {
          text: 'On average the same, if the short poll asks often enough.',
          why: 'Asking more often makes it fresher, and costs a request each time, mostly for nothing.',
        },
        {
          text: 'Oldest with push: the server has to write to one client after the other.',
          why: 'It has, and that takes microseconds for each, where a poll waits for its next slot.',
        },
      ],
      right: 1,
    },
    howToRead:
      'A row is a lane of the projector, or all phones of one transport. The filled sign is the median age of its messages, the hollow one the mean. The axis is logarithmic: every step to the right is ten times older. Each panel is a stretch of the lesson: what was sent between two changes of the controls.',
    why: 'All lanes and phones hear the same messages of one source. What differs is when a message sets out: with push and SSE when it is published, with a parked long poll then as well, with a short poll when the client asks next.',
    caveat:
      'Ages on phones are as good as their clocks are known: delays below that uncertainty are left out, so the true median of a fast transport is lower than the one shown. All servers, the pages and the emulated distance share one process, and the clients are browsers with other things to do. An age ends when its handler is done, so a slow handler’s own time is in it.',
  },

  rule: `Judged by the first stretch of at least ${messagesMin} messages in which no lane was out of reach and no client slowed down. Holds when the median age with push is at most a tenth of the short poll’s there. Otherwise it does not hold.`,

  judge({ trials }) {
    const [push, poll] = firstUndisturbed(trials);
    const [fast, slow] = [push?.delayMs.p50, poll?.delayMs.p50];
    if (!push || !poll || typeof fast !== 'number' || typeof slow !== 'number')
      throw new NotEnough(
        `There is no undisturbed stretch of ${messagesMin} messages with push and a short poll`,
      );
    return {
      verdict: fast * 10 <= slow ? 'holds' : 'does not hold',
      sentence: `On the projector the median message was ${writeMs(fast)} old with push and ${writeMs(slow)} with a poll every ${writeMs(poll.parameters.intervalMs ?? 0)} (n = ${whole(push.delayMs.count)} and ${whole(poll.delayMs.count)}).`,
      evidence: [push.id, poll.id],
    };
  },
};

/** Push and short poll of the first stretch of the projector's lanes that nothing disturbed. */
function firstUndisturbed(trials: readonly Trial[]): (Trial | undefined)[] {
  const lanes = trials.filter(({ parameters }) => parameters.oneWayMs !== undefined);
  const together = [...new Set(lanes.map((trial) => trial.together))].find((source) => {
    const own = lanes.filter((trial) => trial.together === source);
    return own.every(
      ({ appended, parameters: { awayMs, handlingMs } }) =>
        appended >= messagesMin && awayMs === undefined && handlingMs === undefined,
    );
  });
  const own = lanes.filter((trial) => trial.together === together);
  return (['push', 'short-poll'] as const).map((name) => own.find(({ transport }) => transport === name));
}
