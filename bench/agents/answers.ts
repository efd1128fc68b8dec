import { z } from 'zod';
import { recordingSchema } from '../harness/recorder.ts';
import { booksSchema, cohortSchema, delaySchema, histogramSchema, returnedSchema } from '../result.ts';
import type { Order } from './orders.ts';

/**
 * What an agent answers to each order, field by field. It ends in the result, so nothing is believed that is
 * not of this shape: an agent that answers otherwise counts as lost.
 */
const instant = z.number();
const count = z.number().int().min(0);
const measured = z.number().min(0);

const meteredSchema = z.strictObject({
  use: z.strictObject({
    cpuMs: measured,
    rssBytes: count,
    eventLoopDelayP99Ms: measured.nullable(),
    wakeUps: count,
    loopBusyShare: measured,
    cpuWaitMs: measured.nullable(),
  }),
  samples: z.array(
    z.strictObject({
      atMs: z.array(instant),
      ageMs: z.array(z.number().nullable()),
      inbox: z.array(count.nullable()),
      held: z.array(count),
    }),
  ),
  asked: z.array(z.strictObject({ requests: count, empty: count, missedSlots: count })),
});

const reportSchema = z.strictObject({
  books: booksSchema,
  gaps: count,
  delay: delaySchema,
  histogram: histogramSchema,
  cohorts: z.array(cohortSchema),
  response: delaySchema,
  failures: count,
  lastFailure: z.string().max(2000).optional(),
  redelivered: count,
  heldMax: count,
  returned: returnedSchema.optional(),
  handled: z.array(z.strictObject({ seq: count, dueMs: instant, atMs: instant })).optional(),
});

export const answersByOrder = {
  take: z.null(),
  clock: z.strictObject({ receivedMs: instant, answeredMs: instant }),
  connect: z.strictObject({ originMs: instant, phasesMs: z.array(instant) }),
  meter: meteredSchema,
  finish: z.strictObject({
    reports: z.array(reportSchema),
    recordings: z.array(z.strictObject({ delay: recordingSchema, response: recordingSchema })),
  }),
  disconnect: z.null(),
  release: z.null(),
} satisfies Record<Order['name'], z.ZodType>;

/** What comes back from an agent for an order. */
export type AnswerTo<Name extends Order['name']> = z.infer<(typeof answersByOrder)[Name]>;
