import { z } from 'zod';
import { laneNames, policies } from './settings.ts';

export { defaultSettings, laneNames, limits } from './settings.ts';

/**
 * What the classroom's pages and its server say to each other, beside the lanes themselves.
 *
 *     page    ──POST /join {"code": "QK4X", "name": "Ada"}──►  server     a member comes in
 *             ◄──{"token": …}──
 *             ──WebSocket /session?token=…──►                             what is going on, pushed to everybody
 *             ◄──state──state──answer──                                   … and what members see, the other way
 *             ──POST /control {"action": …}, Authorization: Bearer …──►   the presenter's controls
 *
 * The pages take the types alone, and the values of settings.ts; the server checks all input by the schemas.
 * Parameters bear the names that they have in a result file. A session that the server closes with a code
 * from 4000 on is over for good: the page says the reason, and does not come back.
 */

export type LaneName = (typeof laneNames)[number];

/** What the presenter sets. Every value has its limits, which a refusal names. */
export const settingsSchema = z.strictObject({
  /** Messages per second on average; 0 keeps silent. */
  ratePerSecond: z.number().min(0).max(200),
  schedule: z.enum(['periodic', 'poisson', 'burst']),
  /** Messages per burst, for `burst`. */
  burstSize: z.number().int().min(2).max(200),
  payloadBytes: z.number().int().min(16).max(65_536),
  /** From slot to slot, for the short poll. */
  intervalMs: z.number().int().min(50).max(60_000),
  /** How long the long poll's answer may be held. */
  holdMs: z.number().int().min(200).max(60_000),
  /** Emulated distance of the lanes: one way. */
  oneWayMs: z.number().min(0).max(1000),
  /** How long the push lane's client takes for a message. */
  handlingMs: z.number().min(0).max(5000),
  /** How it is slow: it lets its handlers pile up, or it blocks and reads nothing meanwhile. */
  slowBy: z.enum(['sleep', 'block']),
  /** What the server does with what waits for a slow push client. */
  policy: z.enum(policies),
  /** Bytes that may wait in the server for one client. */
  limitBytes: z.number().int().min(1024).max(268_435_456),
  /** Whether lanes that come back bring their cursor. */
  replay: z.boolean(),
  /** Lanes that are out of reach just now. */
  offline: z.array(z.enum(laneNames)).max(laneNames.length),
});

export type Settings = z.infer<typeof settingsSchema>;

/** A control of the presenter: `POST /control`. */
export const controlSchema = z.discriminatedUnion('action', [
  /**
   * A projector page takes over: counts begin anew, the page before it is cut off. With a name of its own it
   * alone reaches the lanes from then on, with `laneToken`.
   */
  z.strictObject({ action: z.literal('begin'), page: z.string().min(1).max(64).optional() }),
  /** Changes some settings, the others stay. */
  z.strictObject({ action: z.literal('set'), settings: settingsSchema.partial() }),
  /** Sets what a scene says, and puts its question in place. */
  z.strictObject({ action: z.literal('scene'), scene: z.number().int().min(1).max(9) }),
  z.strictObject({ action: z.literal('pause') }),
  z.strictObject({ action: z.literal('resume') }),
  /** One message, now; while paused this is the only way to one. */
  z.strictObject({ action: z.literal('step') }),
  /** So many messages at once, now. */
  z.strictObject({ action: z.literal('burst'), count: z.number().int().min(1).max(200) }),
  /** Settings as at the beginning, counts at zero. */
  z.strictObject({ action: z.literal('reset') }),
  /** Puts a question to the class: nobody sees a vote until it is closed. */
  z.strictObject({ action: z.literal('ask'), question: z.string().max(64) }),
  /** Closes the vote: the class's answers beside what is measured. `hands` adds hands that were counted in the room. */
  z.strictObject({
    action: z.literal('close-vote'),
    hands: z.array(z.number().int().min(0).max(1000)).length(4).optional(),
  }),
  /** Takes the question off the screen. */
  z.strictObject({ action: z.literal('dismiss') }),
  /** Writes the session as a result file with its report, and its recording. */
  z.strictObject({ action: z.literal('save') }),
]);

export type Control = z.infer<typeof controlSchema>;

/** The answer to a control: `{"ok": true}` with, for `save`, where the files are; or `{"error": "…"}`. */
export type ControlAnswer = { ok: true; saved?: Saved } | { error: string };

/** Files that were written, and where the page can open the report. */
export type Saved = { resultFile: string; reportFile: string; recordingFile: string; reportPath: string };

/** `POST /join`. */
export const joinSchema = z.strictObject({
  code: z.string().min(1).max(16),
  name: z.string().trim().min(1).max(40),
});

export type Joined = { token: string; member: number };

