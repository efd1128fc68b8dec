/** What a `GET` asks for: the path, and what stands behind `?`. */
export type Question = {
  path: string;
  /** The cursor as it came, unread. */
  after: string | null;
  /** The newest message alone. */
  latest: boolean;
};

/**
 * The same words, the same question: a crowd that stands at one place of the log asks in the same words, and
 * they are taken apart once.
 */
export class Questions {
  readonly #known = new Map<string, Question>();

  /** Reads the path and query of a request. Reads anything, and refuses nothing. */
  read(url: string): Question {
    const known = this.#known.get(url);
    if (known) return known;
    const question = questionIn(url);
    if (url.length <= charactersMax) {
      if (this.#known.size >= questionsKept) this.#known.clear();
      this.#known.set(url, question);
    }
    return question;
  }
}

/** Reads the path and query of one request. To a proxy a client names the whole address (RFC 9112 §3.2.2). */
export function questionIn(url: string): Question {
  const [path = '', query] = url.replace(/^https?:\/\/[^/?]*/i, '').split('?');
  const parameters = new URLSearchParams(query);
  return { path, after: parameters.get('after'), latest: parameters.has('latest') };
}

/** Questions that are kept. When there are more, all are let go. */
const questionsKept = 1000;

/** A path with the longest cursor has fewer. Longer ones are read each time: nobody fills the memory with them. */
const charactersMax = 128;
