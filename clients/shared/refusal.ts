/** The server's own words in `{"error": reason}`; `undefined` in any other text. */
export function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text);
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}

/** Why a server refused an HTTP request. */
export function refusal(status: number | undefined, body: string): string {
  return `the server responded with ${status}: ${errorIn(body) || body}`;
}
