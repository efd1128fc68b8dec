import { parseCredit } from '../../servers/log/message.ts';

/**
 * A window of messages that may be on their way or in hand: what a client grants its server.
 *
 *     client  ──{"credit":4}──►                  ──{"credit":2}──►                ──{"credit":2}──►
 *     server                   ◄─[7]─[8]─[9]─[10]─                 ◄─[11]─[12]─
 *     handled                      7   8                              9   10
 *
 * What was handled is granted again, in halves of the window: a grant per message would cost a frame per
 * message the other way, and a grant per window would let the server run dry while it is under way.
 *
 *     on the way + in hand + handled, but not granted again = the window
 */
export class CreditWindow {
  readonly #limit: number;
  readonly #send: (text: string) => void;
  #inHand = 0;
  #handled = 0;
  #isOpen = false;

  /** Throws `BadInput` unless the limit is 1 to 2³¹ − 1 messages. */
  constructor(limit: number, send: (text: string) => void) {
    this.#limit = parseCredit({ credit: limit }) as number;
    this.#send = send;
  }

  /** The connection is acknowledged. Grants on the one before are void, so this grants all but what is in hand. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#handled = 0;
    this.#grant(this.#limit - this.#inHand);
  }

  /** The connection is gone; what is handled from now on is granted on the next one. */
  close(): void {
    this.#isOpen = false;
  }

  /** So many messages have arrived. */
  take(count: number): void {
    this.#inHand += count;
  }

  /** So many of them are done with. */
  release(count: number): void {
    this.#inHand -= count;
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
