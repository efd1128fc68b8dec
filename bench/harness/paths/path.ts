/**
 * What may lie between a client and its server.
 *
 *     client ──► port ──► [ the path ] ──► upstreamPort ──► server
 *
 * | kind         | what it does                                    | embedded (httpxy)        | nginx                       |
 * | ------------ | ----------------------------------------------- | ------------------------ | --------------------------- |
 * | `direct`     | nothing: the client connects to the server      |                          |                             |
 * | `no-upgrade` | drops `Upgrade`, as every hop does unless told  | no listener for upgrades | HTTP/1.0, its default       |
 * | `buffering`  | collects an answer before it passes it on       | the whole answer         | HTTP/1.0, 4 KiB             |
 * | `idle-limit` | cuts what has carried nothing for `idleLimitMs` | a timeout on the socket  | `proxy_read_timeout`        |
 *
 * Each does one thing only: `buffering` and `idle-limit` pass upgrades on, and only `buffering`
 * buffers. An nginx with a bare `proxy_pass` is `no-upgrade` and `buffering` at once, with a limit of
 * 60 s. Both proxies pass on a response at once that says `X-Accel-Buffering: no`; nginx as well if it
 * comes in chunks, which it does over HTTP/1.1. All of them speak HTTP, so what is
 * not HTTP gets through `direct` alone.
 */
export const pathKinds = ['direct', 'no-upgrade', 'buffering', 'idle-limit'] as const;

export type PathKind = (typeof pathKinds)[number];

/** A kind that needs a proxy. */
export type ProxiedKind = Exclude<PathKind, 'direct'>;

/** What stands in the way: a proxy in this process, or a real one. */
export type ProxyName = 'embedded' | 'nginx';

export type PathOptions = {
  /** Default `embedded`. `nginx` needs one to be installed. */
  proxy?: ProxyName;
  /** Silence after which `idle-limit` cuts. Default 2,000; a proxy as it is installed waits 60,000. */
  idleLimitMs?: number;
};

/** A path that is open: clients connect to `port`. */
export type OpenPath = { port: number; close(): Promise<void> };
