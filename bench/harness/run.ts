import { nowMs } from '../../servers/meter/clock.ts';
import { conclude, evidenceOf } from '../analysis/findings.ts';
import { BrokerSteps, brokerEstimateMs } from '../broker/broker-steps.ts';
import type { Rabbit } from '../broker/rabbit.ts';
import type { Experiment, Machine, PathsTrial, Plan, Profile, TrialPlan } from '../experiment.ts';
import type { Result, Trial } from '../result.ts';
import { InPlannedOrder, inPlannedOrder, Order } from './order.ts';
import { nginxRemedy } from './paths/nginx.ts';
import type { Step } from './step.ts';
import { Bench, type Elsewhere } from './trial.ts';
import { unfinishedTrials } from './trial-frame.ts';

/** Time that a trial takes beside its window: starting servers, connecting clients, draining. By experience on two cores. */
const trialOverheadMs = 170;
const ownProcessesMs = 1300;
const ownFleetMs = 40;
const connectMs = 0.5;

/** Within this time a signal to a whole group has reached all of it. */
const signalMs = 50;

/** How long the trials of an experiment are going to take, roughly. */
export function estimateMs(
  experiment: Experiment,
  profile: Profile,
  machine: Machine,
  rabbit?: Rabbit,
): number {
  const plan = experiment.plan(profile, machine);
  const { trials, capacity, probes = [], rooms = [], paths = [], broker = [] } = plan;
  const others = [...(capacity ? [capacity] : []), ...probes, ...rooms];
  return [
    ...trials.map(trialMs),
    ...others.map(otherMs),
    ...paths.map(pathsMs),
    brokerEstimateMs(broker, rabbit),
  ].reduce((sum, ms) => sum + ms, 0);
}

function trialMs(plan: TrialPlan): number {
  const clients = plan.groups.reduce((sum, group) => sum + group.clients, 0);
  const drainMs = Math.max(0, ...plan.groups.map((group) => group.intervalMs ?? 0)) * (plan.giveUp ? 0 : 0.9);
  return (
    plan.durationMs +
    trialOverheadMs +
    drainMs +
    clients * connectMs +
    (plan.ownProcesses ? ownProcessesMs : 0) +
    (plan.ownFleets ? plan.groups.length * ownFleetMs : 0)
  );
}

/** A path that fails takes all the time that it is given, so the whole matrix does. */
function pathsMs({ connectLimitMs, messages, intervalMs, drainMs }: PathsTrial): number {
  return connectLimitMs + messages * intervalMs + drainMs + ownProcessesMs;
}

function otherMs({ durationMs }: { durationMs: number }): number {
  return durationMs + trialOverheadMs;
}

/** A result of the lab: its profile is one that can be planned for. */
export type LabResult = Result & { lab: { profile: Profile } };

/**
 * Runs experiments one after the other and enters everything into one result.
 * A trial that fails is recorded as failed and the run goes on in new processes. When `signal`
 * aborts, the trial under way is recorded as interrupted, the processes are ended, and the findings
 * are drawn from what is there.
 */
