import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { HeldClass } from '../../classroom/simulated/held-class.ts';
import { frameOf, framesFrom, handshake, readAnswer, speak } from '../raw-socket.ts';
import { type Outcome, type Target, taken } from './fuzz.ts';
import { askAll, whole } from './http-servers.ts';
import { anyText, nearlyJson, wellFormed } from './inputs.ts';
import { controls, said } from './parsers.ts';
import { outcomeOfSocket } from './push-servers.ts';

/**
 * The classroom, from outside: what strangers, members and the presenter's page may send. Whoever has a token
 * comes with it, since a stranger's words are never read.
 */
type Input = {
  who: 'stranger' | 'member' | 'presenter';
  to: 'join' | 'control' | 'session' | 'page';
  text: string;
};

export function classroom(): Target<never> {
  const target: Target<Input> = {
    name: 'classroom',
    kind: 'server',
    input,
    together: 60,
    async open() {
      const runsFolder = mkdtempSync(join(tmpdir(), 'fuzz-'));
      const held = await HeldClass.open({ runsFolder });
      const { token: memberToken = '' } = await held.join(held.code, 'Ada');
      const tokens = { stranger: 'nobody', member: memberToken, presenter: held.token };
      const { port } = held.classroom.front;
      // A page without a browser beside all this, which has to get every message.
      const healthy = await held.member('healthy');
      await healthy.take('push');
      return {
        judge: (inputs) => tellAll(port, inputs, tokens),
        async close() {
          try {
            const { handled, owed } = await held.heardBy(healthy);
            if (JSON.stringify(handled) !== JSON.stringify(owed))
              throw new Error(
                `the healthy member expected ${owed.length} messages and handled ${handled.length}`,
              );
          } finally {
            await held.close();
            rmSync(runsFolder, { recursive: true, force: true });
          }
        },
      };
    },
  };
  return target as unknown as Target<never>;
}

/** Requests share a connection; so does what is said in a session by the same page. */
async function tellAll(
  port: number,
  inputs: readonly Input[],
  tokens: Record<Input['who'], string>,
): Promise<Outcome[]> {
  const outcomes = new Map<Input, Outcome>();
  const requests = inputs.filter(({ to }) => to !== 'session');
  const answered = askAll(
    port,
    requests.map(({ who, to, text }) =>
      to === 'page'
        ? whole('GET', `/${encodeURIComponent(wellFormed(text))}`)
        : whole('POST', `/${to}`, to === 'control' ? `authorization: Bearer ${tokens[who]}\r\n` : '', text),
    ),
  ).then((found) => {
    for (const [index, request] of requests.entries()) outcomes.set(request, found[index] as Outcome);
  });
  const sessions = (['stranger', 'member', 'presenter'] as const).map(async (who) => {
    const own = inputs.filter((one) => one.to === 'session' && one.who === who);
    const found = own.length === 0 ? [] : await say(port, own, tokens[who]);
    for (const [index, one] of own.entries()) outcomes.set(one, found[index] as Outcome);
  });
  await Promise.all([answered, ...sessions]);
  return inputs.map((one) => outcomes.get(one) as Outcome);
}

/** A refusal is told, and the session goes on: behind each thing that is said the clock is asked, to tell them apart. */
async function say(port: number, inputs: readonly Input[], token: string): Promise<Outcome[]> {
  const frames = inputs.flatMap(({ text }, id) =>
    [text, JSON.stringify({ say: 'clock', id: marker + id })].map((one) =>
      frameOf({ first: 0x81, isMasked: true, payload: Buffer.from(one) }),
    ),
  );
  const heard = await speak(
    port,
    Buffer.concat([Buffer.from(handshake(`/session?token=${token}`)), ...frames]),
  );
  const answer = readAnswer(heard, 0);
  const closed = outcomeOfSocket(heard);
  const outcomes: Outcome[] = inputs.map(() => (answer?.status === 101 ? taken : closed));
  let next = 0;
  for (const { opcode, payload } of answer ? framesFrom(heard, answer.end) : []) {
    const told = opcode === 1 ? JSON.parse(payload.toString()) : {};
    if (told.tell === 'clock' && told.id >= marker) next = told.id - marker + 1;
    if (told.tell === 'refused' && next < inputs.length) outcomes[next] = { refused: told.error };
  }
  return outcomes;
}

/** Higher than any number that is said by chance in what a clock is asked. */
const marker = 2 ** 52;

/** To save a lesson takes seconds and writes files: it has tests of its own. */
const controlsThatSaveNothing = controls.map((text) => text.replaceAll('"save"', '"step"'));

const input: fc.Arbitrary<Input> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      who: fc.constantFrom('member', 'presenter', 'presenter', 'stranger'),
      to: fc.constant('session'),
      text: said,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      who: fc.constantFrom('presenter', 'presenter', 'presenter', 'member', 'stranger'),
      to: fc.constant('control'),
      text: controlsThatSaveNothing,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      who: fc.constant('stranger'),
      to: fc.constant('join'),
      text: nearlyJson(fc.record({ code: anyText, name: anyText })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ who: fc.constant('stranger'), to: fc.constant('page'), text: anyText }),
  },
);
