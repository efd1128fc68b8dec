import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Endpoint, type Tally } from './endpoint.ts';
import { bornFor } from './express-born.ts';
import { type Gated, gated } from './gate.ts';
import { bareApp } from './http-bare.ts';
import { expressApp } from './http-express.ts';
import { guardedHttpServer } from './http-guarded.ts';
import { type Limited, limitsOf } from './limits.ts';
import { BadInput, type Batch, invalid, type Message, type Publication } from './message.ts';
import type { MessageSource } from './source/source.ts';

/**
 * The plumbing that the HTTP servers share, so that each of them shows nothing but its way of
 * delivering: `POST /messages` to publish, a reason for everything refused, and connections that
 * stay open between two polls.
 */
export type HttpOptions = Gated &
  Limited & {
    /** What reads requests and writes answers: Express, or nothing on top of Node. Default `express`. */
    framework?: 'express' | 'http';
    /** Called for every poll as it arrives. What it returns is called with what the answer carries, as it leaves. */
    onAsk?: () => (batch: Batch) => void;
  };

/** A `GET /messages`, as either framework hands it on. */
export type Asked = {
  /** The cursor as it came, unread. */
  after: unknown;
  /** The reader wants the newest message alone: `?latest`. */
  latest: boolean;
  /** Answers with a batch, in the framework's own way, and counts it. */
  answer(batch: Batch): void;
  request: IncomingMessage;
  response: ServerResponse;
};

/** What a framework is given: it reads requests, these say what they mean. */
export type HttpApp = {
  /** May throw `BadInput`. */
  onAsked(asked: Asked): void;
  publish(publication: Publication): Promise<Message>;
  tally: Tally;
  /** Bytes of a body. */
  bodyLimitBytes: number;
};

/** An HTTP server that calls `onAsked` for every `GET /messages`. */
export function httpServer(
  source: MessageSource,
  tally: Tally,
  options: HttpOptions,
  onAsked: HttpApp['onAsked'],
): Server {
  const { framework = 'express', gate, onAsk } = options;
  const app = {
    onAsked: onAsk ? watched(onAsked, onAsk) : onAsked,
    publish: (publication: Publication) => source.publish(publication),
    tally,
    bodyLimitBytes: limitsOf(options).bodyBytes,
  };
  if (framework === 'http') return guardedHttpServer(gated(gate, tally, bareApp(app)), tally, options);
  const onExpress = expressApp(app);
  return guardedHttpServer(gated(gate, tally, onExpress), tally, options, bornFor(onExpress));
}

/** The same, as an endpoint. */
export function httpEndpoint(...told: Parameters<typeof httpServer>): Endpoint {
  return new Endpoint(httpServer(...told), told[1]);
}

/** The same, while somebody looks on. */
function watched(onAsked: HttpApp['onAsked'], onAsk: NonNullable<HttpOptions['onAsk']>): HttpApp['onAsked'] {
  return (asked) => {
    const onAnswer = onAsk();
    onAsked({
      ...asked,
      answer(batch) {
        onAnswer(batch);
        asked.answer(batch);
      },
    });
  };
}

/** Counts an answer. */
export function count({ messages, superseded = 0 }: Batch, tally: Tally): void {
  tally.requests += 1;
  if (messages.length === 0) tally.empty += 1;
  tally.deliveries += messages.length;
  tally.dropped += superseded;
}

/** The refusal of any method but `GET` and `POST`. */
export function methodNotAllowed(method: string | undefined): BadInput {
  return new BadInput(invalid('method', method, 'GET to read messages or POST to publish one'), 405);
}
