import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { markdownFiles, sentencesOf, textsOfFolder, textsOfMarkdown } from './visible-texts.ts';

/** Words that readers stumble over, and what to write instead. Each pattern is tried on one sentence. */
const notPlain: { pattern: RegExp; instead: string; bad: string; good: string }[] = [
  {
    pattern: /\b[Ww]hoever\b|^Who\b(?!.*\?)/,
    instead: 'name the actor',
    bad: 'Who only wants to read one: run this.',
    good: 'Who pays for that?',
  },
  {
    pattern: /\bat most so\b|(?<!every )\bso (?:old|many|long|few|often)\b(?!.*\b(?:that|as)\b)/i,
    instead: 'that old, within …, at most …',
    bad: 'The share of messages that were at most so old.',
    good: 'There are so many that the queue fills.',
  },
  {
    pattern: /\bbeside\b/i,
    instead: 'next to, compared with',
    bad: 'The rule is printed beside it.',
    good: 'Besides, it is free.',
  },
  {
    pattern: /\b(?:holds?|held|holding)\b.* against\b/i,
    instead: 'compare, check',
    bad: 'This holds each line against your numbers.',
    good: 'A server holds a connection.',
  },
  {
    pattern: /\bstands?\b(?! (?:for|out|up|still)\b)|\bstood\b|\blies\b|\bbears?\b/i,
    instead: 'is, has',
    bad: 'The reason stands in the cell.',
    good: 'SSE stands for Server-Sent Events.',
  },
  {
    pattern: /\b(?:by itself|of (?:its|their) own|to itself)\b/i,
    instead: 'independently, private, alone',
    bad: 'It starts a node of its own.',
    good: 'It starts its own node.',
  },
  {
    pattern:
      /\b(?:the|its|their) way (?:takes?|took|is|there|back)\b|[\d…] ways?\b(?! to\b)|\bways? away\b|\bon the way\b/i,
    instead: 'one-way delay, path, transport',
    bad: 'A message took 1.01 ways.',
    good: 'The best way to learn it is to run it.',
  },
  {
    pattern: /\b(?:anew|dearer|dearest|in vain|meanwhile|seldom|lest|shall)\b/i,
    instead: 'again, more expensive, without success, while, rarely, so that … not, will',
    bad: 'It is started anew.',
    good: 'It starts again.',
  },
  {
    pattern: /\blook(?:s|ed)? whether\b/i,
    instead: 'check',
    bad: 'It looks whether anything is lost.',
    good: 'It checks whether anything is lost.',
  },
  {
    pattern: /(?:^|[:;,] )it takes (?!(?:\S+ ){1,3}(?:seconds?|minutes?|hours?)\b)/i,
    instead: 'expected …, needs …',
    bad: '--port is "x": it takes a port.',
    good: 'It takes about three minutes.',
  },
  {
    pattern: /\bbooks\b/i,
    instead: 'delivery accounting',
    bad: 'Each trial keeps exact books.',
    good: 'A textbook example.',
  },
  {
    pattern: /(?<!-)\b(?:signs?|strokes?)\b(?! of-)/i,
    instead: 'heartbeat, marker, line',
    bad: 'It waits for a sign of life.',
    good: 'A good design.',
  },
  {
    pattern:
      /\b(?:is|are|was|were|be|been) told\b|\b(?:server|client|proxy|broker|agent)s? (?:says?|said|hears?|heard|tells?|told|believes?)\b/i,
    instead: 'is called with, sends, reports, receives',
    bad: 'The reader is told of every message.',
    good: 'The teacher says it aloud.',
  },
  { pattern: /\bprocessors?\b/i, instead: 'CPU', bad: 'Its processor time.', good: 'Its CPU time.' },
  { pattern: /[\d…][\s\u00a0]%/, instead: '99%', bad: '99 % of them', good: '99% of them' },
];

/**
 * How many stumbling blocks each text may have. A text with 0 is plain; of the others the number may only fall:
 * lower it with your change.
 */
const allowed: Record<string, number> = {
  'README.md': 0,
  'servers/README.md': 0,
  'clients/README.md': 0,
  'bench/README.md': 0,
  'report/README.md': 0,
  'CONTRIBUTING.md': 0,
  'LAB.md': 0,
  'LAB-INSTRUCTOR.md': 0,
  'SECURITY.md': 0,
  'the live page': 0,
  'the experiments': 0,
  'the report': 0,
  'all other programs': 0,
};

const texts = new Map<string, string[]>([
  ...markdownFiles.map((file) => [file, textsOfMarkdown(readFileSync(file, 'utf8'))] as const),
  ['the live page', inFolders(['clients/classroom'])],
  ['the experiments', inFolders(['bench/experiments'])],
  ['the report', inFolders(['report'])],
  [
    'all other programs',
    inFolders(['servers', 'clients', 'bench'], /^clients\/classroom|^bench\/experiments/),
  ],
]);

function inFolders(folders: readonly string[], except = /^$/): string[] {
  return folders
    .flatMap((folder) => [...textsOfFolder(folder)])
    .flatMap(([file, found]) => (except.test(file) ? [] : found));
}

/** What readers stumble over in these texts, with what to write instead. */
function stumblingBlocks(found: readonly string[]): string[] {
  return found
    .flatMap(sentencesOf)
    .map((sentence) => sentence.replaceAll(/`[^`]*`/g, '`code`'))
    .flatMap((sentence) =>
      notPlain.flatMap(({ pattern, instead }) => {
        const word = pattern.exec(sentence)?.[0];
        return word === undefined ? [] : [`"${word}" (write: ${instead}) in: ${sentence}`];
      }),
    );
}

describe('plain words', () => {
  it.each(notPlain)('finds "$bad" and not "$good"', ({ bad, good }) => {
    expect(stumblingBlocks([bad])).toHaveLength(1);
    expect(stumblingBlocks([good])).toEqual([]);
  });

  it('reads every text', () => {
    expect([...texts.keys()]).toEqual(Object.keys(allowed));
    for (const [name, found] of texts) expect(found.length, name).toBeGreaterThan(10);
  });

  it.each(Object.entries(allowed))('in %s: at most %i stumbling blocks', (name, most) => {
    const found = stumblingBlocks(texts.get(name) ?? []);
    expect(found.length, `lower the number, or mend:\n${found.join('\n')}`).toBeLessThanOrEqual(most);
  });
});
