import { describe, expect, it } from 'vitest';
import type { AnyTrialPlan, TrialPlan } from '../experiment.ts';
import { experiments } from '../experiments/experiments.ts';
import { InPlannedOrder, inPlannedOrder, Order } from './order.ts';

const clientsOf = ({ groups }: AnyTrialPlan) => groups[0]?.clients;

const plans = (repeats: number, change: Partial<TrialPlan> = {}): TrialPlan[] =>
  Array.from({ length: repeats }, (_, index) => index + 1).flatMap((repeat) =>
    [1, 2, 3, 4, 5, 6].map((clients) => ({
      groups: [{ transport: 'push' as const, clients }],
      schedule: { kind: 'periodic' as const, ratePerSecond: 1 },
      durationMs: 1000,
      repeat,
      ...change,
    })),
  );

describe('the order of the trials', () => {
  const planned = plans(3);
  const run = (seed: number) => new Order(seed).ofTrials(planned);
  const ofRepeat = (seed: number, repeat: number) =>
    run(seed)
      .filter(({ plan }) => plan.repeat === repeat)
      .map(({ plan }) => clientsOf(plan));

  it('is drawn for each repeat, the first included', () => {
    const orders = [1, 2, 3].map((repeat) => ofRepeat(45, repeat));
    for (const order of orders) expect(order.toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(orders[0]).not.toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(orders.map((order) => order.join())).size).toBe(3);
  });

  it('is that of the seed', () => {
    expect(run(45)).toEqual(run(45));
    const firsts = Array.from({ length: 50 }, (_, seed) => ofRepeat(seed, 1).join());
    expect(new Set(firsts).size).toBeGreaterThan(25);
    for (const place of [0, 5]) expect(new Set(firsts.map((order) => order.split(',')[place])).size).toBe(6);
  });

  it('keeps the repeats one after the other', () => {
    const repeats = run(45).map(({ plan }) => plan.repeat);
    expect(repeats).toEqual(repeats.toSorted());
  });

  it('says where each trial is in the plan', () => {
    for (const { plan, place } of run(45)) expect(plan).toEqual(planned[place]);
  });

  it('has trials in processes of their own last', () => {
    const mixed = [...plans(1, { ownProcesses: true }), ...plans(2)];
    const own = new Order(45)
      .ofTrials(mixed)
      .map(({ plan }) => ('ownProcesses' in plan && plan.ownProcesses) || false);
    expect(own).toEqual([...Array(12).fill(false), ...Array(6).fill(true)]);
  });
});

describe('the order of the groups of a trial', () => {
  const groups = (['push', 'sse', 'tcp-push', 'notify', 'long-poll'] as const).map((transport) => ({
    transport,
    clients: 1,
  }));
  const turns = (change: Partial<TrialPlan> = {}) => new Order(45).ofTrials(plans(1, { groups, ...change }));

  it('is drawn, and what comes of them is put back into that of the plan', () => {
    const orders = turns().map((turn) => {
      expect(inPlannedOrder<object>(turn.plan.groups, turn)).toEqual(groups);
      return turn.plan.groups.map(({ transport }) => transport).join();
    });
    expect(new Set(orders).size).toBeGreaterThan(3);
  });

  it('stays where every message is followed', () => {
    for (const { plan } of turns({ trace: true })) expect(plan.groups).toEqual(groups);
  });
});

it('enters what was measured in the order of the plan, behind what was there', () => {
  const list = ['earlier'];
  const measured = new InPlannedOrder(list);
  measured.enter(2, ['c']);
  measured.enter(0, ['a1', 'a2']);
  expect(list).toEqual(['earlier', 'a1', 'a2', 'c']);
  measured.enter(1, ['b']);
  expect(list).toEqual(['earlier', 'a1', 'a2', 'b', 'c']);
});

it('leaves out nothing that an experiment planned', () => {
  for (const { plan } of experiments) {
    const { trials } = plan('full', { clientsMax: 20_000, cores: 2 });
    const turns = new Order(45).ofTrials(trials);
    expect(turns.map(({ place }) => place).toSorted((a, b) => a - b)).toEqual(
      trials.map((_, index) => index),
    );
  }
});
