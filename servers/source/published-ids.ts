/** A publication that a client sends again with the same id is published once: the newest 10,000 ids are remembered. */
export class PublishedIds {
  /** Without the texts: 10,000 of them would be more than the log may have. */
  readonly #byId = new Map<string, Promise<{ seq: number }>>();

  /** Publishes, or returns the place of the same id. After a failure the id may be used again. */
  once(id: string | undefined, publish: () => Promise<{ seq: number }>): Promise<{ seq: number }> {
    const known = id === undefined ? undefined : this.#byId.get(id);
    if (known) return known;
    const publishing = publish().then(({ seq }) => ({ seq }));
    if (id === undefined) return publishing;
    this.#byId.set(id, publishing);
    publishing.catch(() => this.#byId.delete(id));
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > 10_000) this.#byId.delete(oldest as string);
    return publishing;
  }
}
