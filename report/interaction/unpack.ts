/** Text that the page includes as base64 of gzip. Empty where it is missing. */
export async function unpacked(id: string): Promise<string> {
  const packed = document.getElementById(id)?.textContent;
  if (!packed) return '';
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  // Not text(), which takes the byte order mark of a table off.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await new Response(stream).arrayBuffer());
}
