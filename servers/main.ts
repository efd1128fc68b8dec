import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { nowMs } from './clock.ts';
import { beginCommand, onInterrupt } from './commands/begin.ts';
import { invalidOption, listenProblem } from './commands/problems.ts';
import type { Endpoint } from './endpoint.ts';
import { type LongPollOptions, longPollServer } from './long-poll.ts';
import { type NotifyOptions, notifyServer } from './notify.ts';
import { pushServer } from './push.ts';
import { type ShortPollOptions, shortPollServer } from './short-poll.ts';
import { EmbeddedSource } from './source/embedded.ts';
import { parseRabbitUrl } from './source/rabbit-address.ts';
import type { MessageSource } from './source/source.ts';
import { sseServer } from './sse.ts';
import { tcpPushServer } from './tcp-push.ts';

/** Every way of delivering, by name. */
export const serversByName = {
  push: pushServer,
  sse: sseServer,
  'tcp-push': tcpPushServer,
  notify: notifyServer,
  'long-poll': longPollServer,
  'short-poll': shortPollServer,
};

export type ServerName = keyof typeof serversByName;

/** Options of all servers; each takes what concerns it. */
export type ServerOptions = NotifyOptions & LongPollOptions & ShortPollOptions;

/**
 * Starts the named servers on one source, each on its own port of `host`: `ports[i]` or any free one.
 * Rejects when a port is taken, or a server refuses an option; then none is left running.
 */
export async function startServers(
  source: MessageSource,
  names: readonly ServerName[],
  options: ServerOptions = {},
  ports: readonly number[] = [],
  host = '127.0.0.1',
): Promise<Map<ServerName, Endpoint>> {
  const endpoints = new Map<ServerName, Endpoint>();
  try {
    for (const name of names) endpoints.set(name, serversByName[name](source, options));
    const listening = [...endpoints.values()].map((endpoint, index) =>
      endpoint.listen(ports[index] ?? 0, host),
    );
    const failed = (await Promise.allSettled(listening)).find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    return endpoints;
  } catch (error) {
    await Promise.all([...endpoints.values()].map((endpoint) => endpoint.close()));
    throw error;
  }
}

/** `npm run servers`: all of them on one source, to poke at with curl and a browser's console. */
async function main(): Promise<void> {
  beginCommand('npm run servers', [
    { long: '--port', required: true },
    { long: '--broker', required: true },
  ]);
  const { port, broker } = optionsOrEnd(process.argv.slice(2));
  const shared = broker === undefined ? undefined : await sharedSource(broker);
  const source = shared ?? new EmbeddedSource();
  const names = Object.keys(serversByName) as ServerName[];
  const ports = port === 0 ? [] : names.map((_, index) => port + index);
  const endpoints = await startServers(source, names, {}, ports).catch((error: Error) =>
    fail(3, listenProblem(error)),
  );

  const at = (name: ServerName) => `127.0.0.1:${endpoints.get(name)?.port}`;
  const others = shared ? ' All servers of this RabbitMQ share it.' : '';
  console.log(`One source, two messages per second, six transports.${others} Ctrl-C ends it.

  push        new WebSocket('ws://${at('push')}/messages').onmessage = m => console.log(m.data)
  sse         curl -N http://${at('sse')}/messages
  tcp-push    (echo '{"after":null}'; cat) | nc ${at('tcp-push').replace(':', ' ')}
  notify      like push, but fetch the messages from http://${at('notify')}/messages
  long-poll   curl http://${at('long-poll')}/messages        then with ?after=NEXT, the "next" of the response
  short-poll  curl http://${at('short-poll')}/messages        then the same
  publish     curl -d '{"body":"hello"}' http://${at('short-poll')}/messages`);

  onInterrupt(() => source.stop());
  const aDayMs = 24 * 60 * 60 * 1000;
  await source.play({ kind: 'poisson', ratePerSecond: 2, durationMs: aDayMs }, nowMs());
  await Promise.all([...endpoints.values()].map((endpoint) => endpoint.close()));
  await shared?.close();
}

/** The source that all servers with the same RabbitMQ have in common. Ends the process where there is none, and when it fails. */
async function sharedSource(url: string) {
  const { RabbitSource } = await import('./source/rabbitmq.ts');
  try {
    const source = await RabbitSource.open({ url, onNews: console.error });
    source.failed.catch(({ message }) => fail(3, message));
    return source;
  } catch (error) {
    return fail(3, (error as Error).message);
  }
}

function optionsOrEnd(args: string[]): ReturnType<typeof readOptions> {
  try {
    return readOptions(args);
  } catch (error) {
    return fail(2, (error as Error).message);
  }
}

/** Reads the command line of `npm run servers`. Throws an `Error` that names the option and what was expected. */
export function readOptions(args: string[]): { port: number; broker?: string } {
  const options = { port: { type: 'string', default: '8081' }, broker: { type: 'string' } } as const;
  const { port, broker } = parseArgs({ args, options }).values;
  if (!/^\d+$/.test(port) || Number(port) > 65_530)
    throw new Error(
      invalidOption('--port', port, 'the first of six free ports from 1 to 65530, or 0 for any', '8081'),
    );
  if (broker !== undefined) checkBroker(broker);
  return { port: Number(port), broker };
}

function checkBroker(url: string): void {
  try {
    parseRabbitUrl(url);
  } catch (error) {
    throw new Error(`Invalid --broker: ${(error as Error).message}`);
  }
}

function fail(exitCode: number, reason: string): never {
  console.error(reason);
  process.exit(exitCode);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
