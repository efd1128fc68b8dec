import { z } from 'zod';
import { resultSchema } from '../bench/result.ts';
import type { Shape } from './interaction/result-check.ts';

/** The schema of a result file as JSON Schema, for pages that check a file without the library of the schema. */
export function resultShape(): Shape {
  // As a file is before anything was filled in, and every repeated part said once.
  return z.toJSONSchema(resultSchema, { io: 'input', reused: 'ref' }) as Shape;
}
