import type { z } from 'zod';
import { BadInput } from '../../servers/log/message.ts';

/**
 * Reads data by a schema. Throws `BadInput` of one line that names the field, what stood there, and what it
 * takes. `within` stands before the field's name.
 */
export function read<S extends z.ZodType>(schema: S, data: unknown, within = ''): z.infer<S> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const field = path.length > 0 || within ? within + path.join('.') : 'this';
  const value = path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)?.[key], data);
  throw new BadInput(`${field} is ${quote(value)}: ${issue?.message ?? 'not what it takes'}`);
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
