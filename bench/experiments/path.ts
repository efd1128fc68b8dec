import type { TransportName } from '../../clients/transports.ts';
import { NotEnough } from '../analysis/findings.ts';
import { whole, writeMs } from '../analysis/statistics.ts';
import type { Experiment, PathsTrial } from '../experiment.ts';
import { olderMsMax } from '../harness/paths/path-outcome.ts';
import type { Trial } from '../result.ts';

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
          text: 'SSE passes where Upgrade is stripped; a buffering proxy stops it.',
          why: 'SSE is an ordinary HTTP response, so it passes wherever HTTP does, unless a proxy waits for its end.',
        },
        {
          text: 'All of them: a proxy passes on the bytes that it receives.',
          why: 'A proxy passes on only the headers that it understands. It drops an unknown Upgrade header, and it may buffer a whole response.',
        },
        {
          text: 'Only WebSocket: push needs a bidirectional protocol, and proxies allow for it.',
          why: 'Push needs a connection that the server can write to. SSE is one long response, in one direction only.',
        },
        {
          text: 'Only short polling: all other transports keep a connection open.',
          why: 'Most proxies keep connections open, if these are not idle for too long. A heartbeat is enough.',
        },
      ],
      right: 0,
    },
    howToRead:
      'Rows are transports, columns are network paths. For each cell a client connected through that path, and messages were published. A rule that was fixed before the run judges each cell. Each cell gives the reason.',
    why: 'WebSocket requests an Upgrade. Through a proxy that strips this header, the server sees an ordinary request. SSE and polls are plain HTTP. A buffering proxy passes on the response to a poll, but holds back a stream. An idle-timeout proxy cuts a silent connection, unless a heartbeat comes in time.',
    caveat:
      'One client per cell, on one machine. The embedded proxies use a library. The others are nginx, with the settings that the columns name. The buffering nginx speaks HTTP/1.0 to the server, its default. Over HTTP/1.1 an SSE response has chunks, and nginx passes them on.',
  },

  rule: `A cell works when every message arrived and no connection or poll failed. The median message must also arrive at most ${olderMsMax} ms later than on the direct path. A cell is degraded when every message arrived, but one of the other conditions failed. A cell fails when a message did not arrive. The verdict uses a proxy that strips Upgrade. The claim does not hold if SSE, which is one-way, works there in every run. It holds if neither SSE nor WebSocket nor TCP push works there in any run. Otherwise it "depends".`,

  plan(profile) {
    const paths: PathsTrial[] = [{ ...(profile === 'quick' ? hasty : brief), proxy: 'embedded', repeat: 1 }];
    if (profile !== 'quick') paths.push({ ...brief, proxy: 'nginx', repeat: 1 });
    if (profile === 'full') {
      for (let repeat = 2; repeat <= 5; repeat += 1) {
        const size = repeat === 5 ? patient : brief;
        paths.push({ ...size, proxy: 'embedded', repeat }, { ...size, proxy: 'nginx', repeat });
      }
    }
    return { trials: [], paths };
  },

  judge({ trials }) {
    const cells = (transport: TransportName, name: string) =>
      trials.filter((trial) => trial.transport === transport && trial.parameters.path === name);
    const sse = cells('sse', 'no-upgrade');
    const webSocket = cells('push', 'no-upgrade');
    if (sse.length === 0 || webSocket.length === 0)
      throw new NotEnough('No usable cell of SSE or of WebSocket through a proxy that strips Upgrade');

    const pushed = pushing.flatMap((transport) => cells(transport, 'no-upgrade'));
    const verdict = sse.every(isFine) ? 'does not hold' : pushed.some(isFine) ? 'depends' : 'holds';
    const counted = (outcome: 'works' | 'degraded' | 'fails') =>
      whole(trials.filter(({ path }) => path?.outcome === outcome).length);
    return {
      verdict,
      sentence: [
        `Through a proxy that strips Upgrade, one-way push (SSE) ${outcomesOf(sse)} and bidirectional push (WebSocket) ${outcomesOf(webSocket)}.`,
        `Through a buffering proxy, SSE ${outcomesOf(cells('sse', 'buffering'))}, and ${outcomesOf(cells('sse', 'buffering with opt-out'))} with “X-Accel-Buffering: no”. WebSocket ${outcomesOf(cells('push', 'buffering'))}.`,
        `Through an idle-timeout proxy, WebSocket ${outcomesOf(cells('push', 'idle-limit'))} without heartbeats and ${outcomesOf(cells('push', 'idle-limit with heartbeat'))} with heartbeats.`,
        `Of ${whole(trials.length)} cells, ${counted('works')} work, ${counted('degraded')} are degraded and ${counted('fails')} fail (${proxiesOf(trials)}).`,
      ].join(' '),
      evidence: trials.map(({ id }) => id),
    };
  },
};

function isFine({ path }: Trial): boolean {
  return path?.outcome === 'works';
}

/** "works", "fails", or "is degraded (5 s later)". */
function outcomesOf(cells: readonly Trial[]): string {
  const [first] = cells;
  if (!first?.path) return 'was not tried';
  const { outcome, olderMs } = first.path;
  const differs = cells.some(({ path }) => path?.outcome !== outcome) ? ' (not in every run)' : '';
  if (outcome === 'degraded')
    return `is degraded${olderMs !== null && olderMs > olderMsMax ? ` (${writeMs(olderMs, 2)} later)` : ''}${differs}`;
  return outcome + differs;
}

function proxiesOf(trials: readonly Trial[]): string {
  const proxies = new Set(trials.map(({ parameters }) => parameters.proxy));
  return [...proxies].map((proxy) => (proxy === 'nginx' ? 'real nginx' : 'embedded proxies')).join(' and ');
}
