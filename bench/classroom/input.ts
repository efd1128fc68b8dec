import type { z } from 'zod';
import { BadInput, invalid } from '../../servers/log/message.ts';

/** Reads data by a schema. Throws `BadInput` of one line that names the field, its value, and what was expected. */
export function read<S extends z.ZodType>(schema: S, data: unknown): z.infer<S> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const value = path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)?.[key], data);
  const expected = (issue?.message ?? '')
    .replace(/^.*?\bexpected /i, '')
    .replace('Unrecognized', 'no unrecognized');
  throw new BadInput(invalid(path.join('.') || 'message', value, expected));
}
