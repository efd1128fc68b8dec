import {
  eventNames,
  type OpenConnection,
  type OpenEvents,
  type Openers,
  type OpenHttp,
} from '../shared/openers.ts';
import { setTimer } from '../shared/timer.ts';

/**
 * The openers of a browser: WebSocket, EventSource and fetch, for the very client files of the fleet.
 *
 * A browser can stop reading none of them, so there is no `pause`: whatever comes is read, unless the
 * thread that reads is blocked. It keeps pings and comments to itself, so that a push that has fallen silent
 * looks like one without news; only a request has a limit. It sets no headers on two of them, so the token and the cursor travel in
 * the query. And it opens no bare TCP sockets.
 */
export function browserOpeners(token: string): Openers {
  const admitted = (url: string, more: Record<string, string> = {}) => {
    const whole = new URL(url);
    for (const [name, value] of Object.entries({ ...more, token })) whole.searchParams.set(name, value);
    return whole.href;
  };

  const webSocket: OpenConnection = (url, { onOpen, onText, onClose }) => {
    const socket = new WebSocket(admitted(url));
    const end = once(onClose);
    socket.onopen = () => onOpen?.();
    socket.onmessage = ({ data }) => onText(String(data));
    socket.onclose = ({ code, reason }) => end(`closed with ${code} ${reason}`.trim());
    return {
      send: (text) => socket.send(text),
      close() {
        // The server's Close frame comes behind all that it has sent; the client doesn't wait for it.
        socket.onmessage = null;
        socket.close(1000);
        end('closed');
      },
    };
  };

  const events: OpenEvents = (url, after, { onText, onClose }) => {
    const source = new EventSource(admitted(url, after ? { after } : {}));
    const end = once(onClose);
    const close = (reason: string) => {
      source.close();
      end(reason);
    };
    for (const name of eventNames) source.addEventListener(name, ({ data }: MessageEvent) => onText(data));
    // EventSource would come back by itself, every three seconds. The client does, with a back-off that is known.
    source.onerror = () => close('the stream ended unexpectedly');
    return { close: () => close('closed') };
  };

  const http: OpenHttp = (origin, { silenceLimitMs }) => {
    const closing = new AbortController();
    return {
      async ask(method, path, body) {
        // Phones of 2022 have neither AbortSignal.any nor AbortSignal.timeout.
        const cutOff = new AbortController();
        const close = () => cutOff.abort(closing.signal.reason);
        const giveUp = () => cutOff.abort(new Error(`no data for ${silenceLimitMs / 1000} s`));
        if (closing.signal.aborted) close();
        closing.signal.addEventListener('abort', close);
        const timer = setTimer(giveUp, silenceLimitMs);
        try {
          const answer = await fetch(admitted(origin + path), {
            method,
            body,
            ...(body !== undefined && { headers: { 'content-type': 'application/json' } }),
            cache: 'no-store',
            credentials: 'omit',
            signal: cutOff.signal,
          });
          return { status: answer.status, text: await answer.text() };
        } finally {
          clearTimeout(timer);
          closing.signal.removeEventListener('abort', close);
        }
      },
      close: () => closing.abort(new Error('closed')),
    };
  };

  const tcp: OpenConnection = (url) => {
    throw new Error(`${url}: a browser can’t open a TCP socket`);
  };

  return { webSocket, events, http, tcp };
}

/** The function, for its first call only. */
function once(call: (reason: string) => void): (reason: string) => void {
  let called = false;
  return (reason) => {
    if (!called) call(reason);
    called = true;
  };
}
