/** Text that the page carries packed, as base64 of gzip. Empty where the page doesn't carry it. */
export async function unpacked(id: string): Promise<string> {
  const packed = document.getElementById(id)?.textContent;
  if (!packed) return '';
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}
