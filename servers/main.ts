import { parseArgs } from 'node:util';
import { beginCommand, fail, isProgram, onInterrupt } from './commands/begin.ts';
import { invalidOption, listenProblem } from './commands/problems.ts';
import { nowMs } from './meter/clock.ts';
import { type ServerName, serversByName, startServers } from './serve.ts';
import { EmbeddedSource } from './source/embedded.ts';
import { parseRabbitUrl } from './source/rabbit-address.ts';

/** `npm run servers`: all of them on one source, to try with curl and the console of a browser. */
async function main(): Promise<void> {
  beginCommand('npm run servers', [
    { long: '--port', required: true },
    { long: '--broker', required: true },
  ]);
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    return fail(2, (error as Error).message);
  }
  const { port, broker } = options;
  const shared = broker === undefined ? undefined : await sharedSource(broker);
  const source = shared ?? new EmbeddedSource();
  const names = Object.keys(serversByName) as ServerName[];
  const ports = port === 0 ? [] : names.map((_, index) => port + index);
  const endpoints = await startServers(source, names, {}, ports).catch((error) =>
    fail(3, listenProblem(error)),
  );

  const at = (name: ServerName) => `127.0.0.1:${endpoints.get(name)?.port}`;
  const others = shared ? ' All servers of this RabbitMQ share it.' : '';
  console.log(`Six servers, one source with two messages a second.${others} Ctrl-C ends them.

  sse         curl -N http://${at('sse')}/messages
  tcp-push    (echo '{"after":null}'; cat) | nc ${at('tcp-push').replace(':', ' ')}
  long-poll   curl http://${at('long-poll')}/messages    then add ?after= and the "next" of the last response
  short-poll  curl http://${at('short-poll')}/messages    the same
  publish     curl -d '{"body":"hello"}' http://${at('short-poll')}/messages

In a browser, open http://${at('push')}/ and enter in its console (F12). Pages of other origins are refused.

  push        new WebSocket('ws://${at('push')}/messages').onmessage = ({ data }) => console.log(data)
  notify      new WebSocket('ws://${at('notify')}/messages').onmessage = ({ data }) => console.log(data)
  sse         new EventSource('http://${at('sse')}/messages').onmessage = ({ data }) => console.log(data)`);

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

/** Reads the command line of `npm run servers`. Throws an `Error` that names the option and what was expected. */
export function readOptions(args: string[]): { port: number; broker?: string } {
  const options = { port: { type: 'string', default: '8081' }, broker: { type: 'string' } } as const;
  const { port, broker } = parseArgs({ args, options }).values;
  if (!/^\d+$/.test(port) || Number(port) > 65_530)
    throw new Error(
      invalidOption('--port', port, 'the first of six free ports from 1 to 65530, or 0 for any', '8081'),
    );
  try {
    if (broker !== undefined) parseRabbitUrl(broker);
  } catch (error) {
    throw new Error(`Invalid --broker: ${(error as Error).message}`);
  }
  return { port: Number(port), broker };
}

if (isProgram(import.meta.url)) await main();
