import { z } from 'zod';
import { transportNames } from '../../clients/transports.ts';
import { oneLine } from '../../servers/log/message.ts';
import { dividedOptionsSchema } from '../knobs.ts';

/**
 * What the lab and its agents say to each other, over RabbitMQ.
 *
 *     agent ── sign of life, twice a second ──► exchange lab-agents ──► every lab
 *     lab ──── order ─────────────────────────► queue lab-agent-NAME
 *     agent ── answer, with the order's number ► queue of the lab
 *
 * Whoever may use the broker may give orders, so an agent takes none that is not of this shape: clients of
 * this lab's own servers, so many and for so long, and nothing else.
 */

/** Where agents show themselves. Everybody who listens there has a queue of their own. */
export const agentsExchange = 'lab-agents';

/** Time from one sign of life to the next. */
export const signEveryMs = 500;

/** The queue in which an agent finds its orders. */
export const queueOfAgent = (name: string) => `lab-agent-${name}`;

const instant = z.number();
const upToAnHour = z.number().min(0).max(3_600_000);
const absence = z.strictObject({ atMs: upToAnHour, durationMs: upToAnHour });

/** Clients of one group that an agent is to connect. Consumers of a broker are not among them: their URL has a password. */
export const shardSchema = z.strictObject({
  transport: z.enum(transportNames),
  host: z.union([z.ipv4(), z.ipv6()]),
  port: z.number().int().min(1).max(65_535),
  clients: z.number().int().min(0).max(100_000),
  options: dividedOptionsSchema(z).extend({ intervalMs: upToAnHour }),
  traced: z.literal(false),
  seed: z.number().int().min(0),
  /** What the agent's clock shows more than the lab's. */
  clockOffsetMs: z.number(),
});

const windowSchema = z
  .strictObject({
    startMs: instant,
    endMs: instant,
    sampleEveryMs: upToAnHour,
    quiet: z.boolean(),
    away: absence.optional(),
    outage: absence.optional(),
  })
  .refine(({ startMs, endMs }) => endMs >= startMs && endMs - startMs <= 3_600_000, {
    error: 'expected a window that ends after its start, and within an hour',
  });

const endSchema = z.strictObject({
  head: z.number().int().min(0),
  limitMs: upToAnHour,
  giveUp: z.boolean(),
});

/** All that can be asked of an agent. `lab` is the queue to which the answer goes. */
export const orderSchema = z.discriminatedUnion('name', [
  order('take', z.null()),
  order('clock', z.null()),
  order('connect', shardSchema),
  order('meter', windowSchema),
  order('finish', endSchema),
  order('disconnect', z.null()),
  order('release', z.null()),
]);

function order<Name extends string, Argument extends z.ZodType>(name: Name, argument: Argument) {
  return z.strictObject({ name: z.literal(name), lab: z.string().min(1).max(200), argument });
}

export type Order = z.infer<typeof orderSchema>;

/** How an agent answers: with what was asked for (see answers.ts), or why not. */
export const answerSchema = z.union([
  z.strictObject({ value: z.unknown() }),
  z.strictObject({ error: z.string().max(2000) }),
]);

/** How an agent shows itself: who it is, what it can do, and for whom it works. */
export const signSchema = z.strictObject({
  agent: z.string().regex(/^[\w.-]{1,80}$/),
  version: z.string().max(40),
  node: z.string().max(40),
  os: z.string().max(200),
  cpu: z.string().max(200),
  cores: z.number().int().positive(),
  memoryBytes: z.number().int().positive(),
  clientsMax: z.number().int(),
  takenBy: z.string().max(200).nullable(),
});

export type Sign = z.infer<typeof signSchema>;

/** Reads JSON of a shape. Throws an `Error` that says what was read (`order`), and names the field at fault. */
export function parseAs<Shape extends z.ZodType>(schema: Shape, what: string, text: string): z.infer<Shape> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error(`invalid ${what}: expected JSON`);
  }
  return checkedAs(schema, what, data);
}

/** The same of what was read already. */
export function checkedAs<Shape extends z.ZodType>(
  schema: Shape,
  what: string,
  data: unknown,
): z.infer<Shape> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(oneLine(`invalid ${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message}`));
}