/** One thing that a client saw. Times are the server's monotonic milliseconds, converted by the page's clock. */
export const sightSchema = z.discriminatedUnion('kind', [
  /** A request was sent: a poll, or the opening of a connection. */
  z.strictObject({ kind: z.literal('request'), id: z.number().int().min(0), atMs: z.number() }),
  /** Its answer came, with so many messages. */
  z.strictObject({
    kind: z.literal('answer'),
    id: z.number().int().min(0),
    atMs: z.number(),
    messages: z.number().int().min(0),
  }),
  /** Its answer did not come, or a connection was lost. */
  z.strictObject({
    kind: z.literal('failure'),
    id: z.number().int().min(0),
    atMs: z.number(),
    reason: z.string().max(200),
  }),
  /** A message reached the client. */
  z.strictObject({
    kind: z.literal('arrived'),
    seq: z.number().int().min(1),
    dueMs: z.number(),
    atMs: z.number(),
  }),
  /** Its handler was done with it. */
  z.strictObject({ kind: z.literal('handled'), seq: z.number().int().min(1), atMs: z.number() }),
  /** From where the subscription counts: after its acknowledgement, with the log's head at that instant. */
  z.strictObject({ kind: z.literal('subscribed'), seq: z.number().int().min(0), atMs: z.number() }),
  /** The server or the ledger said that messages up to here, so many, will never come. */
  z.strictObject({
    kind: z.literal('missed'),
    upToSeq: z.number().int().min(0),
    count: z.number().int().min(1),
    atMs: z.number(),
  }),
]);

export type Sight = z.infer<typeof sightSchema>;

/** What a page sends over `/session`. A projector page reports on its lanes, a member on its own client. */
export const saidSchema = z.discriminatedUnion('say', [
  /** A clock sample is wanted. */
  z.strictObject({ say: z.literal('clock'), id: z.number().int().min(0) }),
  z.strictObject({
    say: z.literal('vote'),
    question: z.string().max(64),
    choice: z.number().int().min(0).max(3),
  }),
  /** A member wants this transport, or leaves the choice to the server. */
  z.strictObject({ say: z.literal('transport'), transport: z.enum([...laneNames, 'assign']) }),
  /** What a member's client or, with the presenter's token, a lane saw since the last time. */
  z.strictObject({
    say: z.literal('saw'),
    transport: z.enum(laneNames),
    /** Half of the best round trip of the clock samples: no time here is better than that. */
    uncertaintyMs: z.number().min(0).max(60_000),
    sights: z.array(sightSchema).max(500),
  }),
]);

export type Said = z.infer<typeof saidSchema>;

/** What the server sends over `/session`. */
export type Told =
  /** Who is told, first of all. `lanes` for the projector, `servers` for a member: where the transports are. */
  | {
      tell: 'welcome';
      role: 'presenter' | 'member';
      name: string;
      logId: string;
      urls: Record<LaneName, string>;
      join?: JoinHint;
    }
  | { tell: 'clock'; id: number; nowMs: number }
  | { tell: 'state'; state: SessionState }
  /** The server's own counts, once a second: of the lanes to the projector, since the last `begin` or `reset`. */
  | { tell: 'counts'; atMs: number; head: number; lanes: Record<LaneName, LaneCounts> }
  /** The class's delays by transport, once a second, to the projector. */
  | { tell: 'class'; delays: ClassDelays[] }
  /** A member's transport, chosen or assigned. */
  | { tell: 'transport'; transport: LaneName }
  /** While a recording plays: what a lane saw, its times moved to the clock that the server answers with. */
  | { tell: 'saw'; lane: LaneName; sights: Sight[] }
  /** Something that was said was refused, and why. */
  | { tell: 'refused'; error: string };

/** How a phone comes in. Absent on loopback. */
export type JoinHint = { url: string; code: string; qrSvg: string };

/** What everybody may know of the session. Votes are in it only once they are closed. */
export type SessionState = {
  settings: Settings;
  paused: boolean;
  scene: number | null;
  members: { count: number; limit: number; byTransport: Record<LaneName, number> };
  vote: VoteState | null;
  /** Playing from a file: nothing on the screen is happening now. */
  recorded: boolean;
};

export type VoteState = {
  question: string;
  open: boolean;
  /** How many have voted. */
  votes: number;
  /** Votes per choice, once closed. */
  counts?: number[];
  /** What was measured, in one sentence with its figures, once closed; `null` when there is nothing to go by as yet. */
  measured?: string | null;
};

/** What the server counted of one lane. */
export type LaneCounts = {
  /** Requests answered; for push and SSE, connections accepted. */
  requests: number;
  empty: number;
  /** Messages written or answered. */
  deliveries: number;
  dropped: number;
  evicted: number;
  connections: number;
  bytesToClients: number;
  bytesToServer: number;
  /** Bytes that wait in the server for this lane's client. */
  backlogBytes: number;
  backlogMessages: number;
};

/** The class by transport. Delays whose clock is less certain than the delay itself are left out, and counted. */
export type ClassDelays = {
  transport: LaneName;
  members: number;
  messages: number;
  p50Ms: number | null;
  p95Ms: number | null;
  /** Up to 40 single members, for dots: median age and uncertainty. */
  dots: { p50Ms: number; uncertaintyMs: number }[];
  /** Members whose clock is too uncertain to be drawn. */
  leftOut: number;
};

/** A recorded session: what the projector's lanes saw, with what was set meanwhile. Played by `--replay`. */
export type Recording = {
  recordingVersion: 1;
  startedAt: string;
  /** Milliseconds from the start of the recording. */
  events: (
    | { atMs: number; lane: LaneName; sights: Sight[] }
    | { atMs: number; state: SessionState }
    | { atMs: number; counts: { head: number; lanes: Record<LaneName, LaneCounts> } }
    | { atMs: number; delays: ClassDelays[] }
  )[];
};
