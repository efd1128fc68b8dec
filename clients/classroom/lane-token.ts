/** What lets a projector page's clients in to the lanes: the presenter's token, and which page it is. */
export function laneToken(presenterToken: string, page: string): string {
  return `${presenterToken}.${page}`;
}
