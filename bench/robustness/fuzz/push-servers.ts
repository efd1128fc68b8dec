import fc from 'fast-check';
import type { ServerName } from '../../../servers/serve.ts';
import {
  exchange,
  type FrameParts,
  frameOf,
  framesFrom,
  handshake,
  readResponse,
  reasonIn,
} from '../raw-socket.ts';
import { asTarget, judgeGroups, judgeInTurn, type Outcome, type Target, taken } from './fuzz.ts';
import { anyText, cursors, publications, wellFormed } from './inputs.ts';
import { openServer } from './open-server.ts';

/** Inputs for the servers that push over WebSocket and TCP: messages, frames, handshakes and lines. */
export function pushServers(): Target<never>[] {
  return [
    server('push', sockets, judgeSockets),
    server('notify', sockets, judgeSockets, 'notify-socket'),
    server('tcp-push', lines, (port, inputs) => Promise.all(inputs.map((input) => judgeLines(port, input)))),
  ];
}

/** Inputs at a time, half of them at each of two servers. */
const together = 64;

/** Every other input goes to a server with the policy `credit`, which accepts grants. */
function server<Input>(
  serves: ServerName,
  input: fc.Arbitrary<Input>,
  judge: (port: number, inputs: readonly Input[]) => Promise<Outcome[]>,
  name: string = serves,
): Target<never> {
  return asTarget<Input>({
    name,
    kind: 'server',
    input,
    together,
    async open() {
      const opened = await Promise.all([openServer(serves, {}), openServer(serves, { policy: 'credit' })]);
      return {
        judge: (inputs) =>
          judgeGroups(inputs, (_, index) => (opened[index % 2] as (typeof opened)[0]).port, judge),
        async close() {
          await Promise.all(opened.map(({ close }) => close()));
        },
      };
    },
  });
}

/** What a client sends over a WebSocket, on a shared connection or its own. */
type Sent = {
  /** What comes before the frames. `undefined`: a correct handshake, which others may share. */
  head?: string;
  /** A byte per character. */
  frames: string;
};

/** Messages in whole frames share a connection, until one of them is refused; the others have one each. */
function judgeSockets(port: number, inputs: readonly Sent[]): Promise<Outcome[]> {
  return judgeGroups(
    inputs,
    ({ head }, index) => (head === undefined ? 'shared' : index),
    (key, group) =>
      key === 'shared'
        ? judgeInTurn(group, (left) => sendInRow(port, left.slice(0, rowMax)))
        : Promise.all(
            group.map(async ({ head, frames }) => outcomeOfSocket(await exchange(port, head + frames))),
          ),
  );
}

/** A ping follows each input. An input whose ping got a pong was accepted; those after a close are sent again. */
async function sendInRow(port: number, inputs: readonly Sent[]): Promise<Outcome[]> {
  const ping = frameOf({ first: 0x89, isMasked: true, payload: Buffer.from(marker) }).toString('latin1');
  const received = await exchange(
    port,
    `${handshake('/messages')}${inputs.map(({ frames }) => frames + ping).join('')}`,
  );
  const response = readResponse(received, 0);
  const frames = response ? framesFrom(received, response.end) : [];
  const pongs = frames.filter(({ opcode, payload }) => opcode === 10 && payload.toString() === marker);
  const outcomes = pongs.map(() => taken);
  if (outcomes.length >= inputs.length) return outcomes;
  return [...outcomes, { refused: outcomeOfSocket(received).refused ?? '' }];
}

const marker = 'so far';
const rowMax = 8;

/** The outcome by the close frame, or by the response to the handshake. */
export function outcomeOfSocket(received: Buffer): Outcome {
  const response = readResponse(received, 0);
  // A client that disconnects within its handshake may get no response.
  if (!response) return taken;
  if (response.status >= 400) return { refused: reasonIn(response) };
  if (response.status !== 101) return taken;
  const close = framesFrom(received, response.end).find(({ opcode }) => opcode === 8);
  if (!close || close.payload.length < 2) return taken;
  const code = close.payload.readUInt16BE(0);
  const reason = close.payload.toString('utf8', 2);
  // The server echoes a close frame of the client.
  return reason === echoed || (reason === '' && code === 1000) ? taken : { refused: reason };
}

