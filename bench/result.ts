import { z } from 'zod';
import { anyTransportNames, transportNames } from '../clients/transports.ts';
import { oneLine } from '../servers/log/message.ts';
import { parameterShape } from './knobs.ts';

/**
 * The result file: the contract between the bench that writes it and the report (or any other
 * program) that reads it. Names carry their unit at the end. A reader that meets another
 * `schemaVersion` must refuse the file.
 */
export const schemaVersion = 1;

const count = z.number().int().nonnegative();
const measured = z.number().nonnegative();

/** A trial has its contract as a field of its own. */
const { contract: _, ...knobsInParameters } = parameterShape(z);

/** What was varied in a trial. A name stands here only where the thing exists in that trial. */
export const parametersSchema = z.object({
  clients: count,
  ratePerSecond: measured,
  schedule: z.enum(['periodic', 'poisson', 'burst']),
  payloadBytes: count,
  ...knobsInParameters,
  holdMs: measured.optional(),
  oneWayMs: measured.optional(),
  policy: z.string().optional(),
  /** Bytes that may wait in the server for one client. */
  limitBytes: count.optional(),
  /** For how long slow clients were slow. */
  overloadMs: measured.optional(),
  awayMs: measured.optional(),
  retentionMs: measured.optional(),
  path: z.string().optional(),
  /** Messages that a broker's consumer may have unacknowledged; 0: any number. */
  prefetch: count.optional(),
  /** What MQTT promises: at most once, or at least once. */
  qos: z.union([z.literal(0), z.literal(1)]).optional(),
  framework: z.enum(['express', 'http']).optional(),
  /** `false` where a push server writes every message by itself, although several are due at once. */
  coalesce: z.boolean().optional(),
  /** The most that the link adds to its one-way delay. */
  jitterMs: measured.optional(),
  /**
   * How a slow client is slow: it stops reading, or it reads on and lets its handlers pile up; a browser's stops
   * reading by standing still.
   */
  slowBy: z.enum(['pause', 'sleep', 'block']).optional(),
  /** Time from one publication of a client to its next, where the clients are the source. */
  publishEveryMs: measured.optional(),
  /** For how long the server was away. */
  outageMs: measured.optional(),
  /** Which program stands on the path. */
  proxy: z.enum(['embedded', 'nginx']).optional(),
  /** For how long the server was made to stand still in the middle of the window. */
  stallMs: measured.optional(),
  /** Server processes that had one source at a broker; each had a part of the clients. */
  servers: count.optional(),
  /** `true` where every message was followed on its way: such a trial illustrates, and is no evidence. */
  traced: z.boolean().optional(),
});

/**
 * The books of a trial, in messages summed over its clients.
 * `delivered + dropped + missed + backlogAtEnd = expected` and `duplicated = reordered = 0`, or the trial failed.
 */
export const booksSchema = z.object({
  expected: count,
  delivered: count,
  dropped: count,
  missed: count,
  duplicated: count,
  reordered: count,
  backlogAtEnd: count,
});

/** Delay from the planned instant to the client's handler, in milliseconds; `null` where nothing was delivered. */
export const delaySchema = z.object({
  count,
  mean: measured.nullable(),
  p50: measured.nullable(),
  p90: measured.nullable(),
  p99: measured.nullable(),
  max: measured.nullable(),
});

/** Delays in bins: `count[i]` delays lay above `upToMs[i - 1]` and at or below `upToMs[i]`. Empty bins are left out. */
export const histogramSchema = z.object({ upToMs: z.array(measured), count: z.array(count) });

/** Values over time, one entry per sample. `atMs` counts from the start of the window. */
export const seriesSchema = z.object({
  atMs: z.array(z.number()),
  rssBytes: z.array(measured),
  longestBacklogBytes: z.array(measured),
  slowAgeMs: z.array(measured.nullable()),
  slowInbox: z.array(measured.nullable()),
  /** Connections that the server accepted since the sample before. */
  connects: z.array(count).optional(),
});

/** What theory says of one trial. Only what the transport has a model for. */
export const modelSchema = z.object({
  meanMs: measured.optional(),
  requestsPerSecond: measured.optional(),
  emptyShare: measured.optional(),
});

