import { fail, isProgram, onInterrupt } from './commands/begin.ts';
import { begin, command, exitCodes, firstPortOf, readBroker } from './commands/command.ts';
import { listenProblem } from './commands/problems.ts';
import { nowMs } from './meter/clock.ts';
import { type ServerName, serversByName, startServers } from './serve.ts';
import { EmbeddedSource } from './source/embedded.ts';

/** `npm run servers`: all of them on one source, to try with curl and the console of a browser. */
export const serversCommand = command('npm run servers --', 'Starts all servers with one message source.')
  .option(
    '--port <number>',
    'port of the first server; the other five use the next ports',
    firstPortOf(6, 8081),
    8081,
  )
  .option(
    '--broker <url>',
    'RabbitMQ from which several servers share one source: amqp://name:password@host:port',
    readBroker,
  );

async function main({ port, broker }: { port: number; broker?: string }): Promise<void> {
  const shared = broker === undefined ? undefined : await sharedSource(broker);
  const source = shared ?? new EmbeddedSource();
  const names = Object.keys(serversByName) as ServerName[];
  const ports = port === 0 ? [] : names.map((_, index) => port + index);
  const endpoints = await startServers(source, names, {}, ports).catch((error: Error) =>
    fail(exitCodes.environment, listenProblem(error)),
  );

  const at = (name: ServerName) => `127.0.0.1:${endpoints.get(name)?.port}`;
  const others = shared ? ' All servers with this RabbitMQ share the source.' : '';
  console.log(`Six servers share one source of two messages per second.${others} Press Ctrl-C to stop the servers.

  sse         curl -N http://${at('sse')}/messages
  tcp-push    (echo '{"after":null}'; cat) | nc ${at('tcp-push').replace(':', ' ')}
  long-poll   curl http://${at('long-poll')}/messages    to continue, add ?after= and the value of "next"
  short-poll  curl http://${at('short-poll')}/messages    to continue, add ?after= in the same way
  publish     curl -d '{"body":"hello"}' http://${at('short-poll')}/messages

Open http://${at('push')}/ in a browser. In the browser console (F12), enter one of these lines. The servers reject pages of other origins.

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
    source.failed.catch(({ message }) => fail(exitCodes.environment, message));
    return source;
  } catch (error) {
    return fail(exitCodes.environment, (error as Error).message);
  }
}

if (isProgram(import.meta.url)) await main(begin(serversCommand).opts());
