import { z } from 'zod';
import { resultSchema } from '../bench/result.ts';
import type { Shape } from './interaction/result-check.ts';

/** The schema of a result file as JSON Schema, for pages that check a file without the library of the schema. */
export function resultShape(): Shape {
  // The shape of a file before defaults are filled in, with repeated parts as references.
  return z.toJSONSchema(resultSchema, { io: 'input', reused: 'ref' }) as Shape;
}
