import { median as medianOf } from 'simple-statistics';
import { z } from 'zod';
import { type Interval, ratioInterval } from './interval.ts';

/**
 * The file that a contest with its peers leaves, and what may be said of it. Every value has its place in a
 * row; those at one place were measured one after the other, at the same work, so a ratio is taken of them.
 */

/** What is measured, with its unit. */
export const quantities = {
  'server CPU per delivery': 'µs',
  'last client, p99': 'ms',
  'server CPU per answer': 'µs',
  'server memory per parked client': 'kB',
  'server memory per idle client': 'kB',
  'client CPU per message': 'µs',
  'client CPU per poll': 'µs',
  'client memory per idle client': 'kB',
  'connects per second': '/s',
} as const;

export type Quantity = keyof typeof quantities;

const quantitySchema = z.enum(Object.keys(quantities) as [Quantity, ...Quantity[]]);

/** One number of one contender in one round. */
export type Measured = { case: string; quantity: Quantity; value: number };

export const peersSchema = z.strictObject({
  kind: z.literal('push-versus-polling peers'),
  schemaVersion: z.literal(1),
  startedAt: z.string(),
  durationMs: z.number(),
  environment: z.strictObject({
    node: z.string(),
    os: z.string(),
    cpu: z.string(),
    cores: z.number(),
    memoryBytes: z.number(),
    commit: z.string(),
    warnings: z.array(z.string()),
  }),
  /** Whole rounds; a contest that was broken off has fewer. */
  rounds: z.number().int().min(0),
  measures: z.array(
    z.strictObject({
      contest: z.string(),
      case: z.string(),
      quantity: quantitySchema,
      contender: z.string(),
      /** One for each round, in order, or several where they are held several times in one; `null` where it failed. */
      values: z.array(z.number().nullable()),
    }),
  ),
  failures: z.array(z.string()),
});

export type Peers = z.infer<typeof peersSchema>;
export type Measure = Peers['measures'][number];

/** Reads such a file. Throws an `Error` that names the field which is wrong. */
export function parsePeers(text: string): Peers {
  const read = peersSchema.safeParse(JSON.parse(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Error(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

/** A promised ratio: `a` over `b`, at most this much. Without `b`: the value itself. */
export type Target = {
  contest: string;
  case: string;
  quantity: Quantity;
  a: string;
  b?: string;
  atMost: number;
  /** The limit was chosen after a first measurement, not before. */
  setAfterLook?: true;
};

type Sides = Pick<Target, 'a' | 'b' | 'atMost' | 'setAfterLook'>;

const target = (contest: string, name: string, quantity: Quantity, sides: Sides): Target => ({
  ...{ contest, case: name, quantity },
  ...sides,
});

const perDelivery = (name: string, a: string, b: string, atMost: number) =>
  target('fan-out', name, 'server CPU per delivery', { a, b, atMost });

const perAnswer = (name: string, a: string, b: string, atMost: number) =>
  target('poll', name, 'server CPU per answer', { a, b, atMost, setAfterLook: true });

/** The ratios that the lab promises. */
export const targets: readonly Target[] = [
  perDelivery('one message per turn', 'push', 'ws loop', 0.9),
  perDelivery('bursts of ten', 'push', 'bare TCP loop', 0.2),
  perDelivery('16 KiB', 'push', 'ws loop', 0.9),
  perDelivery('one message per turn', 'SSE', 'better-sse', 1),
  ...['nothing new', 'ten messages'].map((name) =>
    perAnswer(name, 'short poll on Express', 'short poll on Express, without guards', 1.25),
  ),
  ...['nothing new', 'ten messages'].map((name) =>
    perAnswer(name, 'short poll on node:http', 'node:http, a constant', 1.5),
  ),
  target('fleet', 'push', 'client CPU per message', { a: 'push client', b: 'bare net', atMost: 2 }),
  target('fleet', 'short poll', 'client CPU per poll', {
    a: 'short-poll client',
    b: 'autocannon',
    atMost: 2.5,
  }),
  target('fleet', '10,000 idle', 'client memory per idle client', { a: 'push client', atMost: 10 }),
  target('idle', '8,000 idle', 'server memory per idle client', { a: 'push', b: 'ws loop', atMost: 1.1 }),
];

/** What came of a target. `median` is that of the rounds' ratios; the interval is the ratio's, with three rounds or more. */
export type Outcome = Target & { median: number; interval: Interval | undefined; met: boolean };

/** Holds a file against the targets that it has the numbers for. A target is met when the median of the rounds' ratios is. */
export function outcomes(peers: Peers, wanted: readonly Target[] = targets): Outcome[] {
  return wanted.flatMap((target) => {
    const ratios = ratiosOf(peers, target);
    if (ratios.length === 0) return [];
    const median = medianOf(ratios.map(({ a, b }) => a / b));
    return [{ ...target, median, interval: ratioInterval(ratios), met: median <= target.atMost }];
  });
}

/** Both values of every round that has both. */
export function ratiosOf(
  peers: Peers,
  { contest, case: name, quantity, a, b }: Omit<Target, 'atMost'>,
): { a: number; b: number }[] {
  const valuesOf = (contender: string) =>
    peers.measures.find(
      (one) =>
        one.contest === contest &&
        one.case === name &&
        one.quantity === quantity &&
        one.contender === contender,
    )?.values ?? [];
  const others = b === undefined ? undefined : valuesOf(b);
  return valuesOf(a).flatMap((value, round) => {
    const other = others ? others[round] : 1;
    return typeof value === 'number' && typeof other === 'number' ? [{ a: value, b: other }] : [];
  });
}

/** What has become of a target since an earlier file: worse where the intervals of the ratio do not overlap. */
export function regressions(now: Peers, before: Peers, wanted: readonly Target[] = targets): string[] {
  const earlier = outcomes(before, wanted);
  return outcomes(now, wanted).flatMap((outcome) => {
    const then = earlier.find((one) => sameTarget(one, outcome));
    if (!then?.interval || !outcome.interval) return [];
    if (outcome.interval.low <= then.interval.high) return [];
    return [
      `${describeTarget(outcome)}: ${outcome.median.toFixed(2)} (${range(outcome.interval)}), was ${then.median.toFixed(2)} (${range(then.interval)})`,
    ];
  });
}

/** The limit of a target in words. */
export function describeLimit({ atMost, setAfterLook }: Target): string {
  return `at most ${atMost}${setAfterLook ? ', set after a first look' : ''}`;
}

/** A target in words. */
export function describeTarget({ contest, case: name, quantity, a, b }: Omit<Target, 'atMost'>): string {
  return `${contest}, ${name}: ${quantity}, ${a}${b ? ` / ${b}` : ''}`;
}

/** An interval in two digits. */
export function range({ low, high }: Pick<Interval, 'low' | 'high'>): string {
  return `${low.toFixed(2)}–${high.toFixed(2)}`;
}

function sameTarget(x: Target, y: Target): boolean {
  return describeTarget(x) === describeTarget(y);
}
