/**
 * What one poll, one message, one delivery costs: least squares over many trials in which their numbers
 * differ. One trial alone can't tell a poll's cost from that of the messages in its answer.
 */
import { inverse, Matrix, QrDecomposition } from 'ml-matrix';
import { tQuantile } from './interval.ts';

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

  // A row that is scaled by the root of its weight turns weighted least squares into plain ones.
  const columns = labels.map((label) => rows.map((row, at) => rootWeight(row) * entry(row, at, label)));
  const y = rows.map((row) => rootWeight(row) * row.y);
  const degreesOfFreedom = rows.length - labels.length;
  const { values, covariance, residualSquares } = leastSquares(columns, y, labels, degreesOfFreedom);

  const reach = tQuantile(confidence, degreesOfFreedom);
  const at = (label: string) => (labels as readonly string[]).indexOf(label);
  const costOf = (label: string): Cost => {
    const value = values.get(at(label), 0);
    const half = reach * Math.sqrt(covariance.get(at(label), at(label)));
    return { value, low: value - half, high: value + half };
  };
  const byName = <Value>(of: (name: Name) => Value) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, Value>;
  return {
    costs: byName(costOf),
    intercept: intercept ? costOf(interceptLabel) : undefined,
    covariance: byName((name) => byName((other) => covariance.get(at(name), at(other)))),
    degreesOfFreedom,
    residualStdDev: Math.sqrt(residualSquares / degreesOfFreedom),
    rSquared: explainedShare(rows, residualSquares, intercept),
    n: rows.length,
  };
}

const interceptLabel = '(intercept)';

/**
 * Least squares of `y` on columns, by QR. The columns are scaled to length 1: then the diagonal of R says how much
 * of each is its own.
 */
function leastSquares(
  columns: readonly number[][],
  y: readonly number[],
  labels: readonly string[],
  degreesOfFreedom: number,
) {
  const lengths = columns.map((column) => Math.hypot(...column));
  const zero = lengths.indexOf(0);
  if (zero >= 0) throw new Error(`fitCosts: x.${labels[zero]} is 0 in every row; its cost can't be known`);
  const scale = Matrix.diag(lengths.map((length) => 1 / length));
  const units = new Matrix(columns as number[][]).transpose().mmul(scale);
  const qr = new QrDecomposition(units);
  const r = qr.upperTriangularMatrix;
  refuseCollinear(r.diagonal(), labels);
  const target = Matrix.columnVector(y);
  const solution = qr.solve(target);
  const residualSquares = Matrix.sub(target, units.mmul(solution)).norm() ** 2;
  // The covariance of the scaled costs is (RᵀR)⁻¹ times the variance of the residuals.
  const root = scale.mmul(inverse(r));
  const covariance = root.mmul(root.transpose()).mul(residualSquares / degreesOfFreedom);
  return { values: scale.mmul(solution), covariance, residualSquares };
}

/**
 * How much of a column of length 1 must be its own, not a combination of the others. Longley's columns, the
 * textbook case of near-collinear data, have eighty times that.
 */
const ownLengthMin = 1e-6;

function refuseCollinear(ownLengths: readonly number[], labels: readonly string[]): void {
  const dependent = ownLengths.findIndex((length) => Math.abs(length) < ownLengthMin);
  if (dependent >= 0)
    throw new Error(
      `fitCosts: collinear: ${labels[dependent]} follows from ${labels.slice(0, dependent).join(', ')}; vary them separately or leave one out`,
    );
}

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

function explainedShare(rows: readonly CostRow[], residualSquares: number, intercept: boolean): number {
  const weights = sum(rows.map(({ weight = 1 }) => weight));
  const center = intercept ? sum(rows.map(({ y, weight = 1 }) => weight * y)) / weights : 0;
  const squares = sum(rows.map(({ y, weight = 1 }) => weight * (y - center) ** 2));
  return squares === 0 ? 0 : 1 - residualSquares / squares;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
