/**
 * The text of a file that commands and pages read: UTF-8, or UTF-16 as Windows writes it, with or without
 * a byte order mark. Without one, a text that begins with an ASCII character, as JSON does, shows its kind by its first zero.
 */
export function decodedText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== undefined)) return 'utf-16be';
  return 'utf-8';
}
