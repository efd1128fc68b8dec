import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { listenProblem, writeProblem } from './problems.ts';

/** The error of a server that can't listen. */
async function errorOf(port: number, host: string): Promise<Error> {
  const [error] = await once(createServer().listen(port, host), 'error').catch((error) => [error]);
  return error as Error;
}

it('says that a port is taken only when it is', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  expect(listenProblem(await errorOf(port, '127.0.0.1'))).toBe(
    `port ${port} is in use (EADDRINUSE): choose another with --port`,
  );
  other.close();
});

it('names an address that this machine does not have', async () => {
  // An address for documents, which nobody has.
  expect(listenProblem(await errorOf(0, '192.0.2.1'))).toMatch(
    /^this machine does not have the address 192\.0\.2\.1 \(EADDRNOTAVAIL\): /,
  );
});

it('tells a port for administrators from one that is taken', () => {
  const error = Object.assign(new Error('listen EACCES'), { syscall: 'listen', code: 'EACCES', port: 80 });
  expect(listenProblem(error)).toBe(
    'port 80 needs administrator rights (EACCES): choose a port above 1023 with --port',
  );
});

it('leaves an error of another kind its own words', () => {
  const error = Object.assign(new Error('EACCES: no'), { syscall: 'open', code: 'EACCES' });
  expect(listenProblem(error)).toBe('EACCES: no');
});

it('says which path can’t be written, why, and what to do', () => {
  expect(writeProblem('a/b', new Error('EROFS: read-only file system'), 'name another with --out')).toBe(
    'cannot write to a/b: EROFS: read-only file system; name another with --out',
  );
});
