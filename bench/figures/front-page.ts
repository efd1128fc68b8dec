import { NotEnough } from '../analysis/figures.ts';
import type { Figure, Result } from '../result.ts';

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
  const [push, poll] = [
    numberOf(result, 'freshness', 'medianTogether/push'),
    numberOf(result, 'freshness', `median/${polls}`),
  ];
  return `**Latency:** the median was ${digits(push)} ms with push, ${digits(poll)} ms with polling once a second.`;
}

function idleCost(result: Result): string {
  const of = (name: string) => numberOf(result, 'idle-cost', name);
  const clients = (lane: string) => of(`clients/${lane}`).toLocaleString('en-US');
  return `**Idle cost:** the server used ${digits(of('serverCpu/push'))} ms of CPU per second for ${clients('push')} push clients. For ${clients(polls)} clients that poll every second, the server used ${digits(of(`serverCpu/${polls}`))} ms of CPU per second.`;
}

function slowConsumer(result: Result): string {
  const of = (name: string) => numberOf(result, 'overwhelmed', name);
  const queuedByPolls = of('longestQueue/short-poll');
  return `**Slow consumer:** without a queue limit, the server queued ${digits(of('longestQueue/push/unbounded'))} MiB for one slow push client within ${digits(of('overload/unbounded'))} s. For one slow polling client, the server queued ${queuedByPolls === 0 ? 'nothing' : `${digits(queuedByPolls)} MiB`}.`;
}

function offline(result: Result): string {
  const of = (name: string) => numberOf(result, 'offline', name);
  return `**Offline for ${digits(of('away') / 1000)} s:** a push client lost ${digits(of('missed/no-log/push'))} messages without a message log, and ${digits(of('missed/cursor/push'))} messages with a log.`;
}

/** The proxies of the experiment `path` that make trouble, by the names of their paths. */
const hostilePaths = ['no-upgrade', 'buffering', 'idle-limit'];

function proxies(result: Result): string {
  const passed = (transport: string) =>
    hostilePaths.filter((path) => figureOf(result, 'path', `works/${transport}/${path}`).low === 1).length;
  return `**Proxies:** we tested ${hostilePaths.length} proxies: one strips \`Upgrade\`, one buffers responses and one cuts idle connections. Short polling worked through ${passed('short-poll')} proxies, long polling through ${passed('long-poll')}, SSE through ${passed('sse')} and WebSocket through ${passed('push')}.`;
}

/** Polling every second. */
const polls = 'short-poll/1000';

function numberOf(result: Result, experiment: string, name: string): number {
  return figureOf(result, experiment, name).value;
}

/** Throws `NotEnough` where the figure is missing. */
function figureOf(result: Result, experiment: string, name: string): Figure {
  const found = result.figures.find((one) => one.experiment === experiment && one.name === name);
  if (!found)
    throw new NotEnough(
      `The figure ${name} is missing: run the experiment ${experiment} with --profile default`,
    );
  return found;
}

/** Two significant digits: more would be false precision in a single run. */
function digits(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
}
