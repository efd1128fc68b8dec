import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { runsTypeScript } from '../harness/child.ts';
import { LineProcess } from '../harness/own-process.ts';

/** As long as a test may take to come to what an agent says. */
const limitMs = 120_000;

/** An agent as tests start it: in a process of its own, by its command. */
export type StartedAgent = {
  child: ChildProcess;
  name: string;
  /** All that it has said. */
  said(): string;
  /** Waits until it has said something. */
  saying(text: string): Promise<void>;
  /** Waits until it says something from now on. */
  next(text: string): Promise<void>;
  /** Ends it as Ctrl-C does, if it hasn't ended. */
  stop(): Promise<void>;
};

/** Starts an agent, `under` another program where there is one, and waits until it offers itself. */
export async function startAgent(url: string, under: readonly string[] = []): Promise<StartedAgent> {
  const command = [...under, process.execPath, ...runsTypeScript, 'bench/agent.ts', '--broker', url];
  const [program = '', ...args] = command;
  const agent = new LineProcess('the agent', program, args, { reads: ['stderr'] });
  const { process: child, lines } = agent;
  const saying = async (text: string, from = 0) => void (await agent.readLine(text, { limitMs, from }));
  await saying('offers its clients');
  return {
    child,
    name: lines[0]?.split(' ')[0] as string,
    said: () => lines.join('\n'),
    saying,
    next: (text) => saying(text, lines.length),
    async stop() {
      if (agent.ended) return;
      // A program that it runs under need not hand a signal on.
      const own = under.length > 0 ? childOf(agent.pid as number, 'bench/agent.ts') : agent.pid;
      process.kill(own as number, 'SIGINT');
      await once(child, 'close');
    },
  };
}

/** The number of the process below another one whose command has this in it. */
export function childOf(parentPid: number, name: string): number {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const found = all
    .map((line) => line.trim().split(/\s+/))
    .find(([, parent, ...args]) => Number(parent) === parentPid && args.join(' ').includes(name));
  return Number(found?.[0]);
}