export class Run {
  readonly #result: LabResult;
  readonly #machine: Machine;
  readonly #signal: AbortSignal;
  readonly #onChange: () => void;
  readonly #atBroker: BrokerSteps | undefined;
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
    this.#atBroker = rabbit && new BrokerSteps(rabbit, result, signal);
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
    return this.#elsewhere?.agents.problem ?? this.#atBroker?.problem;
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
    this.#atBroker?.kill();
  }

  /** All that an experiment wants done, one after the other. */
  #steps(id: string, { trials, capacity, probes = [], rooms = [], paths = [], broker = [] }: Plan): Step[] {
    const { capacities, probes: probed } = this.#result;
    const beside = (what: string, measure: (bench: Bench) => Promise<unknown>) => () =>
      this.#beside(what, measure);
    const order = new Order(this.#result.lab.seed);
    const measured = new InPlannedOrder(this.#result.trials);
    const inRooms = new InPlannedOrder(probed);
    return [
      ...order.ofTrials(trials).map((turn, index) => ({
        text: `${index + 1} of ${trials.length} · ${describe(turn.plan)}`,
        ms: trialMs(turn.plan),
        run: async () => measured.enter(turn.place, inPlannedOrder(await this.#trial(id, turn.plan), turn)),
      })),
      ...(capacity ? [capacity] : []).map((plan) => ({
        text: 'raw capacity of the short-poll server',
        ms: otherMs(plan),
        run: beside('Raw poll capacity', async (bench) => capacities.push(await bench.capacity(id, plan))),
      })),
      ...probes.map((plan) => ({
        text: plan.name,
        ms: otherMs(plan),
        run: beside(`“${plan.name}”`, async (bench) => probed.push(...(await bench.probe(id, plan)))),
      })),
      ...order.ofAll(rooms).map(({ item: plan, place }, index) => ({
        text: `${index + 1} of ${rooms.length} · a ${plan.kind} room, ${plan.visitors || plan.cycles} people`,
        ms: otherMs(plan),
        run: beside('A chat room', async (bench) => inRooms.enter(place, [await bench.room(id, plan)])),
      })),
      ...paths.map((plan, index) => ({
        text: `${index + 1} of ${paths.length} · every transport on every path, ${plan.proxy} proxies`,
        ms: pathsMs(plan),
        run: beside('A network path', (bench) => this.#paths(id, bench, plan)),
      })),
      ...(this.#atBroker && broker.length > 0 ? this.#atBroker.steps(id, order.ofAll(broker)) : []),
    ];
  }

  async #trial(id: string, plan: TrialPlan): Promise<Trial[]> {
    try {
      if (plan.ownProcesses) this.end();
      const bench = await this.#warmBench();
      // Without one of them the others would wait for each other until their limits.
      const lost = bench.lost.then((error) => Promise.reject(error));
      return await Promise.race([bench.run(id, plan, this.#result.lab.seed), lost]);
    } catch (error) {
      // Ctrl-C may end a child that is still starting before this process has heard of it.
      await new Promise((heard) => setTimeout(heard, signalMs));
      // When a process has ended, what the others say of it is only the consequence.
      const { message } = this.#bench?.ended ?? (error as Error);
      this.end();
      return this.#signal.aborted
        ? unfinishedTrials(id, plan, 'interrupted', 'the run was interrupted')
        : unfinishedTrials(id, plan, 'failed', message);
    }
  }

  async #paths(id: string, bench: Bench, plan: PathsTrial): Promise<void> {
    const trials = await bench.paths(id, plan, plan.repeat);
    if (trials) this.#result.trials.push(...trials);
    else this.#result.environment.warnings.push(`The ${plan.proxy} paths were left out: ${nginxRemedy}.`);
  }

  /** Measures something that is no trial; when it fails, the result says so and the run goes on. */
  async #beside(what: string, measure: (bench: Bench) => Promise<unknown>): Promise<void> {
    try {
      await measure(await this.#warmBench());
    } catch (error) {
      this.end();
      if (!this.#signal.aborted)
        this.#result.environment.warnings.push(`${what} was not measured: ${(error as Error).message}.`);
    }
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
    await Promise.race([bench.warmUp(), bench.lost.then((error) => Promise.reject(error))]);
    return bench;
  }
}

/** A plan in a few words, for whoever watches. */
function describe({ groups, schedule, link, publish, ownFleets, trace }: TrialPlan): string {
  const [only] = groups.length === 1 ? groups : [];
  const words = [
    only ? only.transport : 'all transports at the same time',
    only && `${only.clients} clients${only.intervalMs ? ` every ${only.intervalMs} ms` : ''}`,
    only?.server?.framework === 'http' && 'without a framework',
    ownFleets && 'one process per client',
    publish
      ? 'all publish'
      : `${Number(schedule.ratePerSecond.toPrecision(3))} messages/s (${schedule.kind})`,
    link && `one-way delay ${link.oneWayMs} ms`,
    trace && 'with a trace of each message',
  ];
  return words.filter(Boolean).join(', ');
}
