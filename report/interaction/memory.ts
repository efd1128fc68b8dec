/** A value that this browser stored for the page; `null` where it stores nothing for files. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(keyOf(key));
  } catch {
    return null;
  }
}

/** Stores or removes a value. Without storage the page only forgets. */
export function remember(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(keyOf(key));
    else localStorage.setItem(keyOf(key), value);
  } catch {
    // Private windows and some file pages have no storage.
  }
}

function keyOf(key: string): string {
  return `push-versus-polling ${key}`;
}
