import type { TransportName } from '../../../clients/transports.ts';
import { type Figures, figuresOf, figureWith, lanesBy, named, total } from '../../analysis/figures.ts';
import { whole, writeMs } from '../../analysis/statistics.ts';
import type { Experiment, PathsPlan } from '../../experiment.ts';
import { olderMsMax } from '../../harness/paths/path-outcome.ts';
import type { Trial } from '../../result.ts';

/** Short, so that the whole matrix takes a few seconds; `full` also runs it with two seconds. */
const hasty = { messages: 3, idleLimitMs: 350, intervalMs: 500, connectLimitMs: 400, drainMs: 400 };
const brief = { messages: 3, idleLimitMs: 500, intervalMs: 700, connectLimitMs: 500, drainMs: 500 };
const patient = { messages: 3, idleLimitMs: 2000, intervalMs: 3000, connectLimitMs: 1500, drainMs: 1500 };

const pushing: readonly TransportName[] = ['push', 'sse', 'tcp-push'];

export const path: Experiment = {
  text: {
    id: 'path',
    title: 'Through proxies',
    claim: 'Push requires a bidirectional protocol',
    question: 'Which transports work through the proxies of real networks?',
    prediction: {
      choices: [
        {
          text: 'SSE works without the Upgrade header; a buffering proxy blocks SSE.',
          why: 'SSE is an ordinary HTTP response, so it passes wherever HTTP does, unless a proxy waits for the end of the response.',
        },
        {
          text: 'All transports: a proxy forwards every byte that it receives.',
          why: 'A proxy passes on only the headers that it understands. It drops an unknown Upgrade header, and it may buffer a whole response.',
        },
        {
          text: 'Only WebSocket: push needs a bidirectional protocol, and proxies allow this protocol.',
          why: 'Push needs a connection that the server can write to. SSE is one long response, in one direction only.',
        },
        {
          text: 'Only short polling: all other transports keep a connection open.',
          why: 'Most proxies keep a connection open if it is not idle for too long. Regular heartbeats prevent the timeout.',
        },
      ],
      right: 0,
    },
    howToRead:
      'Rows are transports, columns are network paths. For each cell, one client connected through that path, and the server published messages. Each cell shows the outcome by the rule below, and the reason.',
    why: 'WebSocket requests an Upgrade. Through a proxy that strips this header, the server sees an ordinary request. SSE and polls are plain HTTP. A buffering proxy passes on the response to a poll, but holds back a stream. An idle-timeout proxy cuts a silent connection, unless a heartbeat comes in time.',
    caveat:
      'Each cell has one client, on one machine. The embedded proxies use a library. The other proxies are nginx, with the settings in the column heads. By default, nginx uses HTTP/1.0 to the server. Over HTTP/1.1, an SSE response has chunks, and nginx forwards each chunk.',
  },

  rule: `A cell works when every message arrived and no connection or poll failed. The median message must also arrive at most ${olderMsMax} ms later than on the direct path. A cell is degraded when every message arrived, but one of the other conditions failed. A cell fails when a message did not arrive. The verdict uses a proxy that strips Upgrade. The claim does not hold if SSE, which is one-way, works there in every run. The claim holds if neither SSE nor WebSocket nor TCP push works there in any run. Otherwise the claim "depends".`,

  plan(profile) {
    const probes = [planOf(profile === 'quick' ? hasty : brief, 'embedded', 1)];
    if (profile !== 'quick') probes.push(planOf(brief, 'nginx', 1));
    if (profile === 'full') {
      for (let repeat = 2; repeat <= 5; repeat += 1) {
        const size = repeat === 5 ? patient : brief;
        probes.push(planOf(size, 'embedded', repeat), planOf(size, 'nginx', repeat));
      }
    }
    return { trials: [], probes };
  },

  figures({ trials }) {
    const cells = lanesBy(trials, ({ transport, parameters: { path } }) => `${transport}/${path}`).flatMap(
      (lane) => [
        ...figuresOf(
          lane,
          ['works', '1 if it works', works],
          ['outcome', '2 works, 1 degraded, 0 fails', ({ path }) => path && outcomes.indexOf(path.outcome)],
          ['later', 'median latency of a degraded cell above that of the direct path', laterMs, 'ms'],
        ),
        ...figuresOf(
          { ...lane, runs: lane.runs.filter(({ parameters }) => parameters.proxy === 'embedded') },
          ['worksEmbedded', '1 if it works through the embedded proxy', works],
        ),
      ],
    );
    const only = (transport: string, other: string, path: string, label: string) => {
      const [a, b] = [transport, other].map((one) => named(cells, `worksEmbedded/${one}/${path}`));
      const ids = [...(a?.trials ?? []), ...(b?.trials ?? [])].map((id) => ({ id }));
      return a && b && total(`only/${transport}/${path}`, label, a.value - b.value, ids);
    };
    return [
      ...cells,
      only('sse', 'push', 'no-upgrade', '1 if SSE works and WebSocket fails'),
      only('push', 'sse', 'buffering', '1 if WebSocket works and SSE fails'),
      ...lanesBy(trials, ({ path }) => path?.outcome ?? '').map(countOf),
      ...lanesBy(trials, ({ parameters }) => parameters.proxy ?? '').map(countOf),
      ...lanesBy(
        trials.filter(({ parameters }) => parameters.path !== 'direct'),
        ({ transport }) => transport,
      ).flatMap(passedFigures),
    ];
  },

  judge(figures) {
    const [sse] = figures.need(
      'No usable cell of SSE or of WebSocket through a proxy that strips Upgrade',
      'outcome/sse/no-upgrade',
      'outcome/push/no-upgrade',
    );
    const pushed = pushing.flatMap((transport) => figures.get(`works/${transport}/no-upgrade`) ?? []);
    const verdict =
      sse.low === outcomes.indexOf('works')
        ? 'does not hold'
        : pushed.some(({ high }) => high === 1)
          ? 'depends'
          : 'holds';
    const at = (transport: TransportName, name: string) => outcomeOf(figures, `${transport}/${name}`);
    const count = (name: string) => figures.get(`cells/${name}`)?.value ?? 0;
    const kinds = proxies.filter(({ proxy }) => count(proxy) > 0).map(({ words }) => words);
    const cells = outcomes.reduce((sum, outcome) => sum + count(outcome), 0);
    return {
      verdict,
      sentence: [
        `Through a proxy that strips Upgrade, one-way push (SSE) ${at('sse', 'no-upgrade')} and bidirectional push (WebSocket) ${at('push', 'no-upgrade')}.`,
        `Through a buffering proxy, SSE ${at('sse', 'buffering')}, and ${at('sse', 'buffering with opt-out')} with “X-Accel-Buffering: no”. Through the same proxy, WebSocket ${at('push', 'buffering')}.`,
        `Through an idle-timeout proxy, WebSocket ${at('push', 'idle-limit')} without heartbeats and ${at('push', 'idle-limit with heartbeat')} with heartbeats.`,
        `Of ${whole(cells)} cells, ${whole(count('works'))} work, ${whole(count('degraded'))} are degraded and ${whole(count('fails'))} fail (${kinds.join(' and ')}).`,
      ].join(' '),
    };
  },
};