/** What came of a time in which clients and server were apart. Times count from their reunion. */
export const returnedSchema = z.object({
  /** Messages of the time apart, or before it, that came after it, summed over the clients. */
  replayed: count,
  /** When the last of these came to the last client; `null` where there were none. */
  caughtUpMs: measured.nullable(),
  /** When the last client had its first new message; `null` where somebody got none. */
  allHearNewsMs: measured.nullable(),
});

/** One client's messages over time: when each came and when it was due, from the start of the window, and when it was away. */
export const timelineSchema = z.object({
  atMs: z.array(z.number()),
  dueMs: z.array(z.number()),
  awayFromMs: measured,
  awayUntilMs: measured,
});

/**
 * The way of every message to one client, in milliseconds from the start of the window. `polls` are those
 * whose answer came later than that, and the last one, which may never have been answered; in the order in
 * which they were sent. What had not happened by the end has no instant.
 */
export const traceSchema = z.object({
  /** In order of `seq`. `atMs`: when the servers had it, right before those that push wrote it. */
  messages: z.array(z.object({ seq: count, dueMs: z.number(), atMs: z.number(), handledMs: z.number() })),
  polls: z.array(
    z.object({
      /** By the client, when it asked. */
      sentMs: z.number(),
      /** By the server, when it was asked. */
      arrivedMs: z.number().optional(),
      /** By the server, when it answered. */
      answeredMs: z.number().optional(),
      /** By the client, when it had the answer. */
      receivedMs: z.number().optional(),
      /** The messages in the answer; none in an empty one. */
      seqs: z.array(count),
      /** Whether it was answered within the window, and so is one of the trial's `requests`. */
      counted: z.boolean(),
    }),
  ),
});

/** What a network path did to a transport. */
export const pathOutcomeSchema = z.object({
  outcome: z.enum(['works', 'degraded', 'fails']),
  /** How much older the median message was than on the direct path; `null` when none arrived. */
  olderMs: z.number().nullable(),
  /** Why, in one sentence. */
  reason: z.string(),
});

/** What a broker's consumers saw, summed over those of a trial. */
export const consumedSchema = z.object({
  /** Messages that the broker marked as sent before. Those that had been handled by then are `duplicated` in the books. */
  redelivered: count,
  /** The most messages that one consumer had and had not acknowledged; with MQTT's QoS 0, not handled. */
  heldMax: count,
  /** Over time: what waited in the queues, and what the consumers held. `atMs` counts from the start of the window. */
  queue: z.object({ atMs: z.array(z.number()), ready: z.array(count), held: z.array(count) }).optional(),
});

/** A part of a trial's clients that is told apart from the rest: the slow one among the fast. */
export const cohortSchema = z.object({
  name: z.enum(['fast', 'slow']),
  clients: count,
  handlingMs: measured,
  messages: booksSchema,
  delayMs: delaySchema,
  /** By when messages were due: before, during and after the time in which slow clients were slow. */
  phases: z.object({ before: delaySchema, during: delaySchema, after: delaySchema }).optional(),
});

/** The clients of a trial that lived at one agent, on another host as a rule. */
export const shardSchema = z.object({
  agent: z.string(),
  clients: count,
  /** What its clock showed more than the lab's, and how wrong that can be in either direction. */
  clockOffsetMs: z.number(),
  clockUncertaintyMs: measured,
  /** What was lost with its clients' messages, which are `missed` in the books then: the agent, or the server that these had. */
  lost: z.string().optional(),
  /** Only where the server was lost and the agent could tell: how many messages did not come. */
  missed: count.optional(),
});

