import type { BrokerTrialPlan } from '../experiment.ts';
import { InPlannedOrder } from '../harness/order.ts';
import type { Step } from '../harness/step.ts';
import type { Result, Trial } from '../result.ts';
import { nameOf, unfinishedBrokerTrials } from './broker-trial.ts';
import { type Rabbit, startMs } from './rabbit.ts';

/** Time for processes to start, and for a trial beside its window. By experience on two cores. */
const warmUpMs = 2000;
const trialOverheadMs = 250;

/** A broker that is just ending may still take a connection, and break it: within this time it has ended. */
const endingMs = 500;

/** How long trials at a broker are going to take, roughly, and the start of one if it is to be the run's own. */
export function brokerEstimateMs(plans: readonly BrokerTrialPlan[], rabbit?: Rabbit): number {
  if (plans.length === 0) return 0;
  const openMs = warmUpMs + (rabbit?.startsOwn ? startMs : 0);
  return plans.reduce((sum, plan) => sum + trialMs(plan), openMs);
}

function trialMs({ durationMs }: BrokerTrialPlan): number {
  return durationMs + trialOverheadMs;
}

/**
 * The part of a run that needs a broker. When the broker is lost, the trial under way is recorded as failed,
 * those after it are left out, and the run goes on without them.
 */
export class BrokerSteps {
  /** Why the broker was given up, in one line with what to do; `undefined` while all is well. */
  problem: string | undefined;
  readonly #rabbit: Rabbit;
  readonly #result: Result;
  readonly #signal: AbortSignal;

  constructor(rabbit: Rabbit, result: Result, signal: AbortSignal) {
    this.#rabbit = rabbit;
    this.#result = result;
    this.#signal = signal;
  }

  /** The trials, in the order in which they are given; before them the broker's start, and after them its end, where it is the run's own. */
  steps(id: string, plans: readonly { item: BrokerTrialPlan; place: number }[]): Step[] {
    const measured = new InPlannedOrder(this.#result.trials);
    const own = this.#rabbit.startsOwn;
    return [
      {
        text: own ? 'start RabbitMQ' : 'check RabbitMQ',
        ms: warmUpMs + (own ? startMs : 0),
        run: () => this.#open(),
      },
      ...plans.map(({ item: plan, place }, index) => ({
        text: `${index + 1} of ${plans.length} · ${describe(plan)}`,
        ms: trialMs(plan),
        run: () => this.#trial(id, plan, (trials) => measured.enter(place, trials)),
      })),
      { text: 'close RabbitMQ', ms: 0, run: () => this.#rabbit.close() },
    ];
  }

  /** Ends the processes that publish and consume. */
  kill(): void {
    this.#rabbit.kill();
  }

  async #open(): Promise<void> {
    try {
      await this.#rabbit.open(this.#signal);
      const problem = await this.#rabbit.problem();
      if (problem) this.#giveUp(problem);
      else await this.#rabbit.bench();
    } catch (error) {
      if (!this.#signal.aborted) this.#giveUp((error as Error).message);
    }
  }

  async #trial(id: string, plan: BrokerTrialPlan, enter: (trials: Trial[]) => void): Promise<void> {
    if (this.problem !== undefined) return;
    try {
      const bench = await this.#rabbit.bench();
      enter(await bench.run(id, plan, this.#result.lab.seed));
    } catch (error) {
      this.kill();
      await new Promise((ended) => setTimeout(ended, endingMs));
      const problem = this.#signal.aborted ? undefined : await this.#rabbit.problem();
      const [status, why] = this.#signal.aborted
        ? (['interrupted', 'the run was interrupted'] as const)
        : (['failed', problem ?? (error as Error).message] as const);
      enter(unfinishedBrokerTrials(id, plan, status, why));
      if (problem) this.#giveUp(`RabbitMQ disconnected during the run: ${problem}, and repeat the run`);
    }
  }

  #giveUp(problem: string): void {
    this.problem = problem;
    this.#result.environment.warnings.push(`${problem}.`);
  }
}

/** A plan in a few words, for whoever watches. */
function describe({ groups, schedule, handlingMs, death, oneWayMs }: BrokerTrialPlan): string {
  const [only] = groups.length === 1 ? groups : [];
  const words = [
    only ? nameOf(only) : 'all consumers at the same time',
    schedule.kind === 'burst'
      ? `${schedule.burstSize} messages at once`
      : `${Number(schedule.ratePerSecond.toPrecision(3))} messages/s (${schedule.kind})`,
    handlingMs && `${handlingMs} ms to handle each`,
    death && 'consumers that die',
    oneWayMs && `one-way delay ${oneWayMs} ms`,
  ];
  return words.filter(Boolean).join(', ');
}
