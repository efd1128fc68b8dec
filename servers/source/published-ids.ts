import type { Message } from '../log/message.ts';

/** The newest ids, this many, are remembered. */
const idsKept = 10_000;

/** A publication that a client sends again with the same id is published once. */
export class PublishedIds {
  readonly #byId = new Map<string, Promise<Message>>();

  /** Publishes, or returns the message of the same id. After a failure the id may be used again. */
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
