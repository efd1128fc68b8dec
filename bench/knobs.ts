import type { z } from 'zod';
import type { TransportName } from '../clients/transports.ts';

/** A schema is made by a function of zod, so that the report's page reads the labels here without the library. */
type Zod = typeof z;

/**
 * The options of the clients of one group. A knob is declared here alone: its plan, the command to an agent,
 * the parameters in the result and the report's lanes are derived from it. It is read where it acts.
 */
type Knob<Schema extends z.ZodType, Default> = {
  schema: (zod: Zod) => Schema;
  default: Default;
  /** Its entry among a trial's parameters, by its planned value; `undefined` for none. Default: none. */
  parameter?: (planned: z.output<Schema> | undefined, group: Group) => z.output<Schema> | undefined;
  /** Its part of a trial's id. Default: none. */
  idWord?: (planned: z.output<Schema> | undefined) => string | 0 | false | undefined;
  /** How the report names a lane with this parameter. Default: not at all. */
  label?: (parameter: z.output<Schema> | undefined) => string;
  /** Clients with another value than the default can't be divided among agents. */
  hereOnly?: true;
};

/** What decides which knobs a group has. */
type Group = { transport: TransportName; slowClients?: number; isAway: boolean };

function knob<Schema extends z.ZodType, Default extends z.output<Schema> | undefined>(
  declared: Knob<Schema, Default>,
): Knob<Schema, Default> {
  return declared;
}

const count = (zod: Zod) => zod.number().int().nonnegative();
const measured = (zod: Zod) => zod.number().nonnegative();
const backoffLabels = { jittered: 'full-jitter backoff', fixed: 'fixed backoff', immediate: 'no backoff' };

export const knobs = {
  /** Time from slot to slot, for polls. */
  intervalMs: knob({
    schema: measured,
    default: 0,
    parameter: (ms, { transport }) =>
      transport === 'short-poll' || transport === 'notify' ? ms || undefined : undefined,
  }),
  /** The number of slow clients: the first of the group. */
  slowClients: knob({
    schema: count,
    default: 0,
    parameter: (clients) => clients || undefined,
    idWord: (clients) => clients && `${clients}-slow`,
    label: (clients) => (clients ? `${clients} slow` : ''),
    hereOnly: true,
  }),
  /** Which messages the clients want. */
  contract: knob({
    schema: (zod) => zod.enum(['every', 'latest']),
    default: 'every',
    idWord: (contract) => contract === 'latest' && contract,
  }),
  /** Whether polling clients keep their connection open between two polls. */
  keepAlive: knob({
    schema: (zod) => zod.boolean(),
    default: true,
    parameter: (keepAlive) => (keepAlive === false ? keepAlive : undefined),
    idWord: (keepAlive) => keepAlive === false && 'reconnecting',
    label: (keepAlive) => (keepAlive === false ? 'no keep-alive' : ''),
  }),
  /** Time that a slow client takes for each message. */
  handlingMs: knob({
    schema: measured,
    default: 0,
    parameter: (ms, { slowClients }) => (slowClients ? ms : undefined),
    hereOnly: true,
  }),
  /** How slow clients are slow: they stop reading, or read on while their handlers pile up. */
  slowBy: knob({
    schema: (zod) => zod.enum(['pause', 'sleep']),
    default: 'pause',
    parameter: (how = 'pause', { slowClients }) => (slowClients ? how : undefined),
    idWord: (how) => how === 'sleep' && 'sleeping',
  }),
  /** Whether clients that were away continue from their cursor. `false`: push as if there were no log. */
  replay: knob({
    schema: (zod) => zod.boolean(),
    default: true,
    parameter: (replay = true, { isAway }) => (isAway ? replay : undefined),
    idWord: (replay) => replay === false && 'without-replay',
    label: (replay) => (replay === undefined ? '' : replay ? 'with a cursor' : 'without a log'),
  }),
  /** How clients wait before they try again. */
  backoff: knob({
    schema: (zod) => zod.enum(['jittered', 'fixed', 'immediate']),
    default: 'jittered',
    parameter: (backoff) => backoff,
    idWord: (backoff) => backoff,
    label: (backoff) => (backoff ? backoffLabels[backoff] : ''),
  }),
  /** All polls are sent at the same instant, instead of being spread over the interval. */
  inPhase: knob({
    schema: (zod) => zod.boolean(),
    default: false,
    parameter: (inPhase) => inPhase || undefined,
    idWord: (inPhase) => inPhase && 'in-phase',
    label: (inPhase) => (inPhase ? 'synchronized' : ''),
    hereOnly: true,
  }),
  /** Messages that clients of a `credit` server request at a time. Default: no limit. */
  credit: knob({ schema: count, default: undefined, hereOnly: true }),
};

type Knobs = typeof knobs;
type Name = keyof Knobs;
type Value<Of extends Name> = z.output<ReturnType<Knobs[Of]['schema']>>;

/** The options of a group in a plan. */
export type PlannedOptions = { [Of in keyof Knobs]?: Value<Of> };

/** All options of a group, as its clients get them. */
export type GroupOptions = { [Of in keyof Knobs]: Value<Of> | Knobs[Of]['default'] };

/** Fills in the defaults. */
export function optionsOf(planned: PlannedOptions): GroupOptions {
  return forEach((one, name) => planned[name] ?? one.default) as GroupOptions;
}

/** The shape of options that an agent accepts: every knob, with its default where only that can be divided. */
export function dividedOptionsSchema(zod: Zod) {
  return zod.strictObject(
    forEach((one) => {
      if (!one.hereOnly) return one.schema(zod);
      return one.default === undefined
        ? zod.undefined().optional()
        : zod.literal(one.default as number | boolean);
    }) as { [Of in keyof Knobs]: z.ZodType<GroupOptions[Of]> },
  );
}

/** Whether clients with these options can be divided among agents. */
export function canDivide(planned: PlannedOptions): boolean {
  const divides = forEach((one, name) => !one.hereOnly || (planned[name] ?? one.default) === one.default);
  return Object.values(divides).every(Boolean);
}

/** The knobs among the parameters of a result. */
export function parameterShape(zod: Zod) {
  return forEach((one) => one.schema(zod).optional()) as {
    [Of in keyof Knobs]: z.ZodOptional<ReturnType<Knobs[Of]['schema']>>;
  };
}

/** The knobs of a group as a result has them, in the order of their declaration. */
export function parametersOfKnobs(planned: PlannedOptions, group: Group): PlannedOptions {
  const all = forEach((one, name) => one.parameter?.(planned[name], group));
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The words of a group's id that its knobs make. */
export function idWordsOfKnobs(planned: PlannedOptions): unknown[] {
  return Object.values(forEach((one, name) => one.idWord?.(planned[name])));
}

/** For each knob that the report names: the name of a lane with these parameters, or none. */
export const knobLabels = Object.values(
  forEach(
    (one, name) =>
      one.label && ((parameters: Partial<Record<Name, unknown>>) => one.label?.(parameters[name]) ?? ''),
  ),
).filter((label) => label !== undefined);

/** A value of each knob. In here all are of one type: a declaration has been checked against its own. */
function forEach<Made>(make: (one: Knob<z.ZodType, unknown>, name: Name) => Made): Record<Name, Made> {
  const entries = Object.entries(knobs) as [Name, Knob<z.ZodType, unknown>][];
  return Object.fromEntries(entries.map(([name, one]) => [name, make(one, name)])) as Record<Name, Made>;
}
