import { afterEach, expect, it } from 'vitest';
import { serversByName } from '../../servers/serve.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import { Child } from '../harness/child.ts';
import { mark } from './message-line.ts';
import type { ParkedHandlers } from './parked-process.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it('asks again after every answer, and counts each message once', async () => {
  const source = new EmbeddedSource();
  const server = serversByName['long-poll'](source, { framework: 'http' });
  await server.listen();
  const parked = new Child<ParkedHandlers>('../peers/parked-process.ts');
  cleanups.push(
    () => parked.kill(),
    () => server.close(),
  );
  await parked.call('park', { tongue: 'lab', port: server.port, members: 20 });
  for (let seq = 1; seq <= 3; seq += 1) {
    source.log.append(`a message ${mark}`, 0);
    expect(await parked.call('hearOut', { messages: seq, limitMs: 10_000 })).toEqual(new Array(20).fill(seq));
  }
  // Whom the server has left leaves, too.
  await server.cut();
  await parked.call('leave', undefined);
});
