import { z } from 'zod';
import { laneNames, limits, policies } from './settings.ts';

export { laneNames, limits } from './settings.ts';

/**
 * What the classroom's pages and its server send each other, apart from the lanes themselves.
 *
 *     page    ──POST /join {"code": "TQHKX", "name": "Ada"}──►  server    a member joins
 *             ◄──{"token": …}──
 *             ──WebSocket /session?token=…&page=…──►                      the server pushes what is going on
 *             ◄──state──state──clock──                                    … and the page sends votes and latencies
 *             ──POST /control {"action": …}, Authorization: Bearer …──►   the presenter's controls
 *
 * `page` is a name that each page makes up when it loads. A page that loses its connection comes back under
 * the same name; a page under a new name takes over, and the server closes the one before it for good.
 * Parameters have the names that they have in a result file. A close code from 4000 on is final: the page
 * shows the reason and does not reconnect.
 */

export type LaneName = (typeof laneNames)[number];

const count = z.number().int().min(0);
/** Below 0 within the uncertainty of the page's clock. */
const latency = z.number().nullable();

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

/** The settings at the start, and after a reset. */
export const defaultSettings: Settings = {
  ratePerSecond: 2,
  schedule: 'poisson',
  burstSize: 10,
  payloadBytes: 58,
  intervalMs: 1000,
  holdMs: 25_000,
  oneWayMs: 0,
  handlingMs: 0,
  slowBy: 'sleep',
  policy: 'disconnect',
  limitBytes: 1_048_576,
  replay: true,
  offline: [],
};

/** A control of the presenter: `POST /control`. */
export const controlSchema = z.discriminatedUnion('action', [
  /** The projector's clients start: every lane's connections are cut, and counts start from zero. */
  z.strictObject({ action: z.literal('begin') }),
  /** Changes some settings, the others stay. */
  z.strictObject({ action: z.literal('set'), settings: settingsSchema.partial() }),
  /** Takes one lane offline or back online. */
  z.strictObject({ action: z.literal('offline'), lane: z.enum(laneNames), isOffline: z.boolean() }),
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
  /** Writes the lesson as a result file with its report. */
  z.strictObject({ action: z.literal('save') }),
]);

export type Control = z.infer<typeof controlSchema>;

/** The answer to a control: `{"ok": true}` with, for `save`, where the files are; or `{"error": "…"}`. */
export type ControlAnswer = { ok: true; saved?: Saved } | { error: string };

/** Files that were written, and where the page can open the report. */
export type Saved = { resultFile: string; reportFile: string; reportPath: string };

/** `POST /join`. */
export const joinSchema = z.strictObject({
  code: z.string().min(1).max(16),
  name: z.string().trim().min(1).max(40),
  /** The token of an earlier visit: with it this is the same person, not one more. */
  token: z.string().max(64).optional(),
});

export type JoinRequest = z.infer<typeof joinSchema>;

export type Joined = { token: string; member: number };

/** One lane's figures, as the projector shows them. Latencies run from the scheduled send to the end of the handler. */
export const laneFiguresSchema = z.strictObject({
  messages: count,
  p50Ms: latency,
  p95Ms: latency,
  maxMs: latency,
  /** Of the message that was handled last. */
  lastMs: latency,
  /** Polls answered; for push and SSE, connections opened. */
  requests: count,
  empty: count,
  /** Both ways, as the server counted them. */
  bytes: count,
  /** Messages that will never come. */
  missed: count,
  /** Connections opened beyond the first. */
  reconnects: count,
  /** Messages that the page has read and not handled. */
  inboxMessages: count,
  /** Bytes that wait in the server for this client. */
  backlogBytes: count,
});

export type LaneFigures = z.infer<typeof laneFiguresSchema>;

/** What the projector's screen showed when a control was pressed. It goes with every control, as `figures`. */
export const figuresSchema = z.record(z.enum(laneNames), laneFiguresSchema);

export type OnScreen = z.infer<typeof figuresSchema>;

/** One event of a lane's client, on its page. Times are milliseconds of the server's clock once the page has converted them. */
export type Sight =
  /** A request was sent: a poll, or the opening of a connection. */
  | { kind: 'request'; id: number; atMs: number }
  /** Its response came, with this number of messages. */
  | { kind: 'answer'; id: number; atMs: number; messages: number }
  /** Its response did not come, or a connection was lost. */
  | { kind: 'failure'; id: number; atMs: number; reason: string }
  /** A message reached the client. */
  | { kind: 'arrived'; seq: number; dueMs: number; atMs: number }
  /** Its handler finished. */
  | { kind: 'handled'; seq: number; atMs: number }
  /** The subscription counts from here: the log's head when the server acknowledged it. */
  | { kind: 'subscribed'; seq: number; atMs: number }
  /** `count` messages up to this one will never come. */
  | { kind: 'missed'; upToSeq: number; count: number; atMs: number };

/** What a page sends over `/session`. All but `clock` is for members. */
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
  /** Latencies of the messages that the member's client has handled since the last time. */
  z.strictObject({
    say: z.literal('latencies'),
    /** Half of the best round trip of the clock samples: no latency here is known better than that. */
    uncertaintyMs: z.number().min(0).max(60_000),
    /** From the scheduled send to the end of the handler. Below 0 within the clock's uncertainty. */
    latenciesMs: z.array(z.number().min(-60_000).max(3_600_000)).max(limits.latenciesAtOnce),
  }),
  /** The member leaves: its place is free, and an open vote counts without it. */
  z.strictObject({ say: z.literal('leave') }),
]);

export type Said = z.infer<typeof saidSchema>;

/** What the server sends over `/session`. */
export type Told =
  /** Sent first. `urls`: where this page's transports are. */
  | { tell: 'welcome'; role: 'presenter' | 'member'; name: string; urls: Record<LaneName, string> }
  /** How phones join, to the projector: sent first, and when this machine's address changes. */
  | { tell: 'join'; join: JoinHint }
  /** `head`: the newest message's `seq` at that instant, by which a page notices a lane that has fallen silent. */
  | { tell: 'clock'; id: number; nowMs: number; head: number }
  | { tell: 'state'; state: SessionState }
  /** The server's own counts, once a second: of the lanes to the projector, since the last `begin` or `reset`. */
  | { tell: 'counts'; atMs: number; head: number; lanes: Record<LaneName, LaneCounts> }
  /** The class's delays by transport, once a second, to the projector. */
  | { tell: 'class'; delays: ClassDelays[] }
  /** A member's transport: chosen, assigned, or the one it had before it reconnected. */
  | { tell: 'transport'; transport: LaneName }
  /** The server has counted this member's vote. */
  | { tell: 'voted'; question: string; choice: number }
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
};

export type VoteState = {
  question: string;
  /** Numbers the votes of this class from 1 on: the same question may be put twice. */
  round: number;
  open: boolean;
  /** How many have voted. */
  votes: number;
  /** How many could: everybody who is here, and those who have voted and whose phone sleeps. */
  people: number;
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