/** One transport, one set of parameters, one run. Trials with the same `together` ran at once on one source. */
export const trialSchema = z.object({
  id: z.string(),
  experiment: z.string(),
  transport: z.enum(anyTransportNames),
  contract: z.enum(['every', 'latest']),
  together: z.string(),
  parameters: parametersSchema,
  repeat: count,
  status: z.enum(['ok', 'failed', 'interrupted']),
  error: z.string().optional(),
  messages: booksSchema,
  delayMs: delaySchema,
  delayHistogram: histogramSchema.optional(),
  /** What theory gives when it is run on the very instants at which this trial's messages were due. */
  model: modelSchema.optional(),
  /** One way through the delay link, as the clients experienced it: half of each round trip. */
  linkMs: delaySchema.optional(),
  /** From request to answer, for transports that ask. Says nothing about how old the answer's messages were. */
  responseMs: delaySchema.optional(),
  /** What other ways of measuring gave beside this trial, on the same server at the same time. */
  besides: z.object({ closedLoopMs: delaySchema, plannedMs: delaySchema }).optional(),
  /** `missedSlots` only where the clients' own schedule is known: not in a classroom. */
  requests: z.object({ total: count, empty: count, missedSlots: count.optional() }),
  bytes: z.object({ toClients: count, toServer: count }),
  server: z.object({
    cpuMs: measured,
    rssBytes: count,
    eventLoopDelayP99Ms: measured.nullable(),
    loopBusyShare: measured.optional(),
    /** How long its event loop waited for a core, on average, each time it needed one; `null` where the system does not tell. */
    cpuWaitMs: measured.nullable().optional(),
    /** Heap and buffers after a collection, with all clients connected less without any, per client. */
    memoryPerClientBytes: measured.optional(),
    /** Readers cut off because they were too slow, with the server's own record of why. */
    evictions: z.object({ count, reasons: z.array(z.string()) }).optional(),
    /** From the first to the last write of one fan-out, as the server saw it. */
    fanOutSpanMs: z.object({ count, mean: measured, max: measured }).optional(),
  }),
  clients: z.object({
    count,
    /** `null` where the clients are people's browsers. */
    cpuMs: measured.nullable(),
    /** `null` where the load generator was not to be woken for it. */
    eventLoopDelayP99Ms: measured.nullable(),
    /** For how long connections were open within the window, summed over them. */
    connectedMs: measured.optional(),
    /** How often the load generator was woken; only where it had the process to itself. */
    wakeUps: count.optional(),
    /** Share of the window in which the load generator's event loop did not wait for anything. */
    loopBusyShare: measured.optional(),
    cpuWaitMs: measured.nullable().optional(),
  }),
  cohorts: z.array(cohortSchema).optional(),
  returned: returnedSchema.optional(),
  timeline: timelineSchema.optional(),
  trace: traceSchema.optional(),
  path: pathOutcomeSchema.optional(),
  consumed: consumedSchema.optional(),
  /** Only where the clients were divided among agents. */
  shards: z.array(shardSchema).optional(),
  series: seriesSchema.optional(),
  /** Length of the measured window: CPU, requests and bytes are counted within it. */
  durationMs: measured,
  /** Messages appended to the log within the window. */
  appended: count,
  warnings: z.array(z.object({ code: z.string(), text: z.string() })),
});

/** Raw answers per second of one server under a closed loop of connections, as autocannon counts them. */
export const capacitySchema = z.object({
  experiment: z.string(),
  transport: z.enum(transportNames),
  connections: count,
  durationMs: measured,
  requestsPerSecond: measured,
  errors: count,
});

/** A single measurement that is no trial, in numbers with their units in their names. */
export const probeSchema = z.object({
  experiment: z.string(),
  name: z.string(),
  title: z.string(),
  values: z.record(z.string(), z.number()),
});

