import type { Message } from '../log/message.ts';

/** Ids that are remembered, the newest of them. */
const idsKept = 10_000;

/** A publication that a client sends again with the same id is published once. */
export class PublishedIds {
  readonly #byId = new Map<string, Promise<Message>>();

  /** Publishes, or returns what came of the same id before. An id whose publication failed may be tried again. */
  once(id: string | undefined, publish: () => Promise<Message>): Promise<Message> {
    if (id === undefined) return publish();
    const known = this.#byId.get(id);
    if (known) return known;
    const publishing = publish();
    this.#byId.set(id, publishing);
    publishing.catch(() => this.#byId.delete(id));
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > idsKept) this.#byId.delete(oldest as string);
    return publishing;
  }
}
