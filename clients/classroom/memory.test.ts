import { expect, it } from 'vitest';
import { memoryOf } from './memory.ts';

it('remembers what the storage remembers', () => {
  const stored = new Map<string, string>([['name', 'Ada']]);
  const memory = memoryOf(
    () =>
      ({
        getItem: (key: string) => stored.get(key) ?? null,
        setItem: (key: string, value: string) => stored.set(key, value),
        removeItem: (key: string) => stored.delete(key),
      }) as unknown as Storage,
  );
  expect(memory.get('name')).toBe('Ada');
  memory.set('name', 'Grace');
  expect(stored.get('name')).toBe('Grace');
  // Another tab of this browser.
  stored.set('name', 'Hedy');
  expect(memory.get('name')).toBe('Hedy');
  memory.remove('name');
  expect(stored.has('name')).toBe(false);
  expect(memory.get('name')).toBeNull();
});

it('remembers for as long as the page lives where the browser refuses storage', () => {
  const memory = memoryOf(() => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  });
  expect(memory.get('name')).toBeNull();
  memory.set('name', 'Ada');
  expect(memory.get('name')).toBe('Ada');
  memory.remove('name');
  expect(memory.get('name')).toBeNull();
});