/** A cost that was fitted to many trials, with its interval. */
export const fitSchema = z.object({
  experiment: z.string(),
  name: z.string(),
  title: z.string(),
  unit: z.string(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
  /** Trials that it was fitted to. */
  n: count,
});

/** The same thing measured naively and honestly. */
export const pairSchema = z.object({
  experiment: z.string(),
  title: z.string(),
  unit: z.string(),
  naive: z.object({ how: z.string(), value: measured }),
  honest: z.object({ how: z.string(), value: measured }),
  /** What goes wrong. */
  lesson: z.string(),
});

/**
 * A number that verdicts, claims and the report read, computed once by its experiment. Other programs can read a
 * figure by `experiment` and `name`.
 */
export const figureSchema = z.object({
  experiment: z.string(),
  /** What it is, then its conditions, separated by slashes: "requestsPerMessage/push". Unique in its experiment. */
  name: z.string(),
  /** What it is, in words. */
  label: z.string(),
  /** What its name says after the first slash, in words, where the label does not say it. */
  condition: z.string().optional(),
  /** "" for a count, a share or a ratio. */
  unit: z.string(),
  /** The median of all values; of a ratio of paired runs or of a fit, the estimate. */
  value: z.number(),
  /** The smallest and the largest value; of a fit, its 95% interval. */
  low: z.number(),
  high: z.number(),
  /** Runs that have a value, and some have several: one of each distance, for example. Of a fit, its trials. */
  runs: count,
  /** Where the mean of the runs lies with 95% confidence, from three runs on. */
  interval: z.object({ mean: z.number(), low: z.number(), high: z.number(), n: count }).optional(),
  /** Ids of the trials that it was computed from; none for probes and capacities. */
  trials: z.array(z.string()),
});

/** The judgement on one claim, by a rule that was written before the trials ran. */
export const findingSchema = z.object({
  experiment: z.string(),
  claim: z.string(),
  verdict: z.enum(['holds', 'does not hold', 'depends', 'inconclusive']),
  /** One sentence with units, n and an interval. */
  sentence: z.string(),
  /** The rule of the verdict, as it stood before the run. */
  rule: z.string(),
  /** Fewer than three repeats: the sentence may change with the next run. */
  provisional: z.boolean(),
  /** Ids of the trials that it rests on. */
  evidence: z.array(z.string()),
  /** The formula that the measurement was held against. */
  model: z.string().optional(),
  /** The error of an experiment that could not be judged because of a mistake in its code. */
  error: z.string().optional(),
});

/** A claim of LAB.md, held against this run. */
export const checkSchema = z.object({
  id: z.string(),
  experiment: z.string(),
  /** The claim as it stands in LAB.md. */
  says: z.string(),
  outcome: z.enum(['holds', 'does not hold', 'not tested']),
  /** The figures, and what was claimed; or why there are none. */
  measured: z.string(),
});

/** A question that a class answered before it was shown the answer. */
export const voteSchema = z.object({
  question: z.string(),
  choices: z.array(z.object({ text: z.string(), why: z.string() })).length(4),
  /** How many chose each. */
  counts: z.array(count).length(4),
  right: z.number().int().min(0).max(3),
  /** What was measured meanwhile, in one sentence; `null` when there was nothing to go by. */
  measured: z.string().nullable(),
});

/** May be below 0 within the uncertainty of a page's clock. */
const shownMs = z.number().nullable();

/** Figures of one lane, or of all phones with one transport, as the projector's screen showed them. */
const shown = {
  transport: z.enum(transportNames),
  messages: count,
  p50Ms: shownMs,
  p95Ms: shownMs,
};

/** A part of a lesson between two changes of its settings. It was shown to a class: it is no trial, and no evidence. */
export const segmentSchema = z.object({
  /** The scene's title; `null` outside of a scene. */
  title: z.string().nullable(),
  /** What was set, in the words of the screen's controls. */
  settings: z.array(z.object({ label: z.string(), value: z.string(), isDefault: z.boolean() })),
  durationMs: measured,
  /** The projector's own clients. */
  lanes: z.array(
    z.object({
      ...shown,
      maxMs: shownMs,
      lastMs: shownMs,
      requests: count,
      empty: count,
      bytes: count,
      missed: count,
      reconnects: count,
      inboxMessages: count,
      backlogBytes: count,
    }),
  ),
  /** `leftOut`: phones that know the server's clock too badly for their latencies. */
  phones: z.array(z.object({ ...shown, members: count, leftOut: count })),
});

/** What the experiment asks and teaches, so that a report can be drawn from the file alone. */
export const experimentTextSchema = z.object({
  id: z.string(),
  title: z.string(),
  claim: z.string(),
  question: z.string(),
  prediction: z.object({
    /** Four answers; the wrong ones are known misconceptions. `why` says what is right or wrong in each. */
    choices: z.array(z.object({ text: z.string(), why: z.string() })).length(4),
    right: z.number().int().min(0).max(3),
  }),
  howToRead: z.string(),
  why: z.string(),
  caveat: z.string(),
});

export const resultSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  lab: z.object({
    version: z.string(),
    /** How much was measured; `classroom` for a lesson, where whoever held it decided. */
    profile: z.enum(['quick', 'default', 'full', 'classroom']),
    seed: count,
    /** The command that repeats this run. */
    command: z.string(),
    startedAt: z.string(),
    durationMs: measured,
    status: z.enum(['running', 'complete', 'interrupted']),
    /** The share of one core that the lab's own process took while trials ran: it shall only tell the others when to begin. */
    coordinatorCpuShare: measured.optional(),
  }),
  environment: z.object({
    node: z.string(),
    os: z.string(),
    cpu: z.string(),
    cores: count,
    memoryBytes: count,
    commit: z.string(),
    /** Other hosts, or processes, that the clients were divided among. */
    agents: z
      .array(
        z.object({
          agent: z.string(),
          node: z.string(),
          os: z.string(),
          cpu: z.string(),
          cores: count,
          memoryBytes: count,
        }),
      )
      .optional(),
    warnings: z.array(z.string()),
  }),
  experiments: z.array(experimentTextSchema),
  trials: z.array(trialSchema),
  capacities: z.array(capacitySchema),
  probes: z.array(probeSchema).default([]),
  fits: z.array(fitSchema).default([]),
  pairs: z.array(pairSchema).default([]),
  /** Missing in files of older labs. */
  figures: z.array(figureSchema).default([]),
  findings: z.array(findingSchema),
  /** Only of a run that was asked to check them. */
  checks: z.array(checkSchema).default([]),
  /** Votes of a class, in their order. */
  votes: z.array(voteSchema).optional(),
  /** What a class was shown. `dropped`: segments at its beginning that were not kept. */
  lesson: z.object({ segments: z.array(segmentSchema), dropped: count }).optional(),
});

