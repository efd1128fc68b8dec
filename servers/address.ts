/**
 * Hosts in URLs. A URL has an IPv6 address in brackets, `[::1]`, and `URL.hostname` keeps them; `net` takes it
 * without.
 */

/** The host of a URL as `net.connect` and `net.listen` take it: `::1`. */
export function hostOf({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** A host as it is written before a port: `[::1]`. */
export function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
