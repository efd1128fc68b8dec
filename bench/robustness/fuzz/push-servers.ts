import fc from 'fast-check';
import type { ServerName } from '../../../servers/serve.ts';
import {
  type FrameParts,
  frameOf,
  framesFrom,
  handshake,
  readAnswer,
  reasonIn,
  speak,
} from '../raw-socket.ts';
import { type Outcome, type Target, taken } from './fuzz.ts';
import { anyText, cursors, publications, wellFormed } from './inputs.ts';
import { openServer } from './open-server.ts';

/** What anybody may send to the servers that push over WebSocket and bare TCP: messages, frames, handshakes and lines. */
export function pushServers(): Target<never>[] {
  return [
    server('push', sockets, tellSockets),
    server('notify', sockets, tellSockets, 'notify-socket'),
    server('tcp-push', lines, (port, inputs) => Promise.all(inputs.map((input) => tellLines(port, input)))),
  ];
}

/** Inputs at once, each half of them at one of two servers. */
const together = 64;

/** Every other input goes to one whose policy is credit, where grants are taken. */
function server<Input>(
  serves: ServerName,
  input: fc.Arbitrary<Input>,
  tell: (port: number, inputs: readonly Input[]) => Promise<Outcome[]>,
  name: string = serves,
): Target<never> {
  const target: Target<Input> = {
    name,
    kind: 'server',
    input,
    together,
    async open() {
      const opened = await Promise.all([openServer(serves, {}), openServer(serves, { policy: 'credit' })]);
      return {
        async judge(inputs) {
          const halves = opened.map(({ port }, half) =>
            tell(
              port,
              inputs.filter((_, index) => index % 2 === half),
            ),
          );
          const found = (await Promise.all(halves)).map((half) => half[Symbol.iterator]());
          return inputs.map((_, index) => found[index % 2]?.next().value as Outcome);
        },
        async close() {
          await Promise.all(opened.map((one) => one.close()));
        },
      };
    },
  };
  return target as unknown as Target<never>;
}

/** What is said over a WebSocket: in a row with others, or on a connection of its own. */
type Said = {
  /** What comes before the frames. `undefined`: a handshake that is right, which others may share. */
  head?: string;
  /** A byte per character. */
  frames: string;
};

/** Messages in whole frames share a connection, until one of them is refused; the others have one each. */
async function tellSockets(port: number, inputs: readonly Said[]): Promise<Outcome[]> {
  const outcomes = new Map<Said, Outcome>();
  const inRow = inputs.filter(({ head }) => head === undefined);
  const alone = inputs.filter(({ head }) => head !== undefined);
  await Promise.all([
    tellInRow(port, inRow, outcomes),
    ...alone.map(async (input) => {
      const heard = await speak(port, Buffer.from(`${input.head}${input.frames}`, 'latin1'));
      outcomes.set(input, outcomeOfSocket(heard));
    }),
  ]);
  return inputs.map((input) => outcomes.get(input) as Outcome);
}

/** Behind each there is a ping: what was answered was taken, and what comes after a close is said again. */
async function tellInRow(port: number, inputs: readonly Said[], outcomes: Map<Said, Outcome>): Promise<void> {
  const ping = frameOf({ first: 0x89, isMasked: true, payload: Buffer.from(marker) }).toString('latin1');
  for (let left = inputs; left.length > 0; ) {
    const some = left.slice(0, rowMax);
    const bytes = `${handshake('/messages')}${some.map(({ frames }) => frames + ping).join('')}`;
    const heard = await speak(port, Buffer.from(bytes, 'latin1'));
    const answer = readAnswer(heard, 0);
    const frames = answer ? framesFrom(heard, answer.end) : [];
    const pongs = frames.filter(
      ({ opcode, payload }) => opcode === 10 && payload.toString() === marker,
    ).length;
    for (const input of some.slice(0, pongs)) outcomes.set(input, taken);
    const next = some[pongs];
    if (next) outcomes.set(next, closedWith(heard) ?? { refused: '' });
    left = left.slice(pongs + (next ? 1 : 0));
  }
}

const marker = 'so far';
const rowMax = 8;

function closedWith(heard: Buffer): Outcome | undefined {
  const outcome = outcomeOfSocket(heard);
  return outcome.refused === undefined ? undefined : outcome;
}

/** The close frame tells, or the answer to the handshake. */
export function outcomeOfSocket(heard: Buffer): Outcome {
  const answer = readAnswer(heard, 0);
  // Whoever hangs up in the middle of a handshake may be left without an answer.
  if (!answer) return taken;
  if (answer.status >= 400) return { refused: reasonIn(answer) };
  if (answer.status !== 101) return taken;
  const close = framesFrom(heard, answer.end).find(({ opcode }) => opcode === 8);
  if (!close || close.payload.length < 2) return taken;
  const code = close.payload.readUInt16BE(0);
  const reason = close.payload.toString('utf8', 2);
  // What a client itself closed with comes back to it.
  return reason === echoed || (reason === '' && code === 1000) ? taken : { refused: reason };
}

async function tellLines(port: number, input: string): Promise<Outcome> {
  const heard = await speak(port, Buffer.from(input, 'latin1'));
  const last = heard.toString().trimEnd().split('\n').at(-1) ?? '';
  const { error } = (last === '' ? {} : JSON.parse(last)) as { error?: string };
  return error === undefined ? taken : { refused: error };
}

const echoed = 'as I said';

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

/** A text in pieces, some of which may be of the wrong kind. */
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
  { weight: 12, arbitrary: messages.map((frame): Said => ({ frames: frame.toString('latin1') })) },
  {
    weight: 3,
    arbitrary: said(goodHandshake, fc.array(anyFrame.map(frameOf), { minLength: 1, maxLength: 3 })),
  },
  { weight: 1, arbitrary: said(goodHandshake, fc.tuple(fragments)) },
  { weight: 1, arbitrary: said(goodHandshake, fc.tuple(closeFrame)) },
  { weight: 2, arbitrary: said(oddHandshake, fc.tuple(messages)) },
);

/** A handshake and what follows it. */
function said(head: fc.Arbitrary<string>, frames: fc.Arbitrary<Buffer[]>): fc.Arbitrary<Said> {
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
