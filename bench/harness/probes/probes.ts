import type { ProbePlan, RoomPlan } from '../../experiment.ts';
import type { Probed, Result } from '../../result.ts';
import type { Child } from '../child.ts';
import type { LoadHandlers } from '../load-generator.ts';
import { findNginx, nginxRemedy } from '../paths/nginx.ts';
import { pathTrials } from '../paths/path-trials.ts';
import type { ServerHandlers } from '../server-process.ts';

/** The processes that a probe runs in. */
export type ProbeProcesses = { server: Child<ServerHandlers>; load: Child<LoadHandlers> };

/** The entries that a probe adds to the result, and why it was left out, if it was. */
export type Yielded = Partial<Pick<Result, 'trials' | 'capacities' | 'probes'>> & { leftOut?: string };

/** Something to measure that is no trial. */
type Probe<Plan> = {
  /** Its name in the sentence "… was not measured". */
  subject: string;
  /** A plan in a few words, on the terminal. */
  describe(plan: Plan): string;
  run(experiment: string, plan: Plan, processes: ProbeProcesses): Promise<Yielded>;
};

const probes: { [Name in ProbePlan['name']]: Probe<Extract<ProbePlan, { name: Name }>> } = {
  capacity: {
    subject: 'Raw poll capacity',
    describe: () => 'raw capacity of the short-poll server',
    async run(experiment, { connections, durationMs }, { server, load }) {
      const { ports } = await server.call('open', { groups: [{ transport: 'short-poll', options: {} }] });
      const url = `http://127.0.0.1:${ports[0]}/messages`;
      const measured = await load.call('capacity', { url, connections, durationMs }, limitMs(durationMs));
      await server.call('close', undefined);
      return { capacities: [{ experiment, transport: 'short-poll', connections, ...measured }] };
    },
  },
  'wire-bytes': inLoadGenerator('wire-bytes'),
  autocannon: inLoadGenerator('autocannon'),
  room: {
    subject: 'A chat room',
    describe: ({ kind, visitors, cycles }) => `a ${kind} room, ${visitors || cycles} people`,
    async run(experiment, plan, processes) {
      return { probes: [{ experiment, ...(await runRoom(plan, processes)) }] };
    },
  },
  paths: {
    subject: 'A network path',
    describe: ({ proxy }) => `every transport on every path, ${proxy} proxies`,
    async run(experiment, plan, { load }) {
      if (plan.proxy === 'nginx' && !findNginx())
        return { leftOut: `The nginx paths were left out: ${nginxRemedy}` };
      const cells = await load.call('paths', plan, limitMs(plan.durationMs));
      return { trials: pathTrials(experiment, plan, cells) };
    },
  },
};

/** The probe of a plan. */
export function probeOf({ name }: ProbePlan): Probe<ProbePlan> {
  return probes[name] as Probe<ProbePlan>;
}

function limitMs(durationMs: number): number {
  return durationMs + 30_000;
}

function inLoadGenerator(name: 'wire-bytes' | 'autocannon'): Probe<ProbePlan> {
  return {
    subject: `“${name}”`,
    describe: () => name,
    async run(experiment, { durationMs }, { load }) {
      const probed = await load.call(name, { durationMs }, limitMs(durationMs));
      return { probes: probed.map((one) => ({ experiment, ...one })) };
    },
  };
}

/** Time for each thing said, for each listener. With less, the room would measure its visitors' one process. */
const perListenerMs = 0.03;

/** Opens a chat room and lets people in. */
async function runRoom(
  { kind, visitors, cycles, repeat }: RoomPlan,
  { server, load }: ProbeProcesses,
): Promise<Probed> {
  const port = await server.call('openRoom', { kind });
  try {
    const before = await server.call('lookIntoRoom', undefined);
    const sayEveryMs = Math.max(2, visitors * perListenerMs);
    const party = visitors > 0 ? await load.call('holdParty', { port, visitors, sayEveryMs }) : undefined;
    if (cycles > 0) await load.call('comeAndGo', { port, cycles, atOnce: 50 });
    await server.call('emptyRoom', { limitMs: 5000 });
    const after = await server.call('lookIntoRoom', undefined);
    return {
      name: `${cycles > 0 ? 'leak' : 'party'}/${kind}`,
      title: cycles > 0 ? 'people who come and go' : 'a party of people who stay',
      values: {
        repeat,
        visitors,
        cycles,
        ...party,
        announced: after.announced,
        relayed: after.relayed,
        serverCpuMs: after.cpuMs - before.cpuMs,
        rememberedAfterwards: after.remembered,
        memoryGrewBytes: after.memoryBytes - before.memoryBytes,
      },
    };
  } finally {
    await server.call('closeRoom', undefined);
  }
}
