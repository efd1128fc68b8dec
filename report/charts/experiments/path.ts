import type { Result, Trial } from '../../../bench/result.ts';
import { type TransportName, transportLooks, transportNames } from '../../../clients/transports.ts';
import { counted, listed, writeMs } from '../../units.ts';
import type { Figure, MatrixEntry, MatrixPanel, Outcome } from '../figure.ts';
import { leftOutNotes, usableTrials } from '../lanes.ts';
import { counts, numbers, runsColumn, tableOf, words } from '../table.ts';

/** Paths from the harmless to the hostile; a path that is not among them comes last. */
const pathOrder = [
  ...['direct', 'no-upgrade', 'buffering', 'buffering with opt-out'],
  ...['idle-limit', 'idle-limit with heartbeat'],
];

const pathNames: Record<string, string> = {
  direct: 'no proxy',
  'no-upgrade': 'proxy that strips Upgrade',
  buffering: 'buffering proxy',
  'buffering with opt-out': 'buffering proxy, X-Accel-Buffering: no',
  'idle-limit': 'idle-timeout proxy',
  'idle-limit with heartbeat': 'idle-timeout proxy with heartbeat',
};

const proxyNames = { embedded: 'embedded', nginx: 'nginx' };

const outcomes: readonly Outcome[] = ['works', 'degraded', 'fails'];

/** Differences below this are the clients’ own phases and the machine, and not worth a word. */
const olderMsWorthSaying = 250;

/** Which of them survives a real network path? A table of verdicts, transport by path, with the reasons. */
export function pathFigures(result: Result): Figure[] {
  const trials = usableTrials(result, 'path').filter(({ path }) => path);
  if (trials.length === 0) return [];
  return [
    {
      id: 'path-matrix',
      title: 'Which transports work through which proxies',
      notes: [...proxyNotes(trials), ...leftOutNotes(result, 'path')],
      panels: [matrixPanel(trials)],
      table: tableOf(
        {
          id: 'path-table',
          caption:
            'Details of each cell above. Added latency is the median latency minus the median latency without a proxy, in the first run. A few milliseconds more or less are noise.',
        },
        cellsIn(trials),
        [
          words('transport', ({ transport }) => transportLooks[transport].label),
          words('path', ({ path }) => pathNames[path] ?? path),
          words('proxy', ({ proxy }) => (proxy ? proxyNames[proxy] : 'none')),
          runsColumn,
          ...outcomes.map((outcome) =>
            counts(
              outcome,
              ({ runs }: TestedPath) => runs.filter((trial) => trial.path?.outcome === outcome).length,
            ),
          ),
          numbers('added latency', 'ms', ({ runs }) => runs[0]?.path?.olderMs),
          words('reason', ({ runs }) => runs[0]?.path?.reason || 'none given'),
        ],
      ),
    },
  ];
}

function proxyNotes(trials: readonly Trial[]): string[] {
  const proxies = proxiesIn(trials);
  const runs = new Set(trials.map(({ repeat }) => repeat)).size;
  return [
    proxies.length > 1
      ? `Each proxy was tested twice: embedded in the lab, and as nginx. A cell without a name applies to both. ${counted(runs, 'run')}.`
      : `Proxies: ${listed(proxies.map((proxy) => proxyNames[proxy]))}. ${counted(runs, 'run')}.`,
  ];
}

type Proxy = keyof typeof proxyNames;

function proxiesIn(trials: readonly Trial[]): Proxy[] {
  return (['embedded', 'nginx'] as const).filter((proxy) =>
    trials.some(({ parameters }) => parameters.proxy === proxy),
  );
}

function pathsIn(trials: readonly Trial[]): string[] {
  const place = (path: string) => (pathOrder.includes(path) ? pathOrder.indexOf(path) : pathOrder.length);
  return [...new Set(trials.map(pathOf))].sort((a, b) => place(a) - place(b));
}

function pathOf({ parameters }: Trial): string {
  return parameters.path ?? '';
}

