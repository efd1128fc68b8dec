import { pricesFrom } from '../../../bench/analysis/advice.ts';
import { type PollCosts, predictedCpu } from '../../../bench/analysis/break-even.ts';
import { openData, related } from '../../../bench/analysis/published.ts';
import { significant, spread } from '../../../bench/analysis/statistics.ts';
import type { Result, Trial } from '../../../bench/result.ts';
import { sentencePer, whole } from '../../units.ts';
import { decadeBelow } from '../axes.ts';
import type { Axis, Figure, LinePanel, LineSeries } from '../figure.ts';
import { type Lane, lanesOf, leftOutNotes, splitBy, usableTrials } from '../lanes.ts';
import { type Metric, meanLatency } from '../metrics.ts';
import { lineOf, modelLine } from '../panels.ts';
import { counts, medians, names, numbers, runsColumn, tableOf } from '../table.ts';
import { chatFigure } from './published-chat.ts';
import { headerFigures } from './published-headers.ts';

/** Do the published numbers still hold? Headers, a chat under load and open data, each beside its source. */
export function publishedFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'published');
  const probes = result.probes.filter(({ experiment }) => experiment === 'published');
  return [...headerFigures(probes), ...chatFigure(result, trials), ...openDataFigure(result, trials)];
}

const share: Metric = {
  name: 'server CPU',
  unit: '% of a core',
  read: ({ server, durationMs }) => (100 * server.cpuMs) / durationMs,
};

/** Open data to many: server CPU by the number of clients, up to the published limits. */
function openDataFigure(result: Result, all: readonly Trial[]): Figure[] {
  const lanes = lanesOf(all.filter(({ parameters }) => parameters.publishEveryMs === undefined));
  if (lanes.length === 0) return [];
  const costs = pricesFrom(result.fits, [])?.http;
  return [
    {
      id: 'published-open-data',
      title: 'Open data: server CPU by number of clients',
      notes: [
        `${whole(openData.payloadBytes)} bytes every ${openData.publishEveryMs / 1000} s. This run has fewer clients and sends faster, so polls and messages per second stay the same. The axis shows the number of clients that the run represents.`,
        costs
          ? 'The thin dotted lines show server CPU predicted from the costs fitted in “Break-even”. SSE uses the cost of push. The costs were fitted to small messages, and leave out the CPU of an idle server.'
          : 'The chart has no model lines, because this run fitted no costs.',
        ...leftOutNotes(result, 'published'),
      ],
      panels: [sharePanel(lanes, costs)],
      table: tableOf(
        {
          id: 'published-open-data-table',
          caption: `In the published experiment, one server served ${whole(openData.sseClientsMax)} SSE clients or ${whole(openData.pollClientsMax)} polling clients. The last column is the number of clients per core, if CPU grows in proportion.`,
        },
        splitBy(lanes, clientsStoodFor),
        [
          names('transport'),
          counts('clients represented', ({ at }) => at),
          counts('clients run', ({ runs }) => runs[0]?.clients.count ?? 0),
          runsColumn,
          medians(share),
          numbers(
            'model: server CPU',
            '% of a core',
            ({ transport, at }) => costs && at * modelPercent(transport, costs),
          ),
          medians(meanLatency),
          counts('clients per core', ({ at, runs }) => {
            const percent = spread(runs.map(share.read))?.median;
            return percent ? (100 * at) / percent : undefined;
          }),
        ],
      ),
      sources: [openData.source.full, ...related.map(({ full }) => full)],
    },
  ];
}

/** As many clients of the published workload as a trial stands for: its source was that many times as fast. */
function clientsStoodFor({ clients, parameters }: Trial): number {
  return Math.round((clients.count * parameters.ratePerSecond * openData.publishEveryMs) / 1000);
}

function sharePanel(lanes: readonly Lane[], costs: PollCosts | undefined): LinePanel {
  const measured = lanes.map((lane) => lineOf(publishedName(lane), clientsStoodFor, share.read));
  const points = measured.flatMap(({ points }) => points);
  const x: Axis = {
    title: 'Clients (log scale)',
    scale: 'logarithmic',
    unit: 'number',
    min: decadeBelow(Math.min(...points.map(({ x }) => x))),
    max: 100_000,
  };
  const y: Axis = {
    title: 'Share of a core (log scale)',
    scale: 'logarithmic',
    unit: 'percent',
    min: decadeBelow(Math.min(...points.map(({ y }) => y), 1)),
    max: 100,
  };
  return {
    kind: 'lines',
    id: 'published-open-data-share',
    title: 'Server CPU by number of clients',
    says: `Server CPU as a share of a core. ${sentencePer(
      measured.flatMap(({ name, points }) =>
        points.map(
          (point) => `${name}: ${significant(point.y, 2)}% of a core with ${whole(point.x)} clients`,
        ),
      ),
    )} Published: SSE served ${whole(openData.sseClientsMax)} clients, polls ${whole(openData.pollClientsMax)}.`,
    size: 'wide',
    x,
    y,
    series: [...lanes.flatMap((lane) => modelSeries(lane, costs, x, y)), ...measured],
    labels: 'end',
    limits: [
      {
        x: openData.pollClientsMax,
        text: `published: ${whole(openData.pollClientsMax)} clients with polls`,
        transport: 'short-poll',
      },
      {
        x: openData.sseClientsMax,
        text: `published: ${whole(openData.sseClientsMax)} clients with SSE`,
        transport: 'sse',
      },
    ],
  };
}

/** Polls here are more frequent than the published ones by as much as the source is: the name says theirs. */
function publishedName({ name, transport, runs }: Lane) {
  return {
    name: transport === 'short-poll' ? `short poll every ${openData.pollEveryMs} ms` : name,
    transport,
    runs,
  };
}

/** The published load by the fitted costs, as far as one core goes. */
function modelSeries({ transport }: Lane, costs: PollCosts | undefined, x: Axis, y: Axis): LineSeries[] {
  const perClient = costs && modelPercent(transport, costs);
  if (!perClient) return [];
  const from = Math.max(x.min ?? 1, (y.min ?? 0) / perClient);
  const to = Math.min(x.max ?? 1, (y.max ?? 100) / perClient);
  if (from >= to) return [];
  const points = Array.from({ length: 21 }, (_, step) => {
    const clients = from * (to / from) ** (step / 20);
    return { x: clients, y: clients * perClient };
  });
  return [modelLine({ name: `model: ${transport === 'sse' ? 'SSE' : 'short poll'}`, transport }, points)];
}

/** Percent of a core for one client of the published workload. */
function modelPercent(transport: Trial['transport'], costs: PollCosts): number {
  const { poll, push } = predictedCpu(costs, 1000 / openData.publishEveryMs, openData.pollEveryMs);
  // From milliseconds per second to percent.
  return (transport === 'short-poll' ? poll : push).value / 10;
}
