import type { Cohort, Trial } from '../../../bench/result.ts';
import { type TransportName, transportLooks, transportNames } from '../../../clients/transports.ts';
import { counted } from '../../units.ts';
import type { Point, Shade } from '../figure.ts';
import { byValue, middle } from '../lanes.ts';
import { type ColumnOf, words } from '../table.ts';

/** A minute and more: those trials are drawn by themselves. */
const longMs = 60_000;

/** Policies from none to the one that asks first; trials without a policy are pulled and come last. */
const policyOrder = ['unbounded', 'drop-newest', 'drop-oldest', 'conflate', 'disconnect', 'credit'];

/** The runs of one transport under one policy, by how many of the crowd were slow. */
export type Case = { id: string; name: string; transport: TransportName; policy?: string; mixes: Mix[] };

/** What one small panel shows: a policy, or all that pull, which differ in nothing that it draws. */
export type Shown = { id: string; name: string; cases: Case[] };

/** A panel for each policy, and one for all that pull. */
export function shownCases(cases: readonly Case[]): Shown[] {
  const pulled = cases.filter(({ policy }) => !policy);
  return [
    ...cases.filter(({ policy }) => policy).map((one) => ({ id: one.id, name: one.name, cases: [one] })),
    ...(pulled.length > 0
      ? [{ id: 'pulled', name: pulled.map(({ name }) => name).join(', '), cases: pulled }]
      : []),
  ];
}

/** Runs with as many slow clients. The first of a case's mixes is the one with the fewest. */
export type Mix = { slow: number; of: number; words: string; runs: Trial[] };

/** A case and one of its mixes: a row of a table. */
export type Row = Case & Mix;

export function rowsOf(cases: readonly Case[]): Row[] {
  return cases.flatMap((one) => one.mixes.map((mix) => ({ ...one, ...mix })));
}

export function isLong({ durationMs }: Trial): boolean {
  return durationMs >= longMs;
}

/** Push under every policy first, then what else pushes, then what pulls. */
export function casesOf(trials: readonly Trial[]): Case[] {
  return transportNames.flatMap((transport) => {
    const own = trials.filter((trial) => trial.transport === transport);
    return policiesIn(own).map((policy) => ({
      id: [transport, policy].filter(Boolean).join('-'),
      name: caseName(transport, policy),
      transport,
      ...(policy && { policy }),
      mixes: mixesOf(own.filter(({ parameters }) => parameters.policy === policy)),
    }));
  });
}

function policiesIn(trials: readonly Trial[]): (string | undefined)[] {
  const place = (policy: string | undefined) => policyOrder.indexOf(policy ?? '');
  return [...new Set(trials.map(({ parameters }) => parameters.policy))].sort((a, b) => place(a) - place(b));
}

/** "drop-oldest" for push over WebSocket, "drop-oldest, push (SSE)" for another; a transport that pulls has only its name. */
function caseName(transport: TransportName, policy: string | undefined): string {
  const { label } = transportLooks[transport];
  if (!policy) return label;
  return transport === 'push' ? policy : `${policy}, ${label}`;
}

function mixesOf(trials: readonly Trial[]): Mix[] {
  return byValue(trials, ({ parameters }) => parameters.slowClients).map(({ at: slow, runs }) => {
    const of = runs[0]?.clients.count ?? 0;
    return {
      slow,
      of,
      words: `${slow} of ${counted(of, 'client')} slow`,
      runs: runs.toSorted((a, b) => a.repeat - b.repeat),
    };
  });
}

export function cohortOf(trial: Trial | undefined, name: Cohort['name']): Cohort | undefined {
  return trial?.cohorts?.find((cohort) => cohort.name === name);
}

/**
 * When slow clients were slow. The result tells how many messages were due before that; of a periodic
 * source, whose first is due half a period in, n of them fill n periods.
 */
export function overloadOf(trial: Trial | undefined): Shade | undefined {
  const { ratePerSecond = 0, schedule, overloadMs } = trial?.parameters ?? {};
  const fast = cohortOf(trial, 'fast');
  if (!fast?.phases || !overloadMs || schedule !== 'periodic' || ratePerSecond <= 0 || fast.clients === 0)
    return undefined;
  const from = (1000 * fast.phases.before.count) / fast.clients / ratePerSecond;
  return { from, to: from + overloadMs, text: 'overload' };
}

/** What a slow client handles while it is slow, and what is due to it meanwhile, in messages a second. */
export function ratesOf({ parameters }: Trial): { due: number; handled: number } | undefined {
  const { ratePerSecond, handlingMs } = parameters;
  return handlingMs ? { due: ratePerSecond, handled: 1000 / handlingMs } : undefined;
}

/** The columns that say which row it is. */
export const rowColumns: ColumnOf<{ name: string; words: string }>[] = [
  words('policy', ({ name }) => name),
  words('slow clients', ({ words }) => words),
];

/** Values of a series over time, at most so many, without what lies on a level stretch. */
export function pointsOf(
  { series }: Trial,
  of: (series: NonNullable<Trial['series']>, index: number) => number | null | undefined,
  pointsMax: number,
): Point[] {
  if (!series) return [];
  const step = Math.max(1, Math.ceil(series.atMs.length / pointsMax));
  const points = series.atMs.flatMap((atMs, index) => {
    const y = of(series, index);
    const isTaken = index % step === 0 || index === series.atMs.length - 1;
    return typeof y === 'number' && isTaken ? [{ x: Math.round(atMs), y }] : [];
  });
  return points.filter(({ y }, index) => y !== points[index - 1]?.y || y !== points[index + 1]?.y);
}

/** The largest value over time; the middle of several runs. */
export function mostOf(trials: readonly Trial[], of: (trial: Trial) => readonly (number | null)[]): number {
  return middle(trials.map((trial) => Math.max(0, ...of(trial).map((value) => value ?? 0)))) ?? 0;
}
