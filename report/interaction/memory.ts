/** What this browser keeps for the page between visits; nothing where it keeps nothing for files. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(keyOf(key));
  } catch {
    return null;
  }
}

/** Keeps a value, or forgets it. A browser that refuses loses only the memory. */
export function remember(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(keyOf(key));
    else localStorage.setItem(keyOf(key), value);
  } catch {
    // Private windows and some file pages keep nothing.
  }
}

function keyOf(key: string): string {
  return `push-versus-polling ${key}`;
}
