import { measuredOf, significant, spread, writeMedian } from '../../bench/analysis/statistics.ts';
import { sentencePer, threeDigits } from '../units.ts';
import { compareAxis, linear } from './axes.ts';
import type {
  BarPanel,
  ComparePanel,
  CompareRow,
  DotRow,
  LineSeries,
  PanelFrame,
  Point,
  Reading,
} from './figure.ts';
import { byValue, type Group, type Lane } from './lanes.ts';
import type { DrawnMetric, Metric, Read } from './metrics.ts';

/** One metric as bars, a bar for each group: the median of its runs, with their range, and the model. */
export function bars<Run>(
  { id, size }: Pick<PanelFrame, 'id' | 'size'>,
  metric: DrawnMetric<Run>,
  groups: readonly Group<Run>[],
): BarPanel {
  const { title, axis, read, model, zero, absent = 'not measured', write = threeDigits } = metric;
  const spoken: string[] = [];
  const unit = metric.write || !metric.unit ? '' : `${/^[/%]/.test(metric.unit) ? '' : ' '}${metric.unit}`;
  const rows = groups.map(({ name, transport, runs }) => {
    const value = spread(runs.map(read));
    const isWritten = value && !(zero && value.median <= 0);
    const words = isWritten
      ? writeMedian(measuredOf(value), metric.write ?? significant)
      : value
        ? zero
        : absent;
    spoken.push(`${name}: ${words}${isWritten ? unit : ''}`);
    const modelled = model && spread(runs.map(model));
    return {
      name,
      transport,
      value: value ? value.median : null,
      text: !value ? absent : zero && value.median <= 0 ? zero : write(value.median),
      ...(value && value.runs > 1 && { low: value.low, high: value.high }),
      ...(modelled && { model: modelled.median }),
    };
  });
  const ends = rows.flatMap(({ value, high, model }) => [value ?? 0, high ?? 0, model ?? 0]);
  return {
    kind: 'bars',
    id,
    title,
    says: `${title}. ${sentencePer(spoken)}`,
    size,
    x: linear(axis, 'number', ends),
    rows,
  };
}

/** A row of a compare panel before it is placed: up to three values, and a sentence below. */
export type Compared = Omit<CompareRow, 'hollow' | 'filled' | 'model'> &
  Partial<Record<'hollow' | 'filled' | 'model', number>>;

/** The same quantity in two or three readings, a row for each, on one logarithmic axis. */
export function compare(
  frame: Omit<PanelFrame, 'says'>,
  axisTitle: string,
  words: ComparePanel['words'],
  rows: readonly Compared[],
  write: (value: number) => string,
  writeTick = write,
): ComparePanel {
  const readings = ['hollow', 'filled', 'model'] as const;
  const values = rows.flatMap((row) => readings.flatMap((reading) => row[reading] ?? []));
  const { axis, place } = compareAxis(axisTitle, values, writeTick);
  return {
    kind: 'compare',
    ...frame,
    says: `${frame.title}. ${sentencePer(
      rows.map((row) => {
        const parts = readings.flatMap((reading) => {
          const value = row[reading];
          return value === undefined ? [] : [`${words[reading]} ${write(value)}`];
        });
        return `${row.name}: ${parts.join(', ')}`;
      }),
    )}`,
    axis,
    words,
    rows: rows.map(({ hollow, filled, model, ...row }) => {
      const at = (value: number | undefined): Reading | undefined =>
        value === undefined ? undefined : place(value, write(value));
      return { ...row, hollow: at(hollow), filled: at(filled), model: at(model) };
    }),
  };
}

/** A line through the medians of a group's runs, by what `over` reads. A logarithmic axis has no place for 0. */
export function lineOf<Run>(
  group: Group<Run> & Partial<Pick<Lane, 'thin' | 'dotted'>>,
  over: Read<Run>,
  of: Read<Run>,
  zeroHasPlace = false,
): LineSeries {
  const { name, transport, thin, dotted, runs } = group;
  const points = byValue(runs, over).flatMap(({ at, runs: own }): Point[] => {
    const y = spread(own.map(of))?.median;
    return y !== undefined && (y > 0 || zeroHasPlace) ? [{ x: at, y }] : [];
  });
  return { name, transport, role: 'measured', thin, dotted, points };
}

/** A line of a model. */
export function modelLine(
  { name, transport }: Pick<LineSeries, 'name' | 'transport'>,
  points: readonly Point[],
): LineSeries {
  return { name, transport, role: 'model', points: [...points] };
}

/** Median and mean latency of a group, and the mean that the model predicts. */
export function dots(groups: readonly Group[], model: Metric): DotRow[] {
  return groups.flatMap(({ name, transport, runs }): DotRow[] => {
    const median = spread(runs.map(({ delayMs }) => delayMs.p50));
    const mean = spread(runs.map(({ delayMs }) => delayMs.mean));
    const predicted = spread(runs.map(model.read));
    if (!median || !mean) return [];
    const { low, high } = median;
    return [
      {
        name,
        transport,
        median: median.median,
        mean: mean.median,
        low,
        high,
        ...(predicted && { model: predicted.median }),
      },
    ];
  });
}
