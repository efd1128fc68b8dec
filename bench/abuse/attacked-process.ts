import { MessageLog } from '../../servers/log/message-log.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import type { Endpoint } from '../../servers/meter/endpoint.ts';
import { type ServerName, type ServerOptions, startServers } from '../../servers/serve.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import { serveCalls } from '../harness/child.ts';
import { logId } from './open-server.ts';

/** The process that is attacked: one server at a time, on a source that plays. */
export type AttackedHandlers = {
  /** Starts a server whose source plays so many messages a second, and tells its port. */
  open(order: {
    server: ServerName;
    options: ServerOptions;
    ratePerSecond: number;
    seed: number;
  }): Promise<number>;
  /** Ends the messages; tells the `seq` of the last one. */
  pause(): number;
  close(): Promise<void>;
};

let source: EmbeddedSource | undefined;
let endpoint: Endpoint | undefined;

const anHourMs = 3_600_000;

const handlers: AttackedHandlers = {
  async open({ server, options, ratePerSecond, seed }) {
    source = new EmbeddedSource(new MessageLog({}, logId));
    endpoint = (await startServers(source, [server], options)).get(server) as Endpoint;
    void source.play({ kind: 'poisson', ratePerSecond, durationMs: anHourMs, seed }, nowMs());
    return endpoint.port;
  },
  pause() {
    source?.stop();
    return source?.log.head ?? 0;
  },
  async close() {
    await endpoint?.close();
  },
};

serveCalls(handlers);
