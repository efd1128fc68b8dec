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
    title: 'A hostile path',
    claim: 'Requires a bidirectional protocol',
    question: 'Which of them survives a real network path?',
    prediction: {
      choices: [
        {
          text: 'SSE passes where Upgrade is stripped; a buffering proxy stops it.',
          why: 'SSE is an ordinary HTTP response, so it passes wherever HTTP does, unless a proxy waits for its end.',
        },
        {
          text: 'All of them: a proxy passes on the bytes that it receives.',
          why: 'A proxy passes on what it understands. It drops an unknown Upgrade, and it may collect a whole response first.',
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
      'Rows are transports, columns are paths. Each cell was run: a client connected through that path, messages were published, and what arrived is judged by a rule fixed beforehand. The reason stands in the cell.',
    why: 'WebSocket asks for an Upgrade, and a proxy that drops that header answers in its place. SSE and polls are plain HTTP. A proxy that collects answers passes on a poll’s and holds back a stream. One that cuts idle connections cuts whoever is silent, unless a heartbeat comes in time.',
    caveat:
      'One client per cell, on one machine. The embedded proxies are made of a library, the others are a real nginx with the settings that the columns name. The buffering nginx speaks HTTP/1.0 to the server, as it does unless told otherwise: over HTTP/1.1 an SSE response has chunks, which nginx passes on.',
  },

  rule: `A cell works when every message arrived, the median message was at most ${olderMsMax} ms older than on the direct path, and no connection or poll failed. It is degraded when all arrived but not so. It fails when a message did not arrive. Does not hold when SSE, which is one-way, works on a path without Upgrade in every run. Holds when neither SSE nor WebSocket nor TCP push works there in any run. Otherwise "depends".`,

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
      throw new NotEnough('There is no usable cell of SSE and WebSocket on a path without Upgrade');

    const pushed = pushing.flatMap((transport) => cells(transport, 'no-upgrade'));
    const verdict = sse.every(isFine) ? 'does not hold' : pushed.some(isFine) ? 'depends' : 'holds';
    const counts = (['works', 'degraded', 'fails'] as const).map(
      (outcome) => `${whole(trials.filter(({ path }) => path?.outcome === outcome).length)} ${outcome}`,
    );
    return {
      verdict,
      sentence: [
        `On a path without Upgrade SSE ${outcomesOf(sse)} and WebSocket ${outcomesOf(webSocket)}: push needs a connection that the server can write to, not a bidirectional protocol.`,
        `Where a proxy collects answers SSE ${outcomesOf(cells('sse', 'buffering'))}, with “X-Accel-Buffering: no” it ${outcomesOf(cells('sse', 'buffering with opt-out'))}, and WebSocket ${outcomesOf(cells('push', 'buffering'))};`,
        `with an idle limit WebSocket ${outcomesOf(cells('push', 'idle-limit'))}, with a heartbeat as well it ${outcomesOf(cells('push', 'idle-limit with heartbeat'))}.`,
        `Of ${whole(trials.length)} cells, ${counts.join(', ')} (${proxiesOf(trials)}).`,
      ].join(' '),
      evidence: trials.map(({ id }) => id),
    };
  },
};

function isFine({ path }: Trial): boolean {
  return path?.outcome === 'works';
}

/** "works", or "is degraded (cut …)": what was found, with a reason where it is not fine. */
function outcomesOf(cells: readonly Trial[]): string {
  const [first] = cells;
  if (!first?.path) return 'was not tried';
  const { outcome, olderMs } = first.path;
  const differs = cells.some(({ path }) => path?.outcome !== outcome) ? ' (not in every run)' : '';
  if (outcome === 'degraded')
    return `is degraded${olderMs !== null && olderMs > olderMsMax ? `, ${writeMs(olderMs)} older` : ''}${differs}`;
  return outcome + differs;
}

function proxiesOf(trials: readonly Trial[]): string {
  const proxies = new Set(trials.map(({ parameters }) => parameters.proxy));
  return [...proxies].map((proxy) => (proxy === 'nginx' ? 'real nginx' : 'embedded proxies')).join(' and ');
}
