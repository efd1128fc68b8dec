/**
 * What one poll, one message, one delivery costs: least squares over many trials in which their numbers
 * differ. One trial alone can't tell a poll's cost from that of the messages in its answer.
 */
import MultivariateLinearRegression from 'ml-regression-multivariate-linear';
import { tQuantile } from './student.ts';

/** One trial: what it cost in all (`y`) and how often it did each thing (`x`, by name). */
export type CostRow = {
  /** Any unit; the costs come in the same unit. */
  y: number;
  x: Readonly<Record<string, number>>;
  /**
   * In inverse proportion to the variance of `y`, default 1. CPU time errs by a share of itself, so
   * without weights the busiest trials decide everything. Take it from the planned load or from what a
   * first fit expects (1/expected²), not from 1/y²: a trial that came out low by luck would count for more.
   */
  weight?: number;
};

/** A fitted cost with its confidence interval, in the unit of `y` per one of what it is the cost of. */
export type Cost = { value: number; low: number; high: number };

export type CostFit<Name extends string = string> = {
  costs: Record<Name, Cost>;
  /** What a row costs before anything happens in it, in the unit of `y`; only where it was asked for. */
  intercept?: Cost;
  /** How the errors of two costs go together; of a cost with itself, the variance of its error. */
  covariance: Record<Name, Record<Name, number>>;
  /** Rows less coefficients. */
  degreesOfFreedom: number;
  /** Standard deviation of a row of weight 1 around the fit, in the unit of `y`. */
  residualStdDev: number;
  /**
   * Share of the (weighted) variation of `y` that the fit explains: around its mean with an intercept,
   * around zero without one. 0 where `y` does not vary.
   */
  rSquared: number;
  /** Rows that it was fitted to. */
  n: number;
};

/**
 * Fits y = intercept + Σ cost · x by (weighted) least squares. The intervals are Student's with
 * n − p degrees of freedom, p counting the intercept. By default there is one, and confidence is 0.95.
 *
 * Throws an `Error` where there are not more rows than coefficients, where a number is missing, not finite
 * or a weight not positive, and where a column is zero or follows from the others, so that no data could
 * tell their costs apart.
 */
export function fitCosts<Name extends string>(
  rows: readonly CostRow[],
  names: readonly Name[],
  { intercept = true, confidence = 0.95 }: { intercept?: boolean; confidence?: number } = {},
): CostFit<Name> {
  const labels = intercept ? [interceptLabel, ...names] : names;
  refuseTooFew(rows.length, labels.length);
  rows.forEach(refuseUnusable);

  // A row that is scaled by the root of its weight turns weighted least squares into plain ones. The
  // intercept is scaled with it, so it is a column of ours and not the library's.
  const columns = labels.map((label) => rows.map((row, at) => rootWeight(row) * entry(row, at, label)));
  const y = rows.map((row) => rootWeight(row) * row.y);
  const fit = solve(columns, y, labels);

  const degreesOfFreedom = rows.length - labels.length;
  const reach = tQuantile(confidence, degreesOfFreedom);
  const costs = fit.coefficients.map(({ value, standardError }): Cost => {
    const half = reach * standardError;
    return { value, low: value - half, high: value + half };
  });

  return {
    costs: Object.fromEntries(
      names.map((name, i) => [name, costs[intercept ? i + 1 : i]]),
    ) as CostFit<Name>['costs'],
    intercept: intercept ? costs[0] : undefined,
    covariance: Object.fromEntries(
      names.map((name) => [
        name,
        Object.fromEntries(
          names.map((other) => [other, fit.covarianceOf(labels.indexOf(name), labels.indexOf(other))]),
        ),
      ]),
    ) as CostFit<Name>['covariance'],
    degreesOfFreedom,
    residualStdDev: fit.residualStdDev,
    rSquared: explainedShare(rows, fit.residualStdDev ** 2 * degreesOfFreedom, intercept),
    n: rows.length,
  };
}

const interceptLabel = '(intercept)';

/**
 * Least squares of `y` on columns. The library inverts XᵀX as it comes, which squares the condition of X
 * and drops the small singular values: of the Longley data it makes a coefficient of 48 where 1829 is
 * right. Columns of length 1 put that right.
 */
