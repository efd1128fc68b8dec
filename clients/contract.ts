import { type TransportName, transportNames } from './transports.ts';

/** A promise of every client. `contract.test.ts` checks each; `npm run figures` writes the table in README.md. */
export type Clause = {
  promise: string;
  why: string;
  /** Transports that the clause does not apply to, and the reason. */
  except?: Partial<Record<TransportName, string>>;
};

const polls = (reason: string) => ({ 'long-poll': reason, 'short-poll': reason });
const pushed = (reason: string) => ({ push: reason, sse: reason, 'tcp-push': reason });

export const clauses = {
  inOrder: {
    promise: 'every message arrives once, in order and unchanged, whatever its text and size',
    why: 'transports differ in latency and cost, not in what arrives',
  },
  handlerArgument: {
    promise: 'the handler is called with the message and nothing else',
    why: 'a handler with an optional second parameter works',
  },
  cursorAdvances: {
    promise: 'the cursor advances with each message, not with each batch',
    why: 'an application can stop after any message and continue there',
  },
  replays: {
    promise: 'a client that starts with a cursor gets every message after the cursor',
    why: 'nothing is lost while it is offline',
  },
  missed: {
    promise: '`ledger.missed` counts messages that had left the log',
    why: 'a loss is never silent',
  },
  holes: {
    promise: '`ledger.missed` also counts messages that the source has lost',
    why: 'a loss at the source is not silent either',
  },
  findsGaps: {
    promise: '`ledger.gaps` counts missing messages that the server did not report',
    why: 'the accounting does not trust the server',
  },
  dropsDuplicates: {
    promise: 'a message that arrives twice is handled once and counted as a duplicate',
    why: 'the handler need not be idempotent',
  },
  newLog: {
    promise: 'after a server restart, a client continues in the new log, and counts this in `ledger.resets`',
    why: 'the new log has its own numbers',
  },
  cursorAhead: {
    promise: 'a client whose cursor is ahead of the log waits for the messages after it',
    why: 'a client may switch to a server that is a moment behind',
  },
  latest: {
    promise: 'with `contract: latest` the newest message arrives, and the others count as dropped',
    why: 'a client that shows the current value needs no history',
    except: pushed('takes every message'),
  },
  ipv6: {
    promise: 'the host may be an IPv6 address',
    why: 'a URL needs brackets around an IPv6 address, a socket doesn’t',
  },
  startPrompt: {
    promise: '`start()` resolves promptly, also when the cursor is up to date',
    why: 'an application awaits `start()` before it continues',
  },
  startRetries: {
    promise: '`start()` tries until the server is there',
    why: 'clients and servers may start in any order',
  },
  startOnce: {
    promise: '`start()` is called once: a second call rejects and changes nothing',
    why: 'a second handler or connection would get messages twice',
  },
  startStopped: {
    promise: '`start()` that is pending at `stop()`, or called later, rejects',
    why: 'no awaited call hangs',
  },
  pauseHolds: {
    promise: 'nothing is handed over between `pause()` and `resume()`, and nothing is lost',
    why: 'the application has no room for messages',
  },
  pauseInHandler: {
    promise: '`pause()` in the handler holds back the rest of the batch, until `resume()` has returned',
    why: 'the inbox can become full in the middle of a batch',
  },
  pauseReconnect: {
    promise: '`pause()` survives a reconnect',
    why: 'a new connection brings all waiting messages, which would overload the application',
  },
  pauseConnecting: {
    promise: '`pause()` works before the connection is open, and `start()` still resolves',
    why: 'either call can come first',
  },
  pauseStopsReading: {
    promise: 'a paused client stops reading at the socket, or stops polling',
    why: 'backpressure reaches the server, and the client’s memory does not fill',
  },
  pauseIsNotSilence: {
    promise: 'a paused client does not treat its connection as dead',
    why: 'the client is silent, not the server',
    except: {
      notify: 'keeps reading notices while it is paused',
      ...polls('has no pending request while it is paused'),
    },
  },
  stopInHandler: {
    promise: '`stop()` in the handler discards the rest of the batch',
    why: 'a stopped application is not called any more',
  },
  stopCloses: {
    promise: '`stop()` closes every connection, and nothing is sent any more',
    why: 'a stopped client leaves nothing behind',
  },
  stopEndsRetries: {
    promise: '`stop()` during a back-off ends the retries',
    why: 'a stopped client leaves nothing behind',
  },
  stopSaysGoodbye: {
    promise: '`stop()` sends a Close frame with 1000',
    why: 'the server can tell a leaving client from a lost client (RFC 6455 §7)',
    except: {
      sse: 'HTTP has no closing handshake',
      'tcp-push': 'the protocol has no closing handshake',
      ...polls('HTTP has no closing handshake'),
    },
  },
  stopTerminates: {
    promise: '`stop()` ends a connection within a second, even if the server does not respond',
    why: 'a half-open connection never answers a Close frame',
  },
  exceptionReaches: {
    promise: 'an exception in the handler becomes an uncaught exception of the application',
    why: 'a bug in the handler is visible',
  },
  exceptionLosesNothing: {
    promise:
      'an exception in the handler loses no other message, closes no connection and is not counted as a failure',
    why: 'a bug in the handler is not a network failure',
  },
  reconnects: {
    promise: 'a lost connection neither loses nor duplicates a message; the failure is counted',
    why: 'the cursor makes a reconnect safe',
  },
  oneRetry: {
    promise: 'a failure causes one retry, whatever happens during the back-off',
    why: 'a crowd that retries twice overloads a server that is in trouble',
  },
  badInput: {
    promise: 'invalid input ends only its own connection or poll, and the failure names the input',
    why: 'a server can’t end the client’s process',
  },
  tooLong: {
    promise: 'a message of more than 32 MiB ends only its own connection or poll',
    why: 'a server can’t fill the client’s memory',
  },
  silence: {
    promise: 'a client gives up a silent connection or request, reports it, and reconnects with its cursor',
    why: 'a cut cable does not close the connection',
  },
  heartbeat: {
    promise: 'a heartbeat shows that the connection is alive',
    why: 'a lack of messages is not a failure',
    except: polls('has no heartbeats: every poll has a response'),
  },
  infinity: {
    promise: 'with `silenceLimitMs: Infinity`, a client never gives up a connection or request',
    why: '`Infinity` means no limit, although a timer of `Infinity` fires after 1 ms',
  },
  refusalReason: {
    promise: '`counters.lastFailure` has the server’s full, unescaped reason when it rejects a client',
    why: 'the server knows what is wrong',
  },
  evictionReason: {
    promise: '`counters.lastFailure` has the server’s reason when it disconnects a slow consumer',
    why: 'the application can tell that it was too slow',
    except: {
      notify: 'is never too slow: a notice replaces the one before it',
      ...polls('is never too slow: the server sends only responses'),
    },
  },
  publishAcknowledged: {
    promise: '`publish()` resolves when the server has the message, with the scheduled send time',
    why: 'a message that was sent need not have arrived',
  },
  publishRefused: {
    promise: '`publish()` rejects with the server’s reason when it refuses the message',
    why: 'the application can correct the message',
  },
  publishUnconnected: {
    promise: '`publish()` rejects while there is no connection',
    why: 'a message is never dropped silently',
  },
  publishLost: {
    promise: '`publish()` rejects when the connection is lost before the acknowledgement',
    why: 'the client can’t know whether the server has the message',
  },
  publishUnanswered: {
    promise: '`publish()` rejects when no acknowledgement arrives within the silence limit',
    why: 'no awaited call hangs',
  },
  publishStopped: {
    promise: '`publish()` that is pending at `stop()`, or called later, rejects',
    why: 'no awaited call hangs',
  },
  publishOnce: {
    promise: 'a second `publish()` with the same id does not duplicate the message',
    why: 'an application can retry after a rejection',
  },
  publishEarly: {
    promise: '`publish()` before the connection is open resolves or rejects',
    why: 'the first message on a connection must be the client’s cursor',
  },
  publishPaused: {
    promise: '`publish()` works while the client is paused',
    why: 'a slow consumer may still publish',
    except: {
      push: 'waits for an acknowledgement on a connection that it has paused',
      'tcp-push': 'waits for an acknowledgement on a connection that it has paused',
    },
  },
} satisfies Record<string, Clause>;

/** The clauses as rows for README.md: the promise, its reason, and the transports that it does not apply to. */
export function contractRows(): string[][] {
  return Object.values<Clause>(clauses).map(({ promise, why, except = {} }) => {
    const reasons = [...new Set(Object.values(except))];
    const exceptions = reasons.map((reason) => {
      const names = transportNames.filter((name) => except[name] === reason);
      return `${names.join(', ')}: ${reason}`;
    });
    return [promise, why, exceptions.join('; ')];
  });
}
