import { hostOf, inUrl } from '../address.ts';

/** Where a RabbitMQ is, as amqplib takes it. No message repeats name and password. */
export type RabbitAddress = ReturnType<typeof parseRabbitUrl>;

/**
 * Reads `amqp://name:password@host:port/vhost`; what is left out is RabbitMQ's default.
 * Throws an `Error` that says what was expected, and repeats nothing of the URL.
 */
export function parseRabbitUrl(text: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const protocol = url?.protocol.slice(0, -1);
  if (!url?.hostname || (protocol !== 'amqp' && protocol !== 'amqps'))
    throw new Error('expected a URL such as amqp://name:password@host:port');
  return {
    protocol,
    hostname: hostOf(url),
    port: Number(url.port || (protocol === 'amqp' ? 5672 : 5671)),
    username: decoded(url.username || 'guest'),
    password: decoded(url.password || 'guest'),
    vhost: url.pathname.length > 1 ? decoded(url.pathname.slice(1)) : '/',
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error('expected %25 in the URL for each % in a name or password');
  }
}

/** "RabbitMQ at 127.0.0.1:5672": without name and password. */
export function nameOfRabbit({ hostname, port }: Pick<RabbitAddress, 'hostname' | 'port'>): string {
  return `RabbitMQ at ${inUrl(hostname)}:${port}`;
}

/** What went wrong with a connection to it, and what to do about it, in one line. */
export function rabbitProblem(address: RabbitAddress, error: unknown): string {
  const { code = '', message = '' } = error as { code?: unknown; message?: string };
  const name = nameOfRabbit(address);
  if (/ACCESS.REFUSED/.test(message))
    return `${name} rejected the name and password: correct them in the URL`;
  if (/ConnectionOpenOk|NOT_ALLOWED/.test(message))
    return `${name} has no virtual host "${address.vhost}" for this user: correct the virtual host at the end of the URL`;
  if (/ENOTFOUND|EAI_AGAIN/.test(`${code} ${message}`))
    return `unknown host "${address.hostname}": correct it in the URL`;
  if (/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/.test(`${code} ${message}`))
    return `can’t connect to ${name} (${code}): start it there, or correct host and port in the URL`;
  if (/ETIMEDOUT|Expected .* (?:got|frame)|Invalid frame|handshake|Socket closed/i.test(message))
    return `${name} did not respond with AMQP (${message}): correct the port in the URL`;
  return `${name} failed: ${message || String(error)}`;
}
