import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settingControls } from '../../clients/classroom/choices.ts';
import { scenes } from '../../clients/classroom/scenes.ts';
import { keys } from '../../clients/classroom/screen.ts';
import { experiments } from '../experiments/experiments.ts';
import { claims } from './claims.ts';

/** LAB.md and the claims say the same thing, word for word and number for number. */
const text = readFileSync('LAB.md', 'utf8');

describe('the claims of LAB.md', () => {
  it.each(claims)('stand there word for word: $id', ({ id, says }) => {
    expect(text).toContain(`${says} \`${id}\``);
  });

  it.each(claims)('name the very numbers that they are tested for: $id', ({ says, low, high }) => {
    const numbers = [...says.matchAll(/\d+(\.\d+)?/g)].map(([number]) => Number(number));
    for (const limit of [low, high]) if (limit !== undefined) expect(numbers).toContain(limit);
  });

  it('are each of an experiment that there is, and each called by a name of its own', () => {
    const known = experiments.map(({ text }) => text.id);
    for (const { experiment } of claims) expect(known).toContain(experiment);
    expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
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

  it('fill the minutes that the shorter plan gives them, and fit into those of the longer one', () => {
    const minutesOf = (names: string) =>
      [...names.matchAll(/\d+/g)]
        .map(([number]) =>
          Number.parseInt(episodes[Number(number) - 1]?.match(/^_(\d+) minutes/m)?.[1] ?? '', 10),
        )
        .reduce((sum, minutes) => sum + minutes, 0);
    const rows = [...text.matchAll(/^\| (\d+)–(\d+) +\| \[([\d and]+)\]/gm)];
    expect(rows).toHaveLength(6);
    for (const [row, from, to, names] of rows)
      expect(minutesOf(names as string), row).toBe(Number(to) - Number(from));
    const [, start, longer, end] = text.match(/^\| (\d+)–\d+ .*\| ([^|]*) until (\d+) +\|$/m) ?? [];
    expect(minutesOf(longer as string)).toBeLessThanOrEqual(Number(end) - Number(start));
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
      .flatMap((episode) => /^\*\*Run\.\*\* Scene .*$/m.exec(episode)?.[0] ?? [])
      .flatMap((line) => [...line.matchAll(/_(.+?)_/g)].map(([, word]) => word as string));
    expect(called.length).toBeGreaterThan(scenes.length);
    const unknown = called.filter((word) => !onScreen.includes(word) && !doneByKey.includes(word));
    expect(unknown).toEqual([]);
  });

  it('fold every answer away', () => {
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
    for (const [, folded] of text.matchAll(/<details><summary>(.*?)<\/summary>/g))
      expect(folded).toMatch(/[Aa]nswer/);
  });
});
