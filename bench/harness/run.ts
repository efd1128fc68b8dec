import { nowMs } from '../../servers/meter/clock.ts';
import { conclude, evidenceOf } from '../analysis/findings.ts';
import { brokerFrameOf, describeBrokerTrial } from '../broker/broker-trial.ts';
import { type Rabbit, startMs } from '../broker/rabbit.ts';
import {
  type AnyTrialPlan,
  type Experiment,
  isAtBroker,
  type Machine,
  type Plan,
  type ProbePlan,
  type Profile,
} from '../experiment.ts';
import type { Result, Trial } from '../result.ts';
import { InPlannedOrder, inPlannedOrder, Order, type Turn } from './order.ts';
import { probeOf, type Yielded } from './probes/probes.ts';
import { Bench, type Elsewhere } from './trial.ts';
import { describeTrial, type Frame, frameOf, unfinishedTrial } from './trial-result.ts';

/** Time that a measurement takes in addition to its window: starting servers, connecting clients, draining. By experience on two cores. */
const overheadMs = 170;
const brokerOverheadMs = 250;
const brokerWarmUpMs = 2000;
const ownProcessesMs = 1300;
const ownLoadGeneratorMs = 40;
const connectMs = 0.5;

/** Within this time a signal to a whole group has reached all of it. */
const signalMs = 50;
/** A broker that is just ending may still accept a connection, and break it: within this time it has ended. */
const brokerEndingMs = 500;

/** How long the measurements of an experiment are going to take, roughly. */
export function estimateMs(
  experiment: Experiment,
  profile: Profile,
  machine: Machine,
  rabbit?: Rabbit,
): number {
  const { trials, probes = [] } = experiment.plan(profile, machine);
  const all = [...trials.map(trialMs), ...probes.map(probeMs)];
  if (trials.some(isAtBroker)) all.push(brokerStartMs(rabbit));
  return all.reduce((sum, ms) => sum + ms, 0);
}

function trialMs(plan: AnyTrialPlan): number {
  if (isAtBroker(plan)) return plan.durationMs + brokerOverheadMs;
  const clients = plan.groups.reduce((sum, group) => sum + group.clients, 0);
  const drainMs = Math.max(0, ...plan.groups.map((group) => group.intervalMs ?? 0)) * (plan.giveUp ? 0 : 0.9);
  return (
    plan.durationMs +
    overheadMs +
    drainMs +
    clients * connectMs +
    (plan.ownProcesses ? ownProcessesMs : 0) +
    (plan.ownLoadGenerators ? plan.groups.length * ownLoadGeneratorMs : 0)
  );
}

function probeMs({ durationMs }: ProbePlan): number {
  return durationMs + overheadMs;
}

function brokerStartMs(rabbit: Rabbit | undefined): number {
  return brokerWarmUpMs + (rabbit?.startsOwn ? startMs : 0);
}

/** One thing to do in a run: what it is, how long it takes, roughly, and how to do it. */
type Step = { text: string; ms: number; run: () => Promise<unknown> };

/** A result of the lab: its profile is one that can be planned for. */
export type LabResult = Result & { lab: { profile: Profile } };

/**
 * Runs experiments one after the other and enters everything into one result.
 * A trial that fails is recorded as failed and the run goes on in new processes; when a broker is lost, it goes
 * on without the broker's trials. When `signal` aborts, the trial under way is recorded as interrupted, the
 * processes are ended, and the findings are drawn from what is there.
 */
export class Run {
  readonly #result: LabResult;
  readonly #machine: Machine;
  readonly #signal: AbortSignal;
  readonly #onChange: () => void;
  readonly #rabbit: Rabbit | undefined;
  #brokerProblem: string | undefined;
  readonly #elsewhere: Elsewhere | undefined;
  #bench: Bench | undefined;
  #leftMs = 0;
  /** What this process took while others were measured. */
  readonly #own = { cpuMs: 0, ofMs: 0 };

