import {
  type AnyTransportName,
  type BrokerTransportName,
  brokerTransportNames,
  type TransportName,
} from '../clients/transports.ts';
import type { ServerOptions } from '../servers/serve.ts';
import type { Schedule } from '../servers/source/schedule.ts';
import type { Figures, OwnFigure } from './analysis/figures.ts';
import type { ProxyName } from './harness/paths/path.ts';
import type { PlannedOptions } from './knobs.ts';
import type { Capacity, ExperimentText, Finding, Fit, Pair, Probe, Trial } from './result.ts';

/** How long the lab may take: `quick` shows, `default` measures, `full` repeats until there is an interval. */
export const profiles = ['quick', 'default', 'full'] as const;

export type Profile = (typeof profiles)[number];

/** What the machine allows. */
export type Machine = {
  /** Clients that one process can hold open, from its limit of file descriptors and what else the machine gives. */
  clientsMax: number;
  /** Processors that the lab may use. */
  cores: number;
};

/** Clients of one transport in a trial, and their options: see knobs.ts. */
export type GroupPlan = PlannedOptions & {
  transport: TransportName;
  clients: number;
  /** Options of this group's server: `holdMs` for long polls, `policy` for push. */
  server?: ServerOptions;
};

/** Something that stops in the middle of a window: from so long after its start, for so long. */
export type Absence = { atMs: number; durationMs: number };

/** The clients of a trial publish: each `perClient` messages, one every `everyMs`. */
export type Publications = { perClient: number; everyMs: number };

/** One run: its groups get the same messages from one source at the same time. */
export type TrialPlan = {
  groups: GroupPlan[];
  schedule: Omit<Schedule, 'durationMs' | 'seed'>;
  durationMs: number;
  /** Counts from 1. Trials of one repeat play the same messages. */
  repeat: number;
  /** Distance between the clients and the server. Default: none, and no link. */
  link?: { oneWayMs: number; jitterMs?: number };
  /** The clients themselves publish. Default: only the source does. */
  publish?: Publications;
  /** All clients go away for a while, and come back. */
  away?: Absence;
  /** The slow clients are slow for this time only. Default: as long as the trial lasts. */
  overload?: Absence;
  /** The server goes away for a while, and comes back. */
  outage?: Absence;
  /** Messages that the log keeps. Default 20,000. */
  logLimitMessages?: number;
  /** The server stands still for a while. */
  stall?: Absence;
  /** Measure in other ways at the same time: so many clients that ask, wait for the answer, and ask again. */
  besides?: { clients: number; intervalMs: number };
  /** Every group gets a load generator of its own, which only its messages wake. */
  ownLoadGenerators?: boolean;
  /** The number of load generators that share the clients. Default 1. More only for trials that agents could run, too. */
  loadGenerators?: number;
  /** Run in new processes, where memory is watched over time. */
  ownProcesses?: boolean;
  /** Measure the memory that the connected clients take in the server. */
  measureMemory?: boolean;
  /** Take values over time. Default: none. */
  sampleEveryMs?: number;
  /** Write down the way of every message and every poll, to be drawn one by one. Takes one client in each group. */
  trace?: boolean;
  /** At the end, count what still waits as backlog instead of handling it. */
  giveUp?: boolean;
};

/** Consumers of a broker in a trial. Each has a queue to itself, so that all are sent every message. */
export type ConsumersPlan = {
  transport: BrokerTransportName;
  clients: number;
  /** Time from slot to slot, for gets. */
  intervalMs?: number;
  /** Messages that may be unacknowledged, for AMQP's consume and STOMP. Default 0: any number. */
  prefetch?: number;
  /** For MQTT. Default 1. */
  qos?: 0 | 1;
};

/** One run at a broker: its groups consume the same messages at the same time. */
export type BrokerTrialPlan = Pick<
  TrialPlan,
  'schedule' | 'durationMs' | 'repeat' | 'sampleEveryMs' | 'giveUp'
> & {
  groups: ConsumersPlan[];
  /** Time that every consumer takes for a message. It reads on meanwhile, as far as it is sent more. Default: none. */
  handlingMs?: number;
  /** All consumers die with what they have in hand, and others take their places. */
  death?: Absence;
  /** Distance between the consumers and the broker. Left out where the broker is on another host, which has its own. */
  oneWayMs?: number;
};

/** A trial with the lab's own servers, or at a message broker where there is one. */
export type AnyTrialPlan = TrialPlan | BrokerTrialPlan;

/** Whether a trial's groups consume from a broker. */
export function isAtBroker(plan: AnyTrialPlan): plan is BrokerTrialPlan {
  const names: readonly AnyTransportName[] = brokerTransportNames;
  return plan.groups.some(({ transport }) => names.includes(transport));
}

/** Raw answers per second of the short-poll server, in a closed loop over these connections. */
export type CapacityPlan = { name: 'capacity'; connections: number; durationMs: number; repeat?: number };

/** A chat room and what happens in it: a party, or people who come and go. */
export type RoomPlan = {
  name: 'room';
  kind: 'fixed' | 'naive';
  /** People who enter, stay and say one thing each. 0 for no party. */
  visitors: number;
  /** People who enter and leave again. 0 for nobody. */
  cycles: number;
  durationMs: number;
  repeat: number;
};

/** Every transport on every hostile path, at once. */
export type PathsPlan = {
  name: 'paths';
  proxy: ProxyName;
  messages: number;
  /** Silence before each message; longer than the idle limit. */
  intervalMs: number;
  idleLimitMs: number;
  /** The longest that a path may take to connect, and to deliver in the end. */
  connectLimitMs: number;
  drainMs: number;
  durationMs: number;
  repeat: number;
};

/**
 * A measurement that is no trial: its name (see harness/probes/probes.ts), its parameters, and about how long
 * it takes. Those with a `repeat` are repeated, as trials are.
 */
export type ProbePlan =
  | CapacityPlan
  | RoomPlan
  | PathsPlan
  | { name: 'wire-bytes'; durationMs: number; repeat?: number }
  | { name: 'autocannon'; durationMs: number; repeat?: number };

/** All measurements of an experiment. */
export type Plan = { trials: AnyTrialPlan[]; probes?: ProbePlan[] };

/** What was measured for one experiment. Trials that failed, or whose load generator was saturated, are not among them. */
export type Evidence = { trials: Trial[]; capacities: Capacity[]; probes: Probe[] };

/**
 * One question. Mostly data: what is asked, what is varied, its figures, and the rule by which the answer is
 * judged. The rule is written before the trials run, and is part of the result.
 */
export type Experiment = {
  text: ExperimentText;
  /** The rule of the verdict, in words. */
  rule: string;
  plan(profile: Profile, machine: Machine): Plan;
  /** Costs fitted to the trials, for calculations with them. */
  fits?(evidence: Evidence): Omit<Fit, 'experiment'>[];
  /** The same thing measured in two ways. */
  pairs?(evidence: Evidence): Omit<Pair, 'experiment'>[];
  /**
   * Computes each number that the rule, the sentence, LAB.md's claims or the report need; `undefined` for a figure
   * that was not measured.
   */
  figures(evidence: Evidence): (OwnFigure | undefined)[];
  /** Applies the rule to the figures. Throws `NotEnough` where one that the rule needs is missing. */
  judge(figures: Figures): Pick<Finding, 'verdict' | 'sentence' | 'model'>;
};
