import type { Books } from '../result.ts';

/**
 * The books of a trial: every message that was owed was delivered, dropped, missed or is still
 * waiting, and none came twice or out of order.
 *
 *     delivered + dropped + missed + backlogAtEnd = expected
 *
 * Each of the five is counted in a place of its own (the log, the client's handler, what the server said
 * that it gave up or no longer had, what was found waiting at the end), so they balance only when nothing
 * went astray. Returns what is wrong, one sentence each; an empty list when they balance.
 *
 * `gaps` is the clients' own count of `seq` that never came.
 */
export function bookProblems(books: Books, gaps: number): string[] {
  const { expected, delivered, dropped, missed, duplicated, reordered, backlogAtEnd } = books;
  const accounted = delivered + dropped + missed + backlogAtEnd;
  const problems: string[] = [];
  if (accounted < expected)
    problems.push(`${expected - accounted} of ${expected} messages are unaccounted for`);
  if (accounted > expected)
    problems.push(`${accounted - expected} messages more than the ${expected} expected`);
  if (duplicated > 0) problems.push(`${duplicated} messages came twice`);
  if (reordered > 0) problems.push(`${reordered} messages came out of order`);
  if (gaps !== dropped + missed)
    problems.push(
      `clients found ${gaps} messages missing in the sequence; ${dropped + missed} were dropped or missed`,
    );
  return problems;
}

/** Books with nothing in them. */
export function emptyBooks(): Books {
  return { expected: 0, delivered: 0, dropped: 0, missed: 0, duplicated: 0, reordered: 0, backlogAtEnd: 0 };
}

/** The sum of several books. */
export function sumBooks(all: readonly Books[]): Books {
  const sum = emptyBooks();
  for (const books of all) for (const key of Object.keys(sum) as (keyof Books)[]) sum[key] += books[key];
  return sum;
}
