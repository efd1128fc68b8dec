import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import {
  controlSchema,
  defaultSettings,
  joinSchema,
  laneNames,
  saidSchema,
} from '../../../clients/classroom/protocol.ts';
import { questions } from '../../../clients/classroom/questions.ts';
import type { ConnectionEvents } from '../../../clients/shared/openers.ts';
import { Subscription } from '../../../clients/shared/subscription.ts';
import {
  formatCursor,
  isBatch,
  LineSplitter,
  parseCredit,
  parseCursor,
  parseDelivery,
  parseJson,
  parseNotice,
  parsePublication,
} from '../../../servers/log/message.ts';
import { MessageLog } from '../../../servers/log/message-log.ts';
import { parseRabbitUrl } from '../../../servers/source/rabbit-address.ts';
import { parseStreamEntry, Transcript } from '../../../servers/source/stream-entry.ts';
import { eventFormat } from '../../../servers/sse.ts';
import { answerSchema, orderSchema, parseAs, signSchema } from '../../agents/orders.ts';
import { addressesOf } from '../../broker/addresses.ts';
import { read } from '../../classroom/input.ts';
import { Lesson } from '../../classroom/lesson.ts';
import { shownFigures } from '../../classroom/simulated/held-class.ts';
import { parseResult } from '../../result.ts';
import { asTarget, attempt, judgeInTurn, type Outcome, type Target, taken } from './fuzz.ts';
import { anyJson, anyNumber, anyText, cursors, nearlyJson, publications } from './inputs.ts';
import { aResult, aShard, aSign, aWindow } from './valid-inputs.ts';

/** Everything that parses outside input, called without a socket. */
export function parsers(): Target<never>[] {
  return [
    parser('cursor', cursors(), (text) => {
      const cursor = parseCursor(text);
      // Otherwise two texts would mean one cursor.
      if (cursor && formatCursor(cursor) !== text) throw new TypeError(`${text} was read as another cursor`);
      const log = new MessageLog({}, 'a1');
      for (let seq = 1; seq <= 5; seq += 1) log.append('x', 0);
      return log.after(log.cursorFrom(text));
    }),
    parser('publication', publications, (text) => {
      const data = parseJson(text);
      if (parseCredit(data) === undefined) parsePublication(data);
    }),
    parser('line', fc.array(fc.oneof(anyText, publications), { maxLength: 6 }), (pieces) => {
      const splitter = new LineSplitter(60);
      const lines = pieces.flatMap((piece) => [...splitter.take(piece)]);
      const whole = pieces.join('').split('\n').slice(0, -1);
      const wanted = whole.filter((line) => line.trim() !== '');
      if (JSON.stringify(lines) !== JSON.stringify(wanted))
        throw new TypeError('the lines that were read differ from those that were written');
    }),
    parser(
      'sse-frame',
      fc.record({ body: anyText, key: anyText, cursor: anyNumber }),
      ({ body, key, cursor }) => {
        const text = JSON.stringify({ seq: 1, dueMs: 0, body, key });
        const events: { data: string; id?: string }[] = [];
        createParser({ onEvent: (event) => events.push(event) }).feed(
          String(eventFormat.message(JSON.parse(text), `a1:${cursor}`)),
        );
        if (events.length !== 1 || events[0]?.data !== text || events[0]?.id !== `a1:${cursor}`)
          throw new TypeError('the event that was read differs from the one that was written');
      },
    ),
    client(),
    parser('notice', nearlyJson(fc.record({ next: cursors() })), parseNotice),
    parser('result-file', nearlyJson(fc.constant(aResult())), parseResult),
    parser('said', said, (text) => read(saidSchema, parseJson(text))),
    parser('join', nearlyJson(fc.record({ code: anyText, name: anyText })), (text) =>
      read(joinSchema, parseJson(text)),
    ),
    lesson(),
    parser('order', orders, (text) => parseAs(orderSchema, 'order', text)),
    parser('agent-sign', nearlyJson(fc.constant(aSign)), (text) => parseAs(signSchema, 'sign', text)),
    parser(
      'agent-answer',
      nearlyJson(fc.oneof(fc.record({ value: anyJson }), fc.record({ error: anyText }))),
      (text) => parseAs(answerSchema, 'answer', text),
    ),
    stream(),
    parser('rabbit-address', addresses, readAddress),
  ];
}

