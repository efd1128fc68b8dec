import type { TransportName } from '../clients/transports.ts';
import type { ServerOptions } from '../servers/main.ts';
import type { Schedule } from '../servers/source/schedule.ts';
import type { Capacity, ExperimentText, Finding, Trial } from './result.ts';

/** How long the lab may take: `quick` shows, `default` measures, `full` repeats until there is an interval. */
export const profiles = ['quick', 'default', 'full'] as const;

export type Profile = (typeof profiles)[number];

/** What the machine allows. */
export type Machine = {
  /** Clients that one process can hold open, from its limit of file descriptors. */
  clientsMax: number;
};

/** Clients of one transport in a trial. */
export type GroupPlan = {
  transport: TransportName;
  clients: number;
  /** Time from slot to slot, for short polls. */
  intervalMs?: number;
  /** How many of the clients are slow, and how long these take for one message. */
  slowClients?: number;
  handlingMs?: number;
  /** Options of this group's server: `holdMs` for long polls, `policy` for push. */
  server?: ServerOptions;
};

/** One run: its groups get the same messages from one source at the same time. */
export type TrialPlan = {
  groups: GroupPlan[];
  schedule: Omit<Schedule, 'durationMs' | 'seed'>;
  durationMs: number;
  /** Counts from 1. Trials of one repeat play the same messages. */
  repeat: number;
  /** What the outbox policy is called in the result, where it matters. */
  policy?: string;
  /** Run in new processes, where memory is watched over time. */
  ownProcesses?: boolean;
  /** Measure the memory that the connected clients take in the server. */
  measureMemory?: boolean;
  /** Take values over time. Default: none. */
  sampleEveryMs?: number;
  /** At the end, count what still waits as backlog instead of handling it. */
  giveUp?: boolean;
};

/** A measurement of raw poll capacity. */
export type CapacityPlan = { connections: number; durationMs: number };

/** What was measured for one experiment. Trials that failed, or whose fleet was saturated, are not among them. */
export type Evidence = { trials: Trial[]; capacities: Capacity[] };

/**
 * One question. Mostly data: what is asked, what is varied, and the rule by which the answer is
 * judged. The rule is written before the trials run, and is part of the result.
 */
export type Experiment = {
  text: ExperimentText;
  /** The rule of the verdict, in words. */
  rule: string;
  plan(profile: Profile, machine: Machine): { trials: TrialPlan[]; capacity?: CapacityPlan };
  /** Applies the rule. */
  judge(evidence: Evidence): Pick<Finding, 'verdict' | 'sentence' | 'evidence' | 'model'>;
};

/** The items in their order, but beginning with another one for each repeat, so that none is always first or last. */
export function rotate<T>(items: readonly T[], repeat: number): T[] {
  const first = (repeat - 1) % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
