import { WebSocket } from 'ws';

/**
 * Why a frame is refused, in words. `ws` finds what is wrong with it, and knows the code for that
 * (RFC 6455 §7.4.1), but no reason that it would send.
 */
function reasonsOf(messageBytes: number): Record<number, string> {
  return {
    1002: 'invalid frame (RFC 6455 §5)',
    1007: 'expected UTF-8 in texts and close reasons',
    1008: 'too many frames in one message',
    1009: `message too long: expected at most ${messageBytes} bytes`,
  };
}

/** What is wrong with a frame, as `ws` names it, and the code for it; for anything else 1002. */
const closeCodes: Record<string, number> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};

/** The code and reason to close with after this error of ws's `Receiver`. */
export function refusalOf(
  { code: name = '' }: NodeJS.ErrnoException,
  messageBytes: number,
): { code: number; reason: string } {
  const code = closeCodes[name] ?? 1002;
  return { code, reason: reasonsOf(messageBytes)[code] as string };
}

/** A WebSocket that gives a reason also where ws itself closes it, on a frame that is invalid or too much. */
export function reasonedWebSocket(messageBytes: number): typeof WebSocket {
  const reasons = reasonsOf(messageBytes);
  return class extends WebSocket {
    override close(code?: number, reason?: string | Buffer): void {
      super.close(code, reason ?? (code === undefined ? undefined : reasons[code]));
    }
  };
}
