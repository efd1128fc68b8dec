import { WebSocket } from 'ws';

/** A WebSocket that gives a reason also where `ws` closes it with a code alone (RFC 6455 §7.4.1). */
export function reasonedWebSocket(messageBytes: number): typeof WebSocket {
  const reasons: Record<number, string> = {
    1002: 'invalid frame (RFC 6455 §5)',
    1007: 'expected UTF-8 in texts and close reasons',
    1008: 'too many frames in one message',
    1009: `message too long: expected at most ${messageBytes} bytes`,
  };
  return class extends WebSocket {
    override close(code?: number, reason?: string | Buffer): void {
      super.close(code, reason ?? (code === undefined ? undefined : reasons[code]));
    }
  };
}