/** A target that is one call. */
export function parser<Input>(
  name: string,
  input: fc.Arbitrary<Input>,
  parse: (input: Input) => unknown,
): Target<never> {
  return judged(name, input, () => (one) => attempt(() => parse(one)));
}

function judged<Input>(
  name: string,
  input: fc.Arbitrary<Input>,
  open: () => (input: Input) => Outcome | Promise<Outcome>,
): Target<never> {
  return asTarget<Input>({
    name,
    kind: 'parser',
    input,
    async open() {
      const judge = open();
      return { judge: (inputs) => judgeInTurn(inputs, async ([first]) => [await judge(first as Input)]) };
    },
  });
}

const message = fc.record({ seq: fc.oneof(fc.nat({ max: 40 }), anyNumber), dueMs: anyNumber, body: anyText });
const batch = fc.record({
  messages: fc.array(message, { maxLength: 3 }),
  next: cursors(),
  missed: fc.oneof(fc.nat({ max: 9 }), anyNumber),
  reset: fc.constantFrom(true, undefined),
});

/** A push client that gets any text from its server: it survives, and gives a reason when it disconnects. */
function client(): Target<never> {
  return judged('delivery', nearlyJson(fc.oneof(message, batch)), () => {
    return (text) => {
      const events: ConnectionEvents[] = [];
      let closed = false;
      const pushed = new Subscription({ url: '', random: () => 0.5 }, (_after, opened) => {
        events.push(opened);
        return { send() {}, close: () => (closed = true) };
      });
      let handled = 0;
      pushed.start(() => (handled += 1)).catch(() => {}); // It is stopped before it connects.
      events[0]?.onText(text);
      if (closed) events[0]?.onClose('closed');
      const hungUp = closed;
      pushed.stop();
      const delivery = attempt(() => parseDelivery(text));
      if (delivery.refused === undefined && !isBatch(JSON.parse(text)) && handled > 1)
        throw new TypeError('one message was handled twice');
      return hungUp && handled === 0 ? { refused: pushed.counters.lastFailure ?? '' } : taken;
    };
  });
}

/** Session messages of a page, most of them nearly valid. */
export const said = nearlyJson(
  fc.oneof(
    fc.record({
      say: fc.constant('vote'),
      question: anyText,
      choice: fc.oneof(fc.nat({ max: 4 }), anyNumber),
    }),
    fc.record({ say: fc.constant('clock'), id: anyNumber }),
    fc.record({
      say: fc.constant('transport'),
      transport: fc.oneof(fc.constantFrom(...laneNames, 'assign'), anyText),
    }),
    fc.record({
      say: fc.constant('latencies'),
      uncertaintyMs: anyNumber,
      latenciesMs: fc.array(anyNumber, { maxLength: 300 }),
    }),
  ),
);

/** Controls of the presenter's page, most of them nearly valid. */
export const controls = nearlyJson(
  fc.oneof(
    fc.record({ action: fc.constantFrom('pause', 'resume', 'step', 'reset', 'dismiss', 'save', 'begin') }),
    fc.record({
      action: fc.constant('offline'),
      lane: fc.constantFrom(...laneNames),
      isOffline: fc.boolean(),
    }),
    fc.record({ action: fc.constant('set'), settings: fc.constant(defaultSettings) }),
    fc.record({ action: fc.constant('scene'), scene: fc.oneof(fc.nat({ max: 10 }), anyNumber) }),
    fc.record({ action: fc.constant('burst'), count: fc.oneof(fc.nat({ max: 201 }), anyNumber) }),
    fc.record({
      action: fc.constant('ask'),
      question: fc.oneof(fc.constantFrom(...questions.map(({ id }) => id)), anyText),
    }),
    fc.record({
      action: fc.constant('close-vote'),
      hands: fc.array(fc.nat({ max: 1001 }), { maxLength: 5 }),
    }),
  ),
);

