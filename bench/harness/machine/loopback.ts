import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Longer than any machine takes to connect to itself. */
const limitMs = 5000;

/**
 * Why nothing on this machine can connect to itself, in a line with what to do; `undefined` when it can. It
 * listens on the loopback address and connects to it once.
 */
export async function loopbackProblem(host = '127.0.0.1'): Promise<string | undefined> {
  const server = createServer((socket) => socket.destroy());
  let client: Socket | undefined;
  try {
    await once(server.listen(0, host), 'listening');
    client = connect((server.address() as { port: number }).port, host);
    await once(client, 'connect', { signal: AbortSignal.timeout(limitMs) });
    return undefined;
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException;
    const why = name === 'AbortError' ? `no response within ${limitMs / 1000} s` : (code ?? message);
    return `This machine can't connect to its own address ${host} (${why}): check that its loopback interface is up.`;
  } finally {
    client?.destroy();
    server.close();
  }
}
