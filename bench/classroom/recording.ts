import { z } from 'zod';
import {
  type ClassDelays,
  type LaneName,
  laneNames,
  limits,
  type Recording,
  type SessionState,
  type Sight,
  settingsSchema,
  sightSchema,
} from '../../clients/classroom/protocol.ts';
import { nowMs } from '../../servers/clock.ts';
import { BadInput, oneLine } from '../../servers/message.ts';
import { type Counts, ofEveryLane } from './counts.ts';
import { read } from './input.ts';

/** A lesson as it is recorded: what the projector's lanes saw, and what was set and counted meanwhile. */
export class Recorded {
  readonly recording: Recording;
  readonly #startMs: number;
  #sights = 0;
  #lastState = '';

  constructor(startedAt: Date, startMs: number) {
    this.recording = { recordingVersion: 1, startedAt: startedAt.toISOString(), events: [] };
    this.#startMs = startMs;
  }

  /** A lane saw this. Returns why it is not recorded any more, once: the first time that it is not. */
  saw(lane: LaneName, sights: readonly Sight[]): string | undefined {
    const wasFull = this.#isFull;
    this.#sights += sights.length;
    if (wasFull) return undefined;
    this.#add({ lane, sights: sights.map((sight) => moved(sight, -this.#startMs)) });
    return this.#isFull
      ? `the recording is full: it holds ${limits.recordedSights} sights, and ends here`
      : undefined;
  }

  /** Things stand so; nothing while they stand as they did. */
  state(state: SessionState): void {
    const text = JSON.stringify(state);
    if (text !== this.#lastState) this.#add({ state });
    this.#lastState = text;
  }

  /** The servers had counted so much. */
  counts(counts: { head: number; lanes: Counts }): void {
    this.#add({ counts });
  }

  /** The class was so late; nothing while there is no class. */
  delays(delays: ClassDelays[]): void {
    if (delays.length > 0) this.#add({ delays });
  }

  get #isFull(): boolean {
    return this.#sights >= limits.recordedSights;
  }

  #add(event: Unstamped): void {
    if (!this.#isFull || 'lane' in event)
      this.recording.events.push({ atMs: rounded(nowMs() - this.#startMs), ...event });
  }
}

/** Reads a recording. Throws an `Error` of one line that names the field at fault. */
export function parseRecording(text: string): Recording {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Error(`not a recording: it is not JSON (${oneLine((error as Error).message)})`);
  }
  const version = (data as Partial<Recording> | null)?.recordingVersion;
  if (version !== 1)
    throw new Error(`recordingVersion is ${JSON.stringify(version)}: this classroom plays version 1`);
  try {
    const { events, ...head } = read(headSchema, data);
    let atMs = 0;
    for (const [index, event] of events.entries()) {
      checkEvent(event, index);
      if (event.atMs < atMs)
        throw new BadInput(`events.${index}.atMs is ${event.atMs}: it lies before the one before it`);
      atMs = event.atMs;
    }
    return { ...head, events: events as Recording['events'] };
  } catch (error) {
    throw new Error(`not a recording that can be played: ${(error as Error).message}`);
  }
}

/** A sight with its times moved by so much, to the microsecond. */
export function moved(sight: Sight, byMs: number): Sight {
  const atMs = rounded(sight.atMs + byMs);
  return sight.kind === 'arrived'
    ? { ...sight, atMs, dueMs: rounded(sight.dueMs + byMs) }
    : { ...sight, atMs };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

type Unstamped = Recording['events'][number] extends infer Event
  ? Event extends { atMs: number }
    ? Omit<Event, 'atMs'>
    : never
  : never;

const headSchema = z.object({
  recordingVersion: z.literal(1),
  startedAt: z.iso.datetime(),
  events: z.array(z.looseObject({ atMs: z.number().min(0) })).min(1),
});

const count = z.number().int().min(0);
const ofLanes = <S extends z.ZodType>(schema: S) => z.strictObject(ofEveryLane(() => schema));

/** What an event may hold beside its instant. */
const eventSchemas = {
  lane: z.strictObject({ lane: z.enum(laneNames), sights: z.array(sightSchema) }),
  state: z.strictObject({
    state: z.strictObject({
      settings: settingsSchema,
      paused: z.boolean(),
      scene: count.max(9).nullable(),
      members: z.strictObject({ count, limit: count, byTransport: ofLanes(count) }),
      vote: z
        .strictObject({
          question: z.string(),
          open: z.boolean(),
          votes: count,
          counts: z.array(count).length(4).optional(),
          measured: z.string().nullable().optional(),
        })
        .nullable(),
      recorded: z.boolean(),
    }),
  }),
  counts: z.strictObject({
    counts: z.strictObject({
      head: count,
      lanes: ofLanes(
        z.strictObject({
          requests: count,
          empty: count,
          deliveries: count,
          dropped: count,
          evicted: count,
          connections: count,
          bytesToClients: count,
          bytesToServer: count,
          backlogBytes: count,
          backlogMessages: count,
        }),
      ),
    }),
  }),
  delays: z.strictObject({
    delays: z.array(
      z.strictObject({
        transport: z.enum(laneNames),
        members: count,
        messages: count,
        p50Ms: z.number().nullable(),
        p95Ms: z.number().nullable(),
        dots: z.array(z.strictObject({ p50Ms: z.number(), uncertaintyMs: z.number() })).max(40),
        leftOut: count,
      }),
    ),
  }),
} satisfies Record<string, z.ZodType<Unstamped>>;

/** Throws `BadInput` that names the field of the event. */
function checkEvent({ atMs: _, ...event }: { atMs: number }, index: number): void {
  const kinds = Object.keys(eventSchemas) as (keyof typeof eventSchemas)[];
  const kind = kinds.find((name) => name in event);
  if (!kind)
    throw new BadInput(
      `events.${index} holds ${Object.keys(event).join(', ') || 'nothing'}: it takes one of ${kinds.join(', ')}`,
    );
  read(eventSchemas[kind], event, `events.${index}.`);
}