function matrixPanel(trials: readonly Trial[]): MatrixPanel {
  const paths = pathsIn(trials);
  const transports = transportNames.filter((name) => trials.some(({ transport }) => transport === name));
  return {
    kind: 'matrix',
    id: 'path-outcomes',
    title: 'Outcome by transport and proxy',
    says: transports.map((transport) => rowSays(transport, trials, paths)).join(' '),
    size: 'wide',
    legend: {
      works: 'all messages arrived in time',
      degraded: 'all messages arrived, but late or after a disconnect',
      fails: 'not all messages arrived',
    },
    columns: paths.map((path) => pathNames[path] ?? path),
    rows: transports.map((transport) => ({
      name: transportLooks[transport].label,
      transport,
      cells: paths.map((path) =>
        cellOf(trials.filter((trial) => trial.transport === transport && pathOf(trial) === path)),
      ),
    })),
  };
}

function rowSays(transport: TransportName, trials: readonly Trial[], paths: readonly string[]): string {
  const own = trials.filter((trial) => trial.transport === transport);
  const fine = paths.filter((path) => own.some((trial) => pathOf(trial) === path && isFine(trial)));
  return `${transportLooks[transport].label} works on ${fine.length} of ${paths.length} paths${fine.length > 0 ? ` (${listed(fine.map((path) => pathNames[path] ?? path))})` : ''}.`;
}

function isFine({ path }: Trial): boolean {
  return path?.outcome === 'works';
}

/** One verdict for all proxies where they agree, else one for each. */
export function cellOf(trials: readonly Trial[]): MatrixEntry[] {
  const proxies = proxiesIn(trials);
  if (proxies.length < 2) return trials.length > 0 ? [entryOf(trials)] : [];
  const entries = proxies.map((by) => ({
    by: proxyNames[by],
    ...entryOf(trials.filter(({ parameters }) => parameters.proxy === by)),
  }));
  const agree = new Set(entries.map(({ outcome, doubt }) => `${outcome} ${doubt ?? ''}`)).size === 1;
  if (!agree) return entries;
  const { by, ...first } = entries[0] as MatrixEntry;
  return [first];
}

/** The verdict of most runs, and a word on the others. */
function entryOf(trials: readonly Trial[]): MatrixEntry {
  const runsOf = (outcome: Outcome) => trials.filter(({ path }) => path?.outcome === outcome);
  const found = outcomes.toSorted((a, b) => runsOf(b).length - runsOf(a).length);
  const [outcome = 'fails', ...others] = found.filter((one) => runsOf(one).length > 0);
  const telling = runsOf(outcome)[0];
  return {
    outcome,
    ...(outcome !== 'works' && telling && { reason: reasonOf(telling) }),
    ...(others.length > 0 && {
      doubt: `in ${runsOf(outcome).length} of ${counted(trials.length, 'run')}; ${listed(others.map((other) => `${runsOf(other).length} ${other}`))}`,
    }),
  };
}

/** What went wrong in a few words: without what the verdict says already. */
function reasonOf({ path }: Trial): string {
  const { reason = '', olderMs = null } = path ?? {};
  const short = reason
    .replace(/^all arrived(; )?/, '')
    .replace(/^the subscription was never acknowledged: /, '');
  const names = olderMs !== null && olderMs > olderMsWorthSaying && !short.includes('older');
  return names ? `${short}; latency +${writeMs(olderMs)}` : short;
}

/** The runs of one transport on one path, through one proxy or none. */
type TestedPath = { transport: TransportName; path: string; proxy: Proxy | undefined; runs: Trial[] };

function cellsIn(trials: readonly Trial[]): TestedPath[] {
  return transportNames
    .flatMap((transport) =>
      pathsIn(trials).flatMap((path) =>
        [...proxiesIn(trials), undefined].map((proxy) => ({
          transport,
          path,
          proxy,
          runs: trials.filter(
            (trial) =>
              trial.transport === transport && pathOf(trial) === path && trial.parameters.proxy === proxy,
          ),
        })),
      ),
    )
    .filter(({ runs }) => runs.length > 0);
}
