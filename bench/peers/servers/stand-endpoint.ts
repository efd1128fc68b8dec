import { createInterface } from 'node:readline';
import type { Endpoint } from '../../../servers/meter/endpoint.ts';
import type { MessageSource } from '../../../servers/source/source.ts';
import { parseMessage } from '../message-line.ts';

/** A server of the lab as a contender: a line is a message, and goes through log and server as any other. */
export async function standEndpoint(port: string, endpoint: Endpoint, { log }: MessageSource): Promise<void> {
  await endpoint.listen(Number(port));
  console.log(endpoint.port);
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { body, dueMs } = parseMessage(line);
      log.append(body, dueMs);
    })
    .on('close', () => process.exit(0));
}