export type Result = z.infer<typeof resultSchema>;
export type Trial = z.infer<typeof trialSchema>;
export type Parameters = z.infer<typeof parametersSchema>;
export type Books = z.infer<typeof booksSchema>;
export type Delay = z.infer<typeof delaySchema>;
export type Histogram = z.infer<typeof histogramSchema>;
export type Series = z.infer<typeof seriesSchema>;
export type Cohort = z.infer<typeof cohortSchema>;
export type Model = z.infer<typeof modelSchema>;
export type Shard = z.infer<typeof shardSchema>;
export type Consumed = z.infer<typeof consumedSchema>;
export type Returned = z.infer<typeof returnedSchema>;
export type Timeline = z.infer<typeof timelineSchema>;
export type Trace = z.infer<typeof traceSchema>;
export type Probe = z.infer<typeof probeSchema>;
/** A probe's values, before it is known which experiment they are for. */
export type Probed = Omit<Probe, 'experiment'>;
export type Fit = z.infer<typeof fitSchema>;
export type Pair = z.infer<typeof pairSchema>;
export type Capacity = z.infer<typeof capacitySchema>;
export type Figure = z.infer<typeof figureSchema>;
export type Finding = z.infer<typeof findingSchema>;
export type Vote = z.infer<typeof voteSchema>;
export type Segment = z.infer<typeof segmentSchema>;
export type ExperimentText = z.infer<typeof experimentTextSchema>;
export type Check = z.infer<typeof checkSchema>;
export type Verdict = Finding['verdict'];

/**
 * Reads a result from JSON text.
 * Throws an `Error` of one line that names the field at fault and what stood there.
 */
export function parseResult(text: string): Result {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Error(`not a result file: it is not JSON (${oneLine((error as Error).message)})`);
  }
  const version = (data as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (version !== schemaVersion)
    throw new Error(
      `schemaVersion is ${JSON.stringify(version)}, this lab reads version ${schemaVersion}: run the lab again`,
    );
  const parsed = resultSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(oneLine(`not a valid result file: ${issue?.path.join('.') || '(top)'}: ${issue?.message}`));
}