function solve(columns: readonly number[][], y: readonly number[], labels: readonly string[]) {
  const lengths = columns.map(length);
  const units = columns.map((column, i) => scaled(column, 1 / nonZero(lengths[i], labels[i])));
  refuseCollinear(units, labels);
  const fit = new MultivariateLinearRegression(
    y.map((_, at) => units.map((unit) => unit[at] as number)),
    y.map((value) => [value]),
    { intercept: false },
  );
  const coefficients = lengths.map((scale, i) => ({
    value: (fit.weights[i]?.[0] as number) / scale,
    standardError: (fit.stdErrors[i] as number) / scale,
  }));
  const covarianceOf = (one: number, other: number) =>
    fit.stdErrorMatrix.get(one, other) / ((lengths[one] as number) * (lengths[other] as number));
  return { coefficients, covarianceOf, residualStdDev: fit.stdError };
}

/**
 * How much of a column of length 1 must be its own, not a combination of the others. At a millionth, XᵀX
 * leaves four of sixteen digits; Longley's, the textbook case of near-collinear data, has eighty times that.
 */
const ownLengthMin = 1e-6;

function entry(row: CostRow, at: number, label: string): number {
  if (label === interceptLabel) return 1;
  const value = row.x[label];
  if (value === undefined || !Number.isFinite(value))
    throw new Error(`fitCosts: invalid x.${label} of row ${at}, ${value}: expected a finite number`);
  return value;
}

function rootWeight({ weight = 1 }: CostRow): number {
  return Math.sqrt(weight);
}

function refuseTooFew(rows: number, coefficients: number): void {
  if (coefficients === 0)
    throw new Error('fitCosts: names is empty and there is no intercept: nothing to fit');
  if (rows <= coefficients)
    throw new Error(
      `fitCosts: too few rows for ${coefficients} coefficients: expected at least ${coefficients + 1} to estimate an error, got ${rows}`,
    );
}

function refuseUnusable({ y, weight = 1 }: CostRow, at: number): void {
  if (!Number.isFinite(y))
    throw new Error(`fitCosts: invalid y of row ${at}, ${y}: expected a finite number`);
  if (!(weight > 0 && Number.isFinite(weight)))
    throw new Error(`fitCosts: invalid weight of row ${at}, ${weight}: expected a positive number`);
}

function nonZero(columnLength: number | undefined, label: string | undefined): number {
  if (!columnLength) throw new Error(`fitCosts: x.${label} is 0 in every row; its cost can't be known`);
  return columnLength;
}

/** Takes from each column what the columns before it explain (Gram–Schmidt), and looks at what is left. */
function refuseCollinear(units: readonly (readonly number[])[], labels: readonly string[]): void {
  const axes: (readonly number[])[] = [];
  for (const [i, unit] of units.entries()) {
    const own = axes.reduce((left, axis) => without(left, axis), unit);
    if (length(own) < ownLengthMin)
      throw new Error(
        `fitCosts: collinear: ${labels[i]} follows from ${labels.slice(0, i).join(', ')}; vary them separately or leave one out`,
      );
    axes.push(scaled(own, 1 / length(own)));
  }
}

function explainedShare(rows: readonly CostRow[], residualSquares: number, intercept: boolean): number {
  const weights = sum(rows.map(({ weight = 1 }) => weight));
  const center = intercept ? sum(rows.map(({ y, weight = 1 }) => weight * y)) / weights : 0;
  const squares = sum(rows.map(({ y, weight = 1 }) => weight * (y - center) ** 2));
  return squares === 0 ? 0 : 1 - residualSquares / squares;
}

function without(vector: readonly number[], axis: readonly number[]): number[] {
  const along = sum(vector.map((value, i) => value * (axis[i] as number)));
  return vector.map((value, i) => value - along * (axis[i] as number));
}

function scaled(vector: readonly number[], factor: number): number[] {
  return vector.map((value) => value * factor);
}

function length(vector: readonly number[]): number {
  return Math.sqrt(sum(vector.map((value) => value * value)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
