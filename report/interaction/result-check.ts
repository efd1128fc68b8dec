import type { Result } from '../../bench/result.ts';

/**
 * The schema of a result file as plain data: the part of JSON Schema that is in use. It is made from the schema in
 * bench/result.ts, whose library would make the page 50% larger.
 */
export type Shape = {
  $ref?: string;
  $defs?: Record<string, Shape>;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  required?: string[];
  additionalProperties?: Shape;
  items?: Shape;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  default?: unknown;
};

/**
 * Reads a result from JSON text, in a page, as `parseResult` does elsewhere.
 * Throws an `Error` of one line that names the invalid field and its value.
 */
export function readResult(text: string, shape: Shape): Result {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Error(`not a result file: invalid JSON (${oneLine((error as Error).message)})`);
  }
  const version = (data as { schemaVersion?: unknown } | null)?.schemaVersion;
  const known = shape.properties?.schemaVersion?.const;
  if (version !== known)
    throw new Error(`schemaVersion is ${written(version)}, expected ${written(known)}: run the lab again`);
  const fault = faultIn(data, shape, '', shape.$defs ?? {});
  if (fault) throw new Error(oneLine(`not a valid result file: ${fault.path || '(top)'}: ${fault.says}`));
  return withDefaults(data as Result, shape);
}

/** Text from a file may appear in an error, but in one line. */
function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}

type Fault = { path: string; says: string };

/** The first fault in a value, in the order of the schema. */
function faultIn(value: unknown, shape: Shape, path: string, defs: Record<string, Shape>): Fault | undefined {
  const { $ref, anyOf } = shape;
  if ($ref) return faultIn(value, defs[$ref.slice('#/$defs/'.length)] ?? {}, path, defs);
  if (anyOf) {
    // The alternative to `null` comes first, and its fault is the useful one.
    const faults = anyOf.map((one) => faultIn(value, one, path, defs));
    return faults.every(Boolean) ? faults[0] : undefined;
  }
  const says = ownFault(value, shape);
  if (says) return { path, says };
  if (Array.isArray(value)) return faultInItems(value, shape, path, defs);
  return isRecord(value) ? faultInProperties(value, shape, path, defs) : undefined;
}

/** The fault of a value without its contents. */
function ownFault(
  value: unknown,
  { type, const: only, enum: choices, ...limits }: Shape,
): string | undefined {
  if (value === undefined) return 'is missing';
  const is = `is ${written(value)}, expected`;
  if (only !== undefined && value !== only) return `${is} ${written(only)}`;
  if (choices && !choices.includes(value)) return `${is} one of ${choices.join(', ')}`;
  const types = [type ?? []].flat();
  if (types.length > 0 && !types.some((one) => isOf(one, value)))
    return `${is} ${types.map((one) => typeNames[one] ?? one).join(' or ')}`;
  const { minimum = -Infinity, maximum = Infinity, minItems = 0, maxItems = Infinity } = limits;
  if (typeof value === 'number' && value < minimum) return `${is} ${minimum} or more`;
  if (typeof value === 'number' && value > maximum) return `${is} ${maximum} or less`;
  if (Array.isArray(value) && (value.length < minItems || value.length > maxItems))
    return `has ${value.length} entries, expected ${minItems === maxItems ? minItems : `${minItems} or more`}`;
  return undefined;
}

function faultInItems(items: unknown[], shape: Shape, path: string, defs: Record<string, Shape>) {
  const { items: each } = shape;
  if (!each) return undefined;
  for (const [index, item] of items.entries()) {
    const fault = faultIn(item, each, joined(path, String(index)), defs);
    if (fault) return fault;
  }
  return undefined;
}

function faultInProperties(
  record: Record<string, unknown>,
  { properties = {}, required = [], additionalProperties }: Shape,
  path: string,
  defs: Record<string, Shape>,
): Fault | undefined {
  for (const [key, shape] of Object.entries(properties)) {
    if (record[key] === undefined && !required.includes(key)) continue;
    const fault = faultIn(record[key], shape, joined(path, key), defs);
    if (fault) return fault;
  }
  if (!additionalProperties) return undefined;
  for (const [key, value] of Object.entries(record)) {
    const fault = Object.hasOwn(properties, key)
      ? undefined
      : faultIn(value, additionalProperties, joined(path, key), defs);
    if (fault) return fault;
  }
  return undefined;
}

const typeNames: Record<string, string> = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'null',
};

function isOf(type: string, value: unknown): boolean {
  if (type === 'object') return isRecord(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return type === 'null' ? value === null : typeof value === type;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joined(path: string, key: string): string {
  return path ? `${path}.${key}` : key;
}

/** A value as JSON, shortened. */
function written(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Lists that older files may lack. */
function withDefaults(result: Result, { properties = {} }: Shape): Result {
  const defaults = Object.entries(properties).filter(([, shape]) => shape.default !== undefined);
  return { ...Object.fromEntries(defaults.map(([key, shape]) => [key, shape.default])), ...result };
}
