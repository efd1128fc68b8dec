/** The newest ids, this many, are remembered. */
const idsKept = 10_000;

/** The place of a publication in the log. Its text is not kept: 10,000 texts would be more than the log may have. */
type Published = { seq: number };

/** A publication that a client sends again with the same id is published once. */
export class PublishedIds {
  readonly #byId = new Map<string, Promise<Published>>();

  /** Publishes, or returns the place of the same id. After a failure the id may be used again. */
  once(id: string | undefined, publish: () => Promise<Published>): Promise<Published> {
    const known = id === undefined ? undefined : this.#byId.get(id);
    if (known) return known;
    const publishing = publish().then(({ seq }) => ({ seq }));
    if (id === undefined) return publishing;
    this.#byId.set(id, publishing);
    publishing.catch(() => this.#byId.delete(id));
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > idsKept) this.#byId.delete(oldest as string);
    return publishing;
  }
}
