import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { HeldClass } from '../../classroom/simulated/held-class.ts';
import { exchange, frameOf, framesFrom, handshake, readResponse } from '../raw-socket.ts';
import { asTarget, judgeGroups, type Outcome, type Target, taken } from './fuzz.ts';
import { type HttpInput, requestAll, whole } from './http-servers.ts';
import { anyText, nearlyJson, wellFormed } from './inputs.ts';
import { controls, said } from './parsers.ts';
import { outcomeOfSocket } from './push-servers.ts';

/** Requests and session messages of strangers, members and the presenter's page. */
type Input = {
  who: 'stranger' | 'member' | 'presenter';
  to: 'join' | 'control' | 'session' | 'page';
  text: string;
};

export function classroom(): Target<never> {
  return asTarget<Input>({
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
      // A healthy page without a browser, which must get every message.
      const healthy = await held.member('healthy');
      await healthy.take('push');
      return {
        // Requests share a connection, and so do the session messages of one page.
        judge: (inputs) =>
          judgeGroups(
            inputs,
            ({ who, to }) => (to === 'session' ? who : undefined),
            (who, group) =>
              who
                ? judgeSession(port, group, tokens[who])
                : requestAll(
                    port,
                    group.map((one) => requestOf(one, tokens)),
                  ),
          ),
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
  });
}

function requestOf({ who, to, text }: Input, tokens: Record<Input['who'], string>): HttpInput {
  if (to === 'page') return whole('GET', `/${encodeURIComponent(wellFormed(text))}`);
  return whole('POST', `/${to}`, to === 'control' ? `authorization: Bearer ${tokens[who]}\r\n` : '', text);
}

/** The session continues after a refusal. A request for the clock follows each input, to assign refusals to inputs. */
async function judgeSession(port: number, inputs: readonly Input[], token: string): Promise<Outcome[]> {
  const frames = inputs.flatMap(({ text }, id) =>
    [text, JSON.stringify({ say: 'clock', id: marker + id })].map((one) =>
      frameOf({ first: 0x81, isMasked: true, payload: Buffer.from(one) }).toString('latin1'),
    ),
  );
  const received = await exchange(port, handshake(`/session?token=${token}`) + frames.join(''));
  const response = readResponse(received, 0);
  const closed = outcomeOfSocket(received);
  const outcomes: Outcome[] = inputs.map(() => (response?.status === 101 ? taken : closed));
  let next = 0;
  for (const { opcode, payload } of response ? framesFrom(received, response.end) : []) {
    const message = opcode === 1 ? JSON.parse(payload.toString()) : {};
    if (message.tell === 'clock' && message.id >= marker) next = message.id - marker + 1;
    if (message.tell === 'refused' && next < inputs.length) outcomes[next] = { refused: message.error };
  }
  return outcomes;
}

/** Higher than any random id of a clock request. */
const marker = 2 ** 52;

/** Saving a lesson takes seconds and writes files; other tests cover it. */
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
