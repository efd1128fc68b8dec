import { gzipSync } from 'node:zlib';

/** Text for the page's script to unpack: gzip in base64, a third of the length, without characters that could end an element. */
export function packed(text: string): string {
  return gzipSync(text, { level: 9 }).toString('base64');
}
