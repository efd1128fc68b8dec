import { sumBooks } from '../../bench/analysis/books.ts';
import type { Result } from '../../bench/result.ts';
import { anyTransportNames, transportLooks } from '../../clients/transports.ts';
import { countCell, numberCell, numberColumn, type Table, wordCell, wordColumn } from '../charts/table.ts';
import { writeDuration } from '../units.ts';
import { anchors } from './anchors.ts';
import { claimsTable } from './claims-table.ts';
import { CompareWith } from './compare-with.tsx';
import { DataTable } from './data-table.tsx';
import { machineSentence } from './machine.ts';

/** What stands behind the numbers: the method, the machine, every warning, the books, and the command that repeats it. */
export function HowMeasured({ result, embedsResult }: { result: Result; embedsResult: boolean }) {
  const claims = claimsTable(result);
  const isClass = result.lab.profile === 'classroom';
  return (
    <section class="experiment how-measured" id={anchors.measured} aria-labelledby="measured-title">
      <p class="kicker">Behind the numbers</p>
      <h2 id="measured-title">How this was measured</h2>
      <div class="reading">
        {isClass ? <MethodInClass /> : <Method {...result.environment} />}
        <Machine result={result} />
        <Warnings result={result} />
        <div class="paragraph">
          <h3>Run it again</h3>
          <div>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard. */}
            <pre tabIndex={0}>
              <code>{result.lab.command}</code>
            </pre>
            <p class="quiet">
              {isClass
                ? 'Another class will set other things.'
                : 'The same seed gives the same messages. The delays are this machine’s own.'}
            </p>
          </div>
        </div>
        {!isClass && <CompareWith embedsResult={embedsResult} />}
      </div>
      {claims && <DataTable table={claims} title="The claims of LAB.md" />}
      {!isClass && (
        <>
          <DataTable table={booksTable(result)} title="The books" />
          <p class="note">
            Each trial’s own books, and all else that was counted of it, stand in the result file.
          </p>
        </>
      )}
      {embedsResult && (
        <button type="button" class="script-only download" data-json>
          Download the whole result as JSON
        </button>
      )}
    </section>
  );
}

function Method({ agents = [] }: Result['environment']) {
  return (
    <div class="paragraph">
      <h3>Method</h3>
      <div>
        <p>
          Every server reads one log that one source fills, so only the delivery differs. Servers and clients
          are separate processes on one machine and share its monotonic clock. The age of a message counts
          from the instant at which it was planned, not from the instant at which it was sent, so a server
          that falls behind can’t hide it.
        </p>
        {agents.length > 0 && (
          <p>
            The clients of some trials lived at agents, on other hosts as a rule. The clock of each was read
            over the broker before and after each trial: the shortest exchange gives its offset, right to half
            of its round trip. Ages there are as uncertain; a trial whose median age is smaller says so.
            Histograms were added before any percentile was read from them.
          </p>
        )}
        <p>
          Processor time, memory and bytes are what each process counts of itself within the measured window.
          Percentiles are never averaged: with several runs the run is the unit, and tables show the median
          run with the smallest and the largest. A trial whose books don’t balance has failed and is left out.
        </p>
      </div>
    </div>
  );
}

function MethodInClass() {
  return (
    <div class="paragraph">
      <h3>Method</h3>
      <div>
        <p>
          Every server reads one log that one source fills, so only the delivery differs. The clients are
          browsers: four lanes on the projector, behind an emulated one-way delay, and one client on each
          phone. A page reads the server’s clock once a second and takes the response with the shortest round
          trip; half of that round trip is the uncertainty of every latency.
        </p>
        <p>
          The figures are those that stood on the projector’s screen when the settings changed, or when the
          lesson was saved. Pages counted messages and latencies, servers counted bytes. One process ran all
          servers and the pages: the figures illustrate, and are no evidence. For evidence, run the lab.
        </p>
      </div>
    </div>
  );
}

function Machine({ result }: { result: Result }) {
  const { environment, lab } = result;
  return (
    <div class="paragraph">
      <h3>Machine</h3>
      <div>
        <p>{machineSentence(result)}</p>
        <p class="quiet">
          Lab {lab.version}, commit {environment.commit}, seed {lab.seed}. The run took{' '}
          {writeDuration(lab.durationMs)}.
        </p>
      </div>
    </div>
  );
}

function Warnings({ result }: { result: Result }) {
  const doubtful = result.trials.filter(({ warnings }) => warnings.length > 0);
  const none = doubtful.length === 0 && result.environment.warnings.length === 0;
  return (
    <div class="paragraph">
      <h3>Warnings</h3>
      <div>
        {none && <p>None.</p>}
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
      </div>
    </div>
  );
}

/**
 * The books, summed over the trials of a transport in an experiment. A row per trial would be a thousand
 * rows in a full run, a quarter of the page; a trial that doesn't balance has failed, so the sums hide nothing.
 */
function booksTable({ experiments, trials }: Result): Table {
  const groups = experiments.flatMap(({ id, title }) =>
    anyTransportNames.flatMap((transport) =>
      statuses.map((status) => ({
        words: [title, transportLooks[transport].label, status],
        own: trials.filter(
          (trial) => trial.experiment === id && trial.transport === transport && trial.status === status,
        ),
      })),
    ),
  );
  return {
    id: 'books',
    caption:
      'In messages, summed over trials and their clients: delivered + dropped + missed + waiting = expected.',
    columns: [
      ...['experiment', 'transport', 'status'].map(wordColumn),
      numberColumn('trials'),
      ...['expected', 'delivered', 'dropped', 'missed', 'waiting', 'duplicated', 'reordered'].map((title) =>
        numberColumn(title),
      ),
      numberColumn('windows', 's'),
    ],
    rows: groups
      .filter(({ own }) => own.length > 0)
      .map(({ words, own }) => {
        const books = sumBooks(own.map(({ messages }) => messages));
        return [
          ...words.map(wordCell),
          countCell(own.length),
          countCell(books.expected),
          countCell(books.delivered),
          countCell(books.dropped),
          countCell(books.missed),
          countCell(books.backlogAtEnd),
          countCell(books.duplicated),
          countCell(books.reordered),
          numberCell(own.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000),
        ];
      }),
  };
}

const statuses = ['ok', 'failed', 'interrupted'] as const;
