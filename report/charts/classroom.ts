import type { Result, Trial } from '../../bench/result.ts';
import { counted, listed, threeDigits, writeMs } from '../units.ts';
import type { Axis, DotPanel, DotRow, Figure } from './figure.ts';
import { decadeBelow, roundAbove } from './figure.ts';
import { laneName, leftOutNotes, usableTrials } from './lanes.ts';
import { countCell, numberCell, numberColumn, type Table, wordCell, wordColumn } from './table.ts';

/** Stretches that are drawn. With more, those with the most messages are. */
const drawnMax = 8;

/** Messages that a stretch must have to be drawn. */
const drawnMessagesMin = 5;

/**
 * What a lesson measured: the ages of messages in each stretch between two changes of the controls, on the
 * projector's lanes and on the members' clients.
 */
export function classroomFigures(result: Result): Figure[] {
  const stretches = stretchesOf(usableTrials(result, 'classroom'));
  if (stretches.length === 0) return [];
  const drawn = stretches
    .filter(({ trials }) => (trials[0]?.appended ?? 0) >= drawnMessagesMin && trials.some(hasDelays))
    .toSorted((a, b) => (b.trials[0]?.appended ?? 0) - (a.trials[0]?.appended ?? 0))
    .slice(0, drawnMax)
    .sort((a, b) => a.number - b.number);
  const x = ageAxis(drawn);
  return [
    {
      id: 'classroom-ages',
      title: 'How old messages were, stretch by stretch',
      notes: [
        'Filled signs are medians, hollow signs are means. What is not named over a panel stood as it does at the beginning of a lesson.',
        ...(drawn.length < stretches.length
          ? [
              `Drawn are ${drawn.length} of ${counted(stretches.length, 'stretch', 'stretches')}, those with the most messages; all are in the table.`,
            ]
          : []),
        ...leftOutNotes(result, 'classroom'),
      ],
      panels: drawn.map((stretch, index) => agesPanel(stretch, x, isWide(index, drawn.length))),
      table: stretchTable(stretches),
    },
  ];
}

/** The trials of the messages between two changes of the controls, the projector's lanes first. */
type Stretch = { number: number; trials: Trial[] };

function stretchesOf(trials: readonly Trial[]): Stretch[] {
  const numberOf = ({ together }: Trial) => Number(together.split('/')[1]);
  const numbers = [...new Set(trials.map(numberOf))].sort((a, b) => a - b);
  return numbers.map((number) => ({ number, trials: trials.filter((trial) => numberOf(trial) === number) }));
}

function hasDelays({ delayMs }: Trial): boolean {
  return delayMs.p50 !== null;
}

/** One that is left over at the end has a row to itself. */
function isWide(index: number, count: number): boolean {
  return index === count - 1 && count % 2 === 1;
}

function agesPanel({ number, trials }: Stretch, x: Axis, wide: boolean): DotPanel {
  const rows = trials.flatMap(rowOf);
  const name = `${number}. ${settingsInWords(trials)}`;
  return {
    kind: 'dots',
    id: `classroom-ages-${number}`,
    title: name,
    says: `${name}, ${counted(trials[0]?.appended ?? 0, 'message')}. Medians: ${rows.map((row) => `${row.name} ${writeMs(row.median)}`).join(', ')}.`,
    size: wide ? 'wide' : 'half',
    x,
    rows,
  };
}

function rowOf(trial: Trial): DotRow[] {
  const { p50, mean } = trial.delayMs;
  if (p50 === null || mean === null) return [];
  return [{ name: whoOf(trial), transport: trial.transport, median: p50, mean, low: p50, high: p50 }];
}

/** "short poll" for the projector's lane, "short poll, 12 members" for those of the class. */
function whoOf(trial: Trial): string {
  const name = laneName(trial.transport, undefined);
  return isLane(trial) ? name : `${name}, ${counted(trial.clients.count, 'member')}`;
}

/** The projector's lanes have an emulated distance, be it none; members have their own. */
function isLane({ parameters }: Trial): boolean {
  return parameters.oneWayMs !== undefined;
}

/** What was set, in the few words that tell a stretch from the others. */
function settingsInWords(trials: readonly Trial[]): string {
  const of = (transport: Trial['transport']) =>
    trials.find((trial) => isLane(trial) && trial.transport === transport)?.parameters;
  const { ratePerSecond, schedule, payloadBytes } = (trials[0] as Trial).parameters;
  const { handlingMs, slowBy, policy } = of('push') ?? {};
  const intervalMs = trials.find(({ parameters }) => parameters.intervalMs !== undefined)?.parameters
    .intervalMs;
  const oneWayMs = trials.find(isLane)?.parameters.oneWayMs ?? 0;
  const away = trials.filter(({ parameters }) => parameters.awayMs !== undefined).map(whoOf);
  return [
    `${threeDigits(ratePerSecond)} messages a second${schedule === 'burst' ? ' in bursts' : ''}`,
    payloadBytes > 1000 && `of ${threeDigits(payloadBytes / 1024)} KiB`,
    intervalMs !== undefined && `poll every ${writeMs(intervalMs)}`,
    oneWayMs > 0 && `${writeMs(oneWayMs)} away`,
    handlingMs !== undefined &&
      `push ${slowBy === 'block' ? 'blocks' : 'handles'} for ${writeMs(handlingMs)} each, policy ${policy}`,
    away.length > 0 && `out of reach: ${listed(away)}`,
  ]
    .filter(Boolean)
    .join(', ');
}

function ageAxis(stretches: readonly Stretch[]): Axis {
  const ages = stretches
    .flatMap(({ trials }) => trials)
    .flatMap(({ delayMs }) => [delayMs.p50, delayMs.mean])
    .filter((age): age is number => age !== null && age > 0);
  return {
    title: 'age when handled',
    scale: 'logarithmic',
    unit: 'ms',
    min: decadeBelow(Math.min(...ages, 1)),
    max: roundAbove(Math.max(...ages, 1)),
  };
}

function stretchTable(stretches: readonly Stretch[]): Table {
  return {
    id: 'classroom-ages-table',
    caption:
      'One row per stretch and lane, or transport of the class. Requests, empty answers and bytes are as the servers counted them; of those who are pushed to a request is a connection.',
    columns: [
      numberColumn('stretch'),
      wordColumn('setting'),
      wordColumn('who'),
      numberColumn('messages'),
      numberColumn('n'),
      ...['p50', 'p90', 'p99', 'max'].map((title) => numberColumn(title, 'ms')),
      numberColumn('requests'),
      numberColumn('empty'),
      numberColumn('bytes per delivery'),
      numberColumn('dropped'),
      numberColumn('missed'),
      numberColumn('waiting'),
    ],
    rows: stretches.flatMap(({ number, trials }) =>
      trials.map((trial) => {
        const { delayMs, messages, requests, bytes } = trial;
        const sum = bytes.toClients + bytes.toServer;
        return [
          countCell(number),
          wordCell(settingsInWords(trials)),
          wordCell(whoOf(trial)),
          countCell(trial.appended),
          countCell(delayMs.count),
          ...[delayMs.p50, delayMs.p90, delayMs.p99, delayMs.max].map(numberCell),
          countCell(requests.total),
          countCell(requests.empty),
          numberCell(messages.delivered > 0 ? sum / messages.delivered : null),
          countCell(messages.dropped),
          countCell(messages.missed),
          countCell(messages.backlogAtEnd),
        ];
      }),
    ),
  };
}
