/** Text that the page carries packed, as base64 of gzip in a string. */
export async function unpacked(id: string): Promise<string> {
  const packed: string = JSON.parse(document.getElementById(id)?.textContent ?? '""');
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}
