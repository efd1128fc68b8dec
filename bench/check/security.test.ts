import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { limits } from '../../clients/classroom/settings.ts';
import { chatDefaults } from '../../servers/chat.ts';
import { defaultLimitBytes } from '../../servers/fan-out/send-queue.ts';
import { defaultLimits } from '../../servers/guards/limits.ts';
import { defaultBatchLimit } from '../../servers/log/message-log.ts';

const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');

/** The cells of every row of every table, by the first of them. */
const rows = new Map(
  page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, name, ...cells]) => [name?.replaceAll('`', ''), cells] as const),
);

const numberIn = (name: string) => Number(rows.get(name)?.[0]?.replaceAll(',', ''));

describe('SECURITY.md', () => {
  it.each(Object.entries(defaultLimits))('says what servers/guards/limits.ts says: %s', (name, value) => {
    expect(numberIn(name)).toBe(value);
  });

  it.each([
    ['bytes for one slow client', defaultLimitBytes.disconnect],
    ['bytes for one member of a chat', chatDefaults.queueLimitBytes],
    ['bytes of one chat message', chatDefaults.textLimitBytes],
    ['messages in one response', defaultBatchLimit.messages],
    ['members of a class', limits.members],
    ['bytes of one message of a class', limits.saidBytes],
    ['messages of a member', limits.saidPerSecond],
  ])('gives the limit: %s', (start, value) => {
    const name = [...rows.keys()].find((one) => one?.startsWith(start)) as string;
    expect(numberIn(name)).toBe(value);
  });
});
