import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settingControls } from '../../clients/classroom/choices.ts';
import { scenes } from '../../clients/classroom/scenes.ts';
import { keys } from '../../clients/classroom/screen.ts';
import { experiments } from '../experiments/experiments.ts';
import { parseResult } from '../result.ts';
import { checkClaims } from './claim.ts';
import { claims } from './claims.ts';

/** LAB.md and the claims say the same thing, word for word and number for number. */
const text = readFileSync('LAB.md', 'utf8');

describe('the claims of LAB.md', () => {
  it.each(claims)('are in the text word for word: $id', ({ id, says }) => {
    expect(text).toContain(`${says} \`${id}\``);
  });

  it.each(claims)('name the numbers that they are tested for: $id', ({ says, low, high }) => {
    // "None" and "every" say 0 and 1; 0.05 may be written as 5%.
    const limits = [low, high].filter((limit) => limit !== undefined && limit !== 0 && limit !== 1);
    const numbers = [...says.matchAll(/\d+(\.\d+)?/g)].map(([number]) => Number(number));
    const named = says.includes('%') ? numbers.map((number) => number / 100) : numbers;
    expect(named).toEqual(expect.arrayContaining(limits));
  });

  it('are each of an experiment that there is, and each called by a name of its own', () => {
    const known = experiments.map(({ text }) => text.id);
    for (const { figure } of claims) expect(known).toContain(figure.split('.')[0]);
    expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
  });

  it('name figures that the sample has, but for the broker, which it did not run', () => {
    const sample = parseResult(readFileSync('report/sample/results.json', 'utf8'));
    const untested = checkClaims(claims, sample).filter(({ outcome }) => outcome === 'not tested');
    expect(untested).toEqual([]);
  });

  it('are all that LAB.md calls a claim', () => {
    const marked = [...text.matchAll(/[.:] `([a-z][a-z-]+)`/g)].map(([, id]) => id);
    expect(new Set(marked)).toEqual(new Set(claims.map(({ id }) => id)));
  });

  it('are on every line of what one should see', () => {
    const lists = [...text.matchAll(/You should see:\n\n((?:- .*\n)+)/g)].flatMap(([, list]) =>
      (list as string).trim().split('\n'),
    );
    expect(lists.length).toBeGreaterThan(20);
    for (const line of lists) expect(line).toMatch(/`[a-z-]+`( \(.*\))?$/);
  });
});

describe('the episodes of LAB.md', () => {
  const episodes = text.split(/^### (?=\d+\. )/m).slice(1);

  it('are numbered without a gap', () => {
    expect(episodes.map((episode) => Number.parseInt(episode, 10))).toEqual(
      episodes.map((_, index) => index + 1),
    );
  });

  it('each ask for a prediction of A to D, or for something to do', () => {
    for (const episode of episodes.slice(0, 12))
      expect(episode).toMatch(/- A\. [\s\S]*- B\. [\s\S]*- C\. [\s\S]*- D\. /);
  });

  it('each say how many minutes they take', () => {
    for (const episode of episodes) expect(episode).toMatch(/^_\d+ minutes/m);
  });

  it('fill the minutes that the plans give them', () => {
    const plans = text.slice(text.indexOf('## The plans'), text.indexOf('## Three message diagrams'));
    const rows = [...plans.matchAll(/^\| (\d+)–(\d+) +\| (.*?) +\|$/gm)].map(([row, from, to, what]) => ({
      row,
      from: Number(from),
      to: Number(to),
      episode: Number(/^\[(\d+)\]\(#/.exec(what as string)?.[1]),
    }));
    expect(rows.filter(({ episode }) => episode).length).toBeGreaterThan(8);
    for (const { row, from, to, episode } of rows) {
      const minutes = /^_(\d+) minutes/m.exec(episodes[episode - 1] ?? '')?.[1];
      if (episode) expect(to - from, row).toBe(Number(minutes));
    }
    const ends = rows.map(({ to }) => to);
    expect(rows.map(({ from }) => from)).toEqual([0, ...ends.slice(0, 6), 44, ...ends.slice(7, -1)]);
    expect([ends[6], ends.at(-1)]).toEqual([50, 90]);
  });

  it('each fill in their row of the lecture’s table, and the ticket the last', () => {
    const table = text.slice(text.indexOf('## The lecture’s list'), text.indexOf('## The plans'));
    const rows = [...table.matchAll(/^\| (Pro \d|Con \d|"Request response)/gm)].map(([, row]) => row);
    expect(rows.toSorted()).toEqual(
      ['Pro 1', 'Pro 2', 'Con 1', 'Con 2', 'Con 3', 'Con 4', '"Request response'].toSorted(),
    );
    const filled = [...text.matchAll(/ill in the row \*\*(.*?)\*\*/g)].map(([, row]) => row);
    expect(filled.toSorted()).toEqual(rows.map((row) => row?.replace('"', '')).toSorted());
  });

  it('between them contradict each misconception', () => {
    for (const misconception of [
      'fast polling is real time',
      'long polling is push',
      'push is always cheaper',
      'WebSocket guarantees delivery',
      'the average is enough',
      'idle connections are free',
    ]) {
      const of = episodes.find((episode) => episode.includes(`misconception: ${misconception}`));
      expect(of, misconception).toBeDefined();
      expect(of).toMatch(/You should see:\n\n- .*`[a-z-]+`/);
    }
  });

  it('each name their scene of the live page by its number and title, as far as there are scenes', () => {
    const named = episodes.flatMap((episode) =>
      [...episode.matchAll(/[Ss]cene (\d+)(?:, _(.+?)_)?/g)].map(([, key, title]) => [
        Number.parseInt(episode, 10),
        Number(key),
        title,
      ]),
    );
    expect(named).toEqual(scenes.map(({ key, title }) => [key, key, title]));
  });

  it('call what is to be set in a scene as the screen calls it', () => {
    const onScreen = [
      ...scenes.map(({ title }) => title),
      ...settingControls.flatMap(({ label, offers }) => [label, ...offers.map((offer) => offer.label)]),
    ];
    const doneByKey = keys.map(([, does]) => does).join('\n');
    const called = episodes
      .flatMap((episode) => /^\*\*Run\.\*\* Open scene .*$/m.exec(episode)?.[0] ?? [])
      .flatMap((line) => [...line.matchAll(/_(.+?)_/g)].map(([, word]) => word as string));
    expect(called.length).toBeGreaterThan(scenes.length);
    const unknown = called.filter((word) => !onScreen.includes(word) && !doneByKey.includes(word));
    expect(unknown).toEqual([]);
  });

  it.each(
    episodes
      .filter((episode) => episode.includes('You should see:'))
      .map((episode) => [Number.parseInt(episode, 10), episode] as const),
  )('show an output whose claims are the episode’s: %i', (_, episode) => {
    const [, output = ''] = /```text\n(Claims of LAB\.md[\s\S]*?)```/.exec(episode) ?? [];
    const shown = [...output.matchAll(/^holds +(\S+)\n +(.*)$/gm)];
    expect(shown).not.toEqual([]);
    for (const [, id, says] of shown) expect(episode).toContain(`- ${says} \`${id}\``);
  });

  it('fold every answer away', () => {
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
    for (const [, folded] of text.matchAll(/<details><summary>(.*?)<\/summary>/g))
      expect(folded).toMatch(/[Aa]nswer|Output of one run/);
  });
});
