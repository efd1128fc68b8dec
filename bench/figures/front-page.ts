import { median } from 'simple-statistics';
import { NotEnough } from '../analysis/figures.ts';
import { isUsable } from '../analysis/findings.ts';
import type { Result, Trial } from '../result.ts';

/** The findings that README.md opens with, as a list in Markdown. Throws `NotEnough` when an experiment is missing. */
export function writeFrontPage(result: Result): string {
  const { cores } = result.environment;
  return [
    `We measured these numbers on ${cores} cores over loopback, in 1 run of ${digits(result.lab.durationMs / 60_000)} minutes:`,
    [latency(result), idleCost(result), slowConsumer(result), offline(result), proxies(result)]
      .map((finding) => `- ${finding}`)
      .join('\n'),
  ].join('\n\n');
}

function latency(result: Result): string {
  const polls = trialsOf(result, 'freshness', isPollEverySecond);
  const sideBySide = new Set(polls.map(({ together }) => together));
  const pushes = trialsOf(result, 'freshness', (trial) => isPush(trial) && sideBySide.has(trial.together));
  const ms = (trials: readonly Trial[]) => digits(middle(trials, ({ delayMs }) => delayMs.p50));
  return `**Latency:** push delivered the median message in ${ms(pushes)} ms, polling every second in ${ms(polls)} ms.`;
}

function idleCost(result: Result): string {
  const cpuMsPerSecond = (trials: readonly Trial[]) =>
    middle(trials, ({ server, durationMs }) => (server.cpuMs * 1000) / durationMs);
  const [push, poll] = [isPush, isPollEverySecond].map((isMeant) => {
    const trials = trialsOf(result, 'idle-cost', isMeant);
    return { clients: trials[0]?.clients.count.toLocaleString('en-US'), ms: digits(cpuMsPerSecond(trials)) };
  });
  return `**Idle cost:** the server used ${push?.ms} ms of CPU per second for ${push?.clients} push clients, and ${poll?.ms} ms for ${poll?.clients} clients that poll every second.`;
}

function slowConsumer(result: Result): string {
  const queuedMiB = ({ series }: Trial) => Math.max(0, ...(series?.longestBacklogBytes ?? [])) / 2 ** 20;
  const unbounded = trialsOf(
    result,
    'overwhelmed',
    (trial) => isPush(trial) && trial.parameters.policy === 'unbounded',
  );
  const polls = trialsOf(result, 'overwhelmed', ({ transport }) => transport === 'short-poll');
  const queuedByPolls = middle(polls, queuedMiB);
  const seconds = (unbounded[0]?.parameters.overloadMs ?? 0) / 1000;
  return `**Slow consumer:** without a queue limit, the server queued ${digits(middle(unbounded, queuedMiB))} MiB for one slow push client within ${digits(seconds)} s. For a slow polling client, the server queued ${queuedByPolls === 0 ? 'nothing' : `${digits(queuedByPolls)} MiB`}.`;
}

function offline(result: Result): string {
  const away = trialsOf(
    result,
    'offline',
    (trial) => isPush(trial) && trial.parameters.retentionMs === undefined,
  );
  const longestMs = Math.max(...away.map(({ parameters }) => parameters.awayMs ?? 0));
  const lost = (replay: boolean) =>
    digits(
      middle(
        away.filter(({ parameters }) => parameters.awayMs === longestMs && parameters.replay === replay),
        ({ messages, clients }) => messages.missed / clients.count,
      ),
    );
  return `**Offline for ${digits(longestMs / 1000)} s:** a push client lost ${lost(false)} messages without a message log, and ${lost(true)} messages with a log.`;
}

/** The proxies of the experiment `path` that make trouble, by the names of their paths. */
const hostilePaths = ['no-upgrade', 'buffering', 'idle-limit'];

function proxies(result: Result): string {
  const passed = (transport: Trial['transport']) =>
    hostilePaths.filter((path) =>
      trialsOf(
        result,
        'path',
        (trial) => trial.transport === transport && trial.parameters.path === path,
      ).every((trial) => trial.path?.outcome === 'works'),
    ).length;
  return `**Proxies:** short polling worked through ${passed('short-poll')} of ${hostilePaths.length} hostile proxies, long polling through ${passed('long-poll')}, SSE through ${passed('sse')} and WebSocket through ${passed('push')}. The proxies strip \`Upgrade\`, buffer responses or cut idle connections.`;
}

/** The usable trials of an experiment that are meant. Throws `NotEnough` when there are none. */
function trialsOf(result: Result, experiment: string, isMeant: (trial: Trial) => boolean): Trial[] {
  const trials = result.trials.filter(
    (trial) => trial.experiment === experiment && isUsable(trial) && isMeant(trial),
  );
  if (trials.length === 0)
    throw new NotEnough(`A usable trial is missing: run the experiment ${experiment} with --profile default`);
  return trials;
}

function isPush({ transport }: Trial): boolean {
  return transport === 'push';
}

function isPollEverySecond({ transport, parameters }: Trial): boolean {
  return transport === 'short-poll' && parameters.intervalMs === 1000;
}

/** The median over the repeats of a trial. */
function middle(trials: readonly Trial[], of: (trial: Trial) => number | null): number {
  const values = trials.flatMap((trial) => of(trial) ?? []);
  if (values.length === 0) throw new NotEnough('A number is missing: run the lab with --profile default');
  return median(values);
}

/** Two significant digits: more would be false precision in a single run. */
function digits(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
}
