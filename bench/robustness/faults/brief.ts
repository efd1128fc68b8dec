import { NotEnough, total } from '../../analysis/figures.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../../experiment.ts';

/**
 * The shortest experiment with every part of a lab: a server, a load generator, a delay proxy, and every transport in
 * two trials. Faults are injected into it; its results mean nothing.
 */
const trials: GroupPlan[][] = [
  [
    { transport: 'push', clients: 3 },
    { transport: 'long-poll', clients: 3 },
    { transport: 'tcp-push', clients: 3 },
  ],
  [
    { transport: 'sse', clients: 3 },
    { transport: 'short-poll', clients: 3, intervalMs: 50 },
    { transport: 'notify', clients: 3 },
  ],
];

/** Number of trial entries in a complete result. */
export const briefEntries = trials.flat().length;

export const brief: Experiment = {
  text: {
    id: 'brief',
    title: 'A brief run',
    claim: 'Every message is accounted for',
    question: 'Is every message accounted for?',
    prediction: { choices: ['Yes.', 'No.', 'Most.', 'Some.'].map((text) => ({ text, why: text })), right: 0 },
    howToRead: 'The table has a row for each transport.',
    why: 'A client that comes back with its cursor loses nothing.',
    caveat: 'It is too short to measure anything.',
  },

  rule: 'The claim holds if two trials have complete delivery accounting.',

  plan: () => ({
    trials: trials.map(
      (groups, index): TrialPlan => ({
        groups,
        schedule: { kind: 'periodic', ratePerSecond: 100 },
        durationMs: 400,
        repeat: index + 1,
        link: { oneWayMs: 2 },
      }),
    ),
  }),

  figures({ trials }) {
    const delivered = trials.reduce((sum, { messages }) => sum + messages.delivered, 0);
    return [
      total('delivered', 'messages delivered', delivered, trials),
      total('trials', 'usable trials', trials.length, trials),
    ];
  },

  judge(figures) {
    const few = 'Fewer than two trials are usable';
    const [delivered, usable] = figures.need(few, 'delivered', 'trials');
    if (usable.value < 2) throw new NotEnough(few);
    return { verdict: 'holds', sentence: `${delivered.value} messages were delivered.` };
  },
};