/** Controls and votes in one lesson. */
function lesson(): Target<never> {
  type Input = { control: string; member: number; question: string; choice: number };
  const ids = fc.oneof(fc.constantFrom(...questions.map(({ id }) => id)), anyText);
  const input = fc.record({
    control: controls,
    member: fc.nat({ max: 5 }),
    question: ids,
    choice: fc.nat({ max: 3 }),
  });
  return judged<Input>('control-and-vote', input, () => {
    const stage = {
      onSettings() {},
      begin: async () => {},
      pause() {},
      resume() {},
      burst() {},
      figures: () => ({
        settings: defaultSettings,
        durationMs: 0,
        lanes: shownFigures(),
        delays: [],
      }),
      save: async () => ({ resultFile: '', reportFile: '', reportPath: '' }),
    };
    const held = new Lesson(stage);
    return async ({ control, member, question, choice }) => {
      const voted = attempt(() => held.votes.vote(member, question, choice));
      if (voted.refused === '') return voted;
      try {
        await held.control(read(controlSchema, parseJson(control)));
        return taken;
      } catch (error) {
        return attempt(() => {
          throw error;
        });
      }
    };
  });
}

const orders = nearlyJson(
  fc.oneof(
    fc.record({
      name: fc.constantFrom('take', 'clock', 'disconnect', 'release'),
      lab: anyText,
      argument: fc.constant(null),
    }),
    fc.record({ name: fc.constant('connect'), lab: fc.constant('lab-1'), argument: fc.constant(aShard) }),
    fc.record({ name: fc.constant('meter'), lab: fc.constant('lab-1'), argument: fc.constant(aWindow) }),
    fc.record({
      name: fc.constant('finish'),
      lab: fc.constant('lab-1'),
      argument: fc.record({ head: anyNumber, limitMs: anyNumber, giveUp: fc.boolean() }),
    }),
  ),
);

const entry = fc.oneof(
  fc.record({ mark: anyText, term: fc.constant(true) }),
  fc.record({ mark: anyText, logId: fc.constantFrom('a1', 'b2'), proposes: anyText }),
  fc.record({
    logId: fc.constantFrom('a1', 'b2'),
    term: fc.oneof(fc.nat({ max: 5 }), anyNumber),
    from: fc.constantFrom('s1', 's2'),
    number: fc.oneof(fc.nat({ max: 50 }), anyNumber),
    message: fc.record({ seq: fc.oneof(fc.nat({ max: 50 }), anyNumber), dueMs: anyNumber, body: anyText }),
  }),
);

/** A few entries of a stream: malformed entries don't mislead its reader. */
function stream(): Target<never> {
  return judged(
    'stream-entry',
    fc.array(nearlyJson(entry), { minLength: 1, maxLength: 6 }),
    () => (texts) => {
      const transcript = new Transcript();
      const log = new MessageLog({}, 'a1');
      return attempt(() => {
        for (const [offset, text] of texts.entries()) {
          const read = parseStreamEntry(text);
          if (!read) continue;
          for (const { message } of transcript.take(read, offset)) log.take(message);
          const { logId, head } = transcript;
          if (!['string', 'undefined'].includes(typeof logId) || !Number.isSafeInteger(head))
            throw new TypeError(
              `expected a log with an id and a head, got ${JSON.stringify(logId)} and ${head}`,
            );
        }
        for (const { message } of transcript.decide()) log.take(message);
      });
    },
  );
}

const addresses = fc.oneof(
  anyText,
  fc
    .tuple(
      fc.constantFrom('amqp', 'amqps', 'http', ''),
      fc.oneof(fc.constantFrom('', 'name', 'na%6De', '%'), anyText),
      fc.constant('s3cret'),
      fc.oneof(fc.constantFrom('host', '127.0.0.1', '[::1]', ''), anyText),
      fc.oneof(fc.constantFrom('5672', '0', '65536', ''), anyText),
      fc.oneof(fc.constantFrom('', '/', '/vhost', '/%2f', '/%'), anyText),
      fc.oneof(fc.constantFrom('', '?mqtt=1&stomp=2', '?mqtt=0', '?stomp=1e3'), anyText),
    )
    .map(
      ([scheme, name, password, host, port, path, query]) =>
        `${scheme}://${name}:${password}@${host}:${port}${path}${query}`,
    ),
);

/** A refusal repeats no password: other people may read it. */
function readAddress(text: string): void {
  try {
    parseRabbitUrl(text);
    addressesOf(text);
  } catch (error) {
    if ((error as Error).message.includes('s3cret'))
      throw new TypeError(`a message contains the password: ${(error as Error).message}`);
    throw error;
  }
}
