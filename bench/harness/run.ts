import { judge } from '../analysis/findings.ts';
import type { CapacityPlan, Experiment, Machine, Profile, TrialPlan } from '../experiment.ts';
import type { Result, Trial } from '../result.ts';
import { Bench, unfinishedTrials } from './trial.ts';

/** Time that a trial takes beside its window: starting servers, connecting clients, draining. By experience on two cores. */
const trialOverheadMs = 350;
const ownProcessesMs = 1300;
const connectMs = 0.5;

/** How long the trials of an experiment are going to take, roughly. */
export function estimateMs(experiment: Experiment, profile: Profile, machine: Machine): number {
  const { trials, capacity } = experiment.plan(profile, machine);
  const capacityMs = capacity ? capacity.durationMs + trialOverheadMs : 0;
  return trials.reduce((sum, plan) => sum + trialMs(plan), capacityMs);
}

function trialMs(plan: TrialPlan): number {
  const clients = plan.groups.reduce((sum, group) => sum + group.clients, 0);
  const drainMs = Math.max(0, ...plan.groups.map((group) => group.intervalMs ?? 0)) * (plan.giveUp ? 0 : 0.9);
  return (
    plan.durationMs +
    trialOverheadMs +
    drainMs +
    clients * connectMs +
    (plan.ownProcesses ? ownProcessesMs : 0)
  );
}

/**
 * Runs experiments one after the other and enters everything into one result.
 * A trial that fails is recorded as failed and the run goes on in new processes. When `signal`
 * aborts, the trial under way is recorded as interrupted, the processes are ended, and the findings
 * are drawn from what is there.
 */
export class Run {
  readonly #result: Result;
  readonly #machine: Machine;
  readonly #signal: AbortSignal;
  readonly #onChange: () => void;
  #bench: Bench | undefined;
  #leftMs = 0;

  /** `onChange` is called whenever something was added to the result. */
  constructor(
    result: Result,
    machine: Machine,
    experiments: readonly Experiment[],
    signal: AbortSignal,
    onChange: () => void,
  ) {
    this.#result = result;
    this.#machine = machine;
    this.#signal = signal;
    this.#onChange = onChange;
    for (const experiment of experiments) this.#leftMs += estimateMs(experiment, result.lab.profile, machine);
    signal.addEventListener('abort', () => this.end());
  }

  /** Runs all trials of one experiment, then judges it. `onStep` is told what comes next and what is left of the whole run. */
  async experiment(experiment: Experiment, onStep: (text: string) => void): Promise<void> {
    const { id } = experiment.text;
    const { trials, capacity } = experiment.plan(this.#result.lab.profile, this.#machine);
    const step = (text: string) =>
      onStep(`${text} · about ${Math.max(1, Math.ceil(this.#leftMs / 1000))} s left`);
    for (const [index, plan] of trials.entries()) {
      if (this.#signal.aborted) break;
      step(`${index + 1} of ${trials.length} · ${describe(plan)}`);
      this.#result.trials.push(...(await this.#trial(id, plan)));
      this.#leftMs -= trialMs(plan);
      this.#onChange();
    }
    if (capacity && !this.#signal.aborted) {
      step('raw capacity of the short-poll server');
      await this.#capacity(id, capacity);
      this.#leftMs -= capacity.durationMs + trialOverheadMs;
    }
    this.#result.findings.push(judge(experiment, evidenceOf(id, this.#result)));
    this.#onChange();
  }

  /** Ends the processes. */
  end(): void {
    this.#bench?.kill();
    this.#bench = undefined;
  }

  async #trial(id: string, plan: TrialPlan): Promise<Trial[]> {
    try {
      if (plan.ownProcesses) this.end();
      const bench = await this.#warmBench();
      return await bench.run(id, plan, this.#result.lab.seed);
    } catch (error) {
      this.end();
      return this.#signal.aborted
        ? unfinishedTrials(id, plan, 'interrupted', 'the run was interrupted')
        : unfinishedTrials(id, plan, 'failed', (error as Error).message);
    }
  }

  async #capacity(id: string, plan: CapacityPlan): Promise<void> {
    try {
      const bench = await this.#warmBench();
      this.#result.capacities.push(await bench.capacity(id, plan));
    } catch (error) {
      this.end();
      if (!this.#signal.aborted)
        this.#result.environment.warnings.push(
          `Raw poll capacity was not measured: ${(error as Error).message}.`,
        );
    }
  }

  async #warmBench(): Promise<Bench> {
    if (this.#bench) return this.#bench;
    this.#bench = new Bench();
    await this.#bench.warmUp();
    return this.#bench;
  }
}

function evidenceOf(id: string, { trials, capacities }: Result) {
  return {
    trials: trials.filter(({ experiment }) => experiment === id),
    capacities: capacities.filter(({ experiment }) => experiment === id),
  };
}

/** A plan in a few words, for whoever watches. */
function describe({ groups, schedule }: TrialPlan): string {
  const clients = groups.length === 1 ? `${groups[0]?.clients} clients` : 'all at once on one source';
  const names = groups.length === 1 ? `${groups[0]?.transport}, ` : '';
  const interval = groups.length === 1 && groups[0]?.intervalMs ? ` every ${groups[0].intervalMs} ms` : '';
  return `${names}${clients}${interval}, ${schedule.ratePerSecond} messages/s (${schedule.kind})`;
}