async function judgeLines(port: number, input: string): Promise<Outcome> {
  const received = await exchange(port, input);
  const last = received.toString().trimEnd().split('\n').at(-1) ?? '';
  const { error } = (last === '' ? {} : JSON.parse(last)) as { error?: string };
  return error === undefined ? taken : { refused: error };
}

const echoed = 'echoed';

const utf8 = (text: string) => Buffer.from(wellFormed(text));

const messages = publications.map((text) => frameOf({ first: 0x81, isMasked: true, payload: utf8(text) }));

const anyFrame: fc.Arbitrary<FrameParts> = fc.record({
  first: fc.oneof(
    fc.constantFrom(0x81, 0x82, 0x01, 0x80, 0x00, 0x89, 0x8a, 0x09, 0xc1, 0x83, 0x8b, 0xf1),
    fc.nat({ max: 255 }),
  ),
  isMasked: fc.constantFrom(true, true, true, false),
  claims: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(0, 125, 126, 65_536, 2 ** 31, 2 ** 52) },
  ),
  payload: fc.oneof(
    publications.map(utf8),
    fc.uint8Array({ maxLength: 140 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(
      Buffer.of(0xc3, 0x28),
      Buffer.of(0xff),
      Buffer.of(3, 232),
      Buffer.of(0, 1),
      Buffer.alloc(70_000, 'x'),
    ),
  ),
});

const closeFrame = fc.oneof(fc.constantFrom(1000, 1001, 4000), fc.nat({ max: 65_535 })).map((code) => {
  const payload = Buffer.from(`..${echoed}`);
  payload.writeUInt16BE(code);
  return frameOf({ first: 0x88, isMasked: true, payload });
});

/** Fragments of a text, some with a wrong opcode. */
const fragments = fc
  .array(fc.tuple(fc.constantFrom(0x01, 0x00, 0x00, 0x80, 0x89), anyText), { minLength: 1, maxLength: 6 })
  .map((pieces) =>
    Buffer.concat(pieces.map(([first, text]) => frameOf({ first, isMasked: true, payload: utf8(text) }))),
  );

const goodHandshake = fc.constantFrom(handshake('/messages'), handshake('/messages?after=a1:0'));

const oddHandshake = fc.oneof(
  cursors('a1').map((cursor) => handshake(`/messages?after=${encodeURIComponent(wellFormed(cursor))}`)),
  anyText.map((text) => handshake(`/${encodeURIComponent(wellFormed(text))}`)),
  fc
    .tuple(fc.constantFrom('upgrade', 'sec-websocket-key', 'sec-websocket-version', 'connection'), anyText)
    .map(([name, value]) =>
      handshake('/messages').replace(
        new RegExp(`(${name}): .*\r\n`),
        `$1: ${latin1Of(value).replaceAll('$', '')}\r\n`,
      ),
    ),
  fc.tuple(fc.nat({ max: 150 }), anyText).map(([at, text]) => {
    const head = handshake('/messages');
    return head.slice(0, at) + latin1Of(text) + head.slice(at);
  }),
);

const sockets = fc.oneof(
  { weight: 12, arbitrary: messages.map((frame): Sent => ({ frames: frame.toString('latin1') })) },
  {
    weight: 3,
    arbitrary: sent(goodHandshake, fc.array(anyFrame.map(frameOf), { minLength: 1, maxLength: 3 })),
  },
  { weight: 1, arbitrary: sent(goodHandshake, fc.tuple(fragments)) },
  { weight: 1, arbitrary: sent(goodHandshake, fc.tuple(closeFrame)) },
  { weight: 2, arbitrary: sent(oddHandshake, fc.tuple(messages)) },
);

/** A handshake and what follows it. */
function sent(head: fc.Arbitrary<string>, frames: fc.Arbitrary<Buffer[]>): fc.Arbitrary<Sent> {
  return fc
    .tuple(head, frames)
    .map(([start, parts]) => ({ head: start, frames: Buffer.concat(parts).toString('latin1') }));
}

const hello = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('{"after":null}', '{"after":"a1:0"}') },
  { weight: 1, arbitrary: cursors('a1').map((after) => JSON.stringify({ after })) },
  { weight: 1, arbitrary: publications },
);

const lines = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(hello, fc.array(publications, { maxLength: 3 }))
      .map(([first, more]) => latin1Of(`${[first, ...more].join('\n')}\n`)),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
);

function latin1Of(text: string): string {
  return utf8(text).toString('latin1');
}
