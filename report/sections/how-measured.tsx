import { sumBooks } from '../../bench/analysis/books.ts';
import type { Result } from '../../bench/result.ts';
import { anyTransportNames, transportLooks } from '../../clients/transports.ts';
import { counts, numbers, type Table, tableOf, words } from '../charts/table.ts';
import { CompareWith } from '../comparison/compare-with.tsx';
import { writeDuration } from '../units.ts';
import { anchors } from './anchors.ts';
import { DataTable } from './data-table.tsx';
import { machineSentence } from './machine.ts';
import { Paragraph } from './parts.tsx';

/** The method, the machine, all warnings, the delivery accounting, and the command that repeats the run. */
export function HowMeasured({ result, embedsResult }: { result: Result; embedsResult: boolean }) {
  const claims = claimsTable(result);
  const isClass = result.lab.profile === 'classroom';
  return (
    <section class="experiment how-measured" id={anchors.measured} aria-labelledby="measured-title">
      <p class="kicker">Method and data</p>
      <h2 id="measured-title">How this was measured</h2>
      <div class="reading">
        {isClass ? <MethodInClass /> : <Method {...result.environment} />}
        <Machine result={result} />
        <Warnings result={result} />
        <Paragraph title="Run the lab again">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard. */}
          <pre tabIndex={0}>
            <code>{result.lab.command}</code>
          </pre>
          <p class="quiet">
            {isClass
              ? 'Another class chooses other settings.'
              : 'The same seed gives the same messages. Latencies depend on the machine.'}
          </p>
        </Paragraph>
        {!isClass && <CompareWith embedsResult={embedsResult} />}
      </div>
      {claims && <DataTable table={claims} title="Claims of LAB.md" />}
      {!isClass && (
        <>
          <DataTable table={accountingTable(result)} title="Delivery accounting" />
          <p class="note">
            The result file has the delivery accounting of each trial, and all its other counts.
          </p>
        </>
      )}
      {embedsResult && (
        <button type="button" class="script-only download" data-json>
          Download the result as JSON
        </button>
      )}
    </section>
  );
}

function Method({ agents = [] }: Result['environment']) {
  return (
    <Paragraph title="Method">
      <p>
        All servers read one message log, filled by one source, so only the delivery differs. Servers and
        clients are separate processes on one machine and share its monotonic clock. Latency counts from the
        scheduled send time, not from the actual send. A server that falls behind therefore can’t hide its
        delay (coordinated omission).
      </p>
      {agents.length > 0 && (
        <p>
          In some trials the clients ran at load-generator agents, usually on other hosts. The coordinator
          read each agent’s clock over the broker before and after each trial. The exchange with the shortest
          round trip gives the clock offset, with an error of at most half of that round trip. Latencies at
          agents have the same uncertainty. A trial whose median latency is smaller than this uncertainty has
          a warning. Percentiles come from the merged histograms of all agents.
        </p>
      )}
      <p>
        Each process counts its CPU time, memory and bytes within the measured window. Percentiles are never
        averaged. With several runs, tables show the median, the minimum and the maximum of the runs. A trial
        fails if its delivery accounting does not balance. Failed trials are left out.
      </p>
    </Paragraph>
  );
}

function MethodInClass() {
  return (
    <Paragraph title="Method">
      <p>
        All servers read one message log, filled by one source, so only the delivery differs. The clients are
        browsers: four lanes on the projector, behind an emulated one-way delay, and one client on each phone.
        A page reads the server’s clock once per second and uses the response with the shortest round trip.
        Half of that round trip is the uncertainty of every latency.
      </p>
      <p>
        The numbers are copies of the projector’s screen, taken when a setting changed or when the lesson was
        saved. Pages counted messages and latencies, and servers counted bytes. One process ran all servers
        and served all pages, so the numbers are an illustration, not evidence. For evidence, run the lab.
      </p>
    </Paragraph>
  );
}

function Machine({ result }: { result: Result }) {
  const { environment, lab } = result;
  return (
    <Paragraph title="Machine">
      <p>{machineSentence(result)}</p>
      <p class="quiet">
        Lab {lab.version}, commit {environment.commit}, seed {lab.seed}. The run took{' '}
        {writeDuration(lab.durationMs)}.
      </p>
    </Paragraph>
  );
}

function Warnings({ result }: { result: Result }) {
  const doubtful = result.trials.filter(({ warnings }) => warnings.length > 0);
  const none = doubtful.length === 0 && result.environment.warnings.length === 0;
  return (
    <Paragraph title="Warnings">
      {none && <p>There are no warnings.</p>}
      <ul class="warnings">
        {result.environment.warnings.map((text) => (
          <li key={text}>{text}</li>
        ))}
        {doubtful.flatMap(({ id, warnings }) =>
          warnings.map(({ code, text }) => (
            <li key={`${id} ${code}`}>
              <code>{id}</code> {text}.
            </li>
          )),
        )}
      </ul>
    </Paragraph>
  );
}

/**
 * The delivery accounting, summed over the trials of a transport in an experiment. One row per trial would be a
 * thousand rows in a full run, a quarter of the page. A trial that doesn't balance has failed, so the sums hide
 * nothing.
 */
function accountingTable({ experiments, trials }: Result): Table {
  const groups = experiments.flatMap(({ id, title }) =>
    anyTransportNames.flatMap((transport) =>
      statuses.flatMap((status) => {
        const own = trials.filter(
          (trial) => trial.experiment === id && trial.transport === transport && trial.status === status,
        );
        return own.length > 0
          ? [{ title, transport, status, own, books: sumBooks(own.map(({ messages }) => messages)) }]
          : [];
      }),
    ),
  );
  return tableOf(
    {
      id: 'delivery-accounting',
      caption:
        'Messages, summed over trials and their clients: expected = delivered + dropped + missed + pending.',
    },
    groups,
    [
      words('experiment', ({ title }) => title),
      words('transport', ({ transport }) => transportLooks[transport].label),
      words('status', ({ status }) => status),
      counts('trials', ({ own }) => own.length),
      counts('expected', ({ books }) => books.expected),
      counts('delivered', ({ books }) => books.delivered),
      counts('dropped', ({ books }) => books.dropped),
      counts('missed', ({ books }) => books.missed),
      counts('pending', ({ books }) => books.backlogAtEnd),
      counts('duplicated', ({ books }) => books.duplicated),
      counts('reordered', ({ books }) => books.reordered),
      numbers(
        'measured time',
        's',
        ({ own }) => own.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000,
      ),
    ],
  );
}

const statuses = ['ok', 'failed', 'interrupted'] as const;

/** The claims of LAB.md, checked against the measurements of this run; `undefined` for a run without --check. */
function claimsTable({ checks }: Result): Table | undefined {
  if (checks.length === 0) return undefined;
  const holding = checks.filter(({ outcome }) => outcome === 'holds').length;
  return tableOf(
    { id: 'claims', caption: `${holding} of ${checks.length} claims of LAB.md hold here.` },
    checks,
    [
      words('claim', ({ says }) => says),
      {
        title: 'outcome',
        numeric: false,
        cell: ({ outcome }) => ({
          text: outcome,
          ...(outcome !== 'not tested' && { mark: outcome === 'holds' ? 'good' : 'bad' }),
        }),
      },
      words('experiment', ({ experiment }) => experiment),
      words('measured', ({ measured }) => measured),
    ],
  );
}
