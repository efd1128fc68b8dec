import type { Batch } from '../../servers/log/message.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { until } from '../harness/process-meter.ts';
import type { Audience } from './audience.ts';
import { Contender, type Program, serverOf } from './contender.ts';
import type { Contest, Entered } from './contest.ts';
import { messageLine } from './message-line.ts';

/**
 * Polls: what one answer costs the server. Fifty connections ask as fast as they are answered, for nothing new
 * or for ten messages of 200 B; every contender answers with the same JSON.
 */
const members = 50;

/** How long each contender answers in a turn by default, after a warm-up of a third. */
export const pollWindowMs = 500;

const news = 10;

type Answering = Program & { ours: boolean };

const contenders: Answering[] = [
  { name: 'short poll on Express', program: serverOf('ours.ts', 'short-poll'), ours: true },
  { name: 'short poll on node:http', program: serverOf('ours.ts', 'short-poll', 'http'), ours: true },
  {
    name: 'short poll on Express, without guards',
    program: serverOf('express-prototypes.ts', 'stock'),
    ours: true,
  },
  {
    name: 'Express with preset prototypes',
    program: serverOf('express-prototypes.ts', 'preset'),
    ours: true,
  },
  { name: 'node:http with a response cache', program: serverOf('response-cache.ts'), ours: true },
  { name: 'Express, response.json', program: serverOf('express-json.js'), ours: false },
  { name: 'node:http, a constant', program: serverOf('http-constant.js'), ours: false },
];

export function poll(audience: Audience, windowMs: number): Contest {
  const load = { members, durationMs: windowMs };
  const warmUp = { members, durationMs: windowMs / 3 };
  // What the lab's own server says is what the others are given to say.
  const cases: { name: string; batch?: Batch; text?: string }[] = [
    { name: 'nothing new' },
    { name: 'ten messages' },
  ];

  async function enter({ ours, ...program }: Answering): Promise<Entered> {
    const { name } = program;
    const contender = new Contender(program);
    const port = await contender.port();
    const paths = ours ? await placesOf(contender, port) : undefined;
    for (const [index, path] of (paths ?? []).entries())
      (cases[index] as (typeof cases)[number]).text = await textAt(port, path);

    return {
      name,
      end: () => contender.stop(),
      turns: cases.map((one, index) => async () => {
        const path = paths?.[index] ?? '/messages?after=somewhere:1';
        if (one.text === undefined)
          throw new Error(`${name} replays responses of a server that has not run yet`);
        if (!paths) {
          contender.writeLines([one.text]);
          await until(nowMs() + 50);
        }
        const bodyBytes = Buffer.byteLength(await textAt(port, path));
        await audience.call('ask', { ...warmUp, port, path, bodyBytes });
        const before = contender.cpuMs;
        const answers = await audience.call('ask', { ...load, port, path, bodyBytes });
        await until(nowMs() + 20);
        const value = ((contender.cpuMs - before) * 1000) / answers;
        return [{ case: one.name, quantity: 'server CPU per answer', value }];
      }),
    };
  }

  return {
    name: 'poll',
    practisedTurns: 2,
    timesPerRound: 2,
    enter: contenders.map((answering) => () => enter(answering)),
  };
}

/** Gives one of the lab's servers its messages, and returns the paths that ask it for nothing and for all of them. */
async function placesOf(contender: Contender, port: number): Promise<string[]> {
  const before = (JSON.parse(await textAt(port, '/messages')) as Batch).next;
  contender.writeLines(Array.from({ length: news }, (_, index) => messageLine(index + 1, nowMs(), 200)));
  let told: Batch;
  do told = JSON.parse(await textAt(port, `/messages?after=${before}`)) as Batch;
  while (told.messages.length < news);
  return [`/messages?after=${told.next}`, `/messages?after=${before}`];
}

async function textAt(port: number, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}
