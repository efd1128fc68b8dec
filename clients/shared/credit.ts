import { parseCredit } from '../../servers/log/message.ts';

/**
 * Credit-based flow control: the client grants the server a window of messages that may be on the wire or unhandled.
 *
 *     client  ──{"credit":4}──►                  ──{"credit":2}──►                ──{"credit":2}──►
 *     server                   ◄─[7]─[8]─[9]─[10]─                 ◄─[11]─[12]─
 *     handled                      7   8                              9   10
 *
 * Handled messages are granted again in halves of the window: a grant per message would cost a frame each, and a
 * grant per window would leave the server without credit until it arrives.
 *
 *     on the wire + unhandled + handled, but not granted again = the window
 */
export class CreditWindow {
  readonly #limit: number;
  readonly #send: (text: string) => void;
  #unhandled = 0;
  #handled = 0;
  #isOpen = false;

  /** Throws `BadInput` unless the limit is 1 to 2³¹ − 1 messages. */
  constructor(limit: number, send: (text: string) => void) {
    this.#limit = parseCredit({ credit: limit }) as number;
    this.#send = send;
  }

  /** The connection is acknowledged. Grants on the one before are void, so this grants all but the unhandled messages. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#handled = 0;
    this.#grant(this.#limit - this.#unhandled);
  }

  /** The connection is lost. Messages handled from now on are granted on the next one. */
  close(): void {
    this.#isOpen = false;
  }

  take(): void {
    this.#unhandled += 1;
  }

  release(count: number): void {
    this.#unhandled -= count;
    this.#handled += count;
    if (!this.#isOpen || this.#handled < this.#limit / 2) return;
    const handled = this.#handled;
    this.#handled = 0;
    this.#grant(handled);
  }

  #grant(credit: number): void {
    if (credit > 0) this.#send(JSON.stringify({ credit }));
  }
}
