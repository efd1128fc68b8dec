import { createInterface } from 'node:readline';
import { type ServerName, type ServerOptions, serversByName } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { parseMessage } from '../message-line.ts';

/**
 * One of the lab's own servers, as a peer: `ours.ts PORT NAME [FRAMEWORK]`. A line is a message, and goes
 * through source, log and server as any other.
 */
const [port = '0', name = 'push', framework = 'express'] = process.argv.slice(2);
const source = new EmbeddedSource();
const server = serversByName[name as ServerName](source, {
  framework: framework as ServerOptions['framework'],
});
await server.listen(Number(port));
console.log(server.port);
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { body, dueMs } = parseMessage(line);
    source.log.append(body, dueMs);
  })
  .on('close', () => process.exit(0));
