import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Message, Publication } from '../log/message.ts';

/** What the pages use of Express; bare.ts has the same on `node:http` alone. */
export interface App {
  get(path: string, handle: (request: Request, response: Response) => void): unknown;
}

export interface Request extends IncomingMessage {
  query: Record<string, unknown>;
}

export interface Response extends ServerResponse {
  json(data: unknown): unknown;
}

/** What a server is made of apart from its pages. */
export type Site = {
  publish(publication: Publication): Promise<Message>;
  /** Called when a poll arrives. */
  onPoll?(response: ServerResponse): void;
  /** Called with everything that a page sends as JSON. */
  onJson(response: ServerResponse, data: unknown): void;
  /** Called for every request that is refused. */
  onRefused(): void;
  /** Bytes of a body. */
  bodyLimitBytes: number;
};