  /** `onChange` is called whenever something was added to the result. Without `rabbit` there are no trials at a broker; with `elsewhere` clients are divided among agents. */
  constructor(
    result: LabResult,
    machine: Machine,
    experiments: readonly Experiment[],
    signal: AbortSignal,
    onChange: () => void,
    { rabbit, elsewhere }: { rabbit?: Rabbit; elsewhere?: Elsewhere } = {},
  ) {
    this.#result = result;
    this.#elsewhere = elsewhere;
    this.#machine = machine;
    this.#signal = signal;
    this.#onChange = onChange;
    this.#rabbit = rabbit;
    for (const experiment of experiments)
      this.#leftMs += estimateMs(experiment, result.lab.profile, machine, rabbit);
    signal.addEventListener('abort', () => this.end());
  }

  /** Runs all trials of one experiment, then judges it. `onStep` is told what comes next and what is left of the whole run. */
  async experiment(experiment: Experiment, onStep: (text: string) => void): Promise<void> {
    const plan = experiment.plan(this.#result.lab.profile, this.#machine);
    for (const { text, ms, run } of this.#steps(experiment.text.id, plan)) {
      if (this.#signal.aborted || this.#elsewhere?.agents.problem) break;
      onStep(`${text} · about ${Math.max(1, Math.ceil(this.#leftMs / 1000))} s left`);
      await this.#metered(run);
      this.#leftMs -= ms;
      this.#onChange();
    }
    this.#conclude(experiment);
    this.#onChange();
  }

  /** Why the broker was given up, in one line with what to do; `undefined` when all went well. */
  get brokerProblem(): string | undefined {
    return this.#elsewhere?.agents.problem ?? this.#brokerProblem;
  }

  async #metered(run: () => Promise<unknown>): Promise<void> {
    const [startMs, before] = [nowMs(), process.cpuUsage()];
    await run();
    const { user, system } = process.cpuUsage(before);
    this.#own.cpuMs += (user + system) / 1000;
    this.#own.ofMs += nowMs() - startMs;
    this.#result.lab.coordinatorCpuShare = Number((this.#own.cpuMs / this.#own.ofMs).toFixed(4));
  }

  /** Ends the processes. */
  end(): void {
    this.#bench?.kill();
    this.#bench = undefined;
    this.#rabbit?.kill();
  }

  /** All measurements of an experiment, one after the other: trials, trials at a broker where there is one, probes. */
  #steps(id: string, { trials, probes = [] }: Plan): Step[] {
    const order = new Order(this.#result.lab.seed);
    const measured = new InPlannedOrder(this.#result.trials);
    const turns = order.ofTrials(trials);
    const steps = (some: Turn[]) =>
      some.map(({ plan, place, groupPlaces }, index) => ({
        text: `${index + 1} of ${some.length} · ${isAtBroker(plan) ? describeBrokerTrial(plan) : describeTrial(plan)}`,
        ms: trialMs(plan),
        run: async () => measured.enter(place, inPlannedOrder(await this.#trial(id, plan), { groupPlaces })),
      }));
    const here = steps(turns.filter(({ plan }) => !isAtBroker(plan)));
    const atBroker = steps(turns.filter(({ plan }) => isAtBroker(plan)));
    return [...here, ...this.#withBroker(atBroker), ...this.#probes(id, order, probes)];
  }

  /** The broker's start comes before its trials, and its end after them, where it is the run's own. */
  #withBroker(trials: Step[]): Step[] {
    const rabbit = this.#rabbit;
    if (!rabbit || trials.length === 0) return [];
    const open = {
      text: rabbit.startsOwn ? 'start RabbitMQ' : 'check RabbitMQ',
      ms: brokerStartMs(rabbit),
      run: () => this.#openBroker(rabbit),
    };
    return [open, ...trials, { text: 'close RabbitMQ', ms: 0, run: () => rabbit.close() }];
  }

  #probes(id: string, order: Order, probes: readonly ProbePlan[]): Step[] {
    const lists = (['trials', 'capacities', 'probes'] as const).map(
      (name) => [name, new InPlannedOrder<object>(this.#result[name])] as const,
    );
    return order.ofAll(probes).map(({ item: plan, place }, index) => ({
      text: `${plan.repeat === undefined ? '' : `${index + 1} of ${probes.length} · `}${probeOf(plan).describe(plan)}`,
      ms: probeMs(plan),
      run: async () => {
        const yielded = await this.#probe(id, plan);
        for (const [name, list] of lists) list.enter(place, yielded[name] ?? []);
        if (yielded.leftOut) this.#result.environment.warnings.push(`${yielded.leftOut}.`);
      },
    }));
  }

  async #trial(id: string, plan: AnyTrialPlan): Promise<Trial[]> {
    if (isAtBroker(plan) && this.#brokerProblem !== undefined) return [];
    try {
      const { seed } = this.#result.lab;
      if (isAtBroker(plan)) return await (await (this.#rabbit as Rabbit).bench()).run(id, plan, seed);
      if (plan.ownProcesses) this.end();
      return await (await this.#warmBench()).run(id, plan, seed);
    } catch (error) {
      const why = await this.#whyFailed(error as Error, plan);
      const unfinished: [Exclude<Trial['status'], 'ok'>, string] = this.#signal.aborted
        ? ['interrupted', 'the run was interrupted']
        : ['failed', why];
      return framesOf(id, plan).map((frame) => unfinishedTrial(frame, ...unfinished));
    }
  }

  /** Ends the processes. A broker that is lost is given up. */
  async #whyFailed(error: Error, plan: AnyTrialPlan): Promise<string> {
    const atBroker = isAtBroker(plan);
    if (atBroker) this.#rabbit?.kill();
    // Ctrl-C may end a child that is still starting before this process has heard of it.
    await new Promise((heard) => setTimeout(heard, atBroker ? brokerEndingMs : signalMs));
    // When a process has ended, what the others say of it is only the consequence.
    const { message } = (atBroker ? undefined : this.#bench?.ended) ?? error;
    this.end();
    const problem = atBroker && !this.#signal.aborted && (await this.#rabbit?.problem());
    if (!problem) return message;
    this.#giveUpBroker(`RabbitMQ disconnected during the run: ${problem}, and repeat the run`);
    return problem;
  }

  async #probe(id: string, plan: ProbePlan): Promise<Yielded> {
    try {
      return await (await this.#warmBench()).probe(id, plan);
    } catch (error) {
      this.end();
      if (this.#signal.aborted) return {};
      return { leftOut: `${probeOf(plan).subject} was not measured: ${(error as Error).message}` };
    }
  }

  async #openBroker(rabbit: Rabbit): Promise<void> {
    try {
      await rabbit.open(this.#signal);
      const problem = await rabbit.problem();
      if (problem) this.#giveUpBroker(problem);
      else await rabbit.bench();
    } catch (error) {
      if (!this.#signal.aborted) this.#giveUpBroker((error as Error).message);
    }
  }

  #giveUpBroker(problem: string): void {
    this.#brokerProblem = problem;
    this.#result.environment.warnings.push(`${problem}.`);
  }

  /** Draws from an experiment's evidence all that it has to say. */
  #conclude(experiment: Experiment): void {
    const { figures, fits, pairs, finding } = conclude(
      experiment,
      evidenceOf(experiment.text.id, this.#result),
    );
    this.#result.figures.push(...figures);
    this.#result.fits.push(...fits);
    this.#result.pairs.push(...pairs);
    this.#result.findings.push(finding);
  }

  async #warmBench(): Promise<Bench> {
    if (this.#bench) return this.#bench;
    const bench = new Bench(this.#elsewhere);
    this.#bench = bench;
    await bench.warmUp();
    return bench;
  }
}

/** Ids and parameters of a trial, one for each group. */
export function framesOf(id: string, plan: AnyTrialPlan): Frame[] {
  return isAtBroker(plan)
    ? plan.groups.map((group) => brokerFrameOf(id, plan, group))
    : plan.groups.map((group) => frameOf(id, plan, group));
}