/** A path that fails takes all the time that it is given, so the whole matrix does. Thirty proxies take half a second to start. */
function planOf(size: typeof brief, proxy: PathsPlan['proxy'], repeat: number): PathsPlan {
  const { connectLimitMs, messages, intervalMs, drainMs } = size;
  const durationMs = connectLimitMs + messages * intervalMs + drainMs + 500;
  return { name: 'paths', ...size, proxy, durationMs, repeat };
}

/** From the worst to the best. */
const outcomes = ['fails', 'degraded', 'works'] as const;

const proxies = [
  { proxy: 'embedded', words: 'embedded proxies' },
  { proxy: 'nginx', words: 'real nginx' },
] as const;

function works({ path }: Trial): number | undefined {
  return path && Number(path.outcome === 'works');
}

function laterMs({ path }: Trial): number | null | undefined {
  return path?.outcome === 'degraded' ? path.olderMs : undefined;
}

type Cells = { name: string; runs: Trial[] };

function countOf({ name, runs }: Cells) {
  return total(`cells/${name}`, `cells: ${name}`, runs.length, runs);
}

/** A proxy setting is passed where every message came in time, without a loss of connection, in every run. */
function passedFigures({ name, runs: trials }: Cells) {
  const settings = lanesBy(trials, ({ parameters: { path, proxy } }) => `${path} ${proxy}`);
  const passed = settings.filter(({ runs }) => runs.every((trial) => works(trial) === 1)).length;
  const runs = Math.round(trials.length / settings.length);
  const figureOf = (what: string, label: string, value: number) =>
    figureWith({ name: `${what}/${name}`, label }, { value, low: value, high: value, runs }, trials);
  return [
    figureOf('proxiesPassed', 'proxy settings passed', passed),
    figureOf('proxySettings', 'proxy settings', settings.length),
  ];
}

/** "works", "fails", or "is degraded (5 s later)". The worst run decides. */
function outcomeOf(figures: Figures, cell: string): string {
  const found = figures.get(`outcome/${cell}`);
  if (!found) return 'was not tried';
  const outcome = outcomes[found.low];
  const differs = found.low < found.high ? ' (not in every run)' : '';
  if (outcome !== 'degraded') return `${outcome}${differs}`;
  const later = figures.get(`later/${cell}`);
  return `is degraded${later && later.value > olderMsMax ? ` (${writeMs(later.value, 2)} later)` : ''}${differs}`;
}
