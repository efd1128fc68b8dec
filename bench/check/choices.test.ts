import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { questions } from '../../clients/classroom/questions.ts';
import { experiments } from '../experiments/experiments.ts';

/** A question with four choices: their texts, and the index of the right one. */
type Question = { texts: string[]; right: number };

/** Nobody may pass by choosing a letter, the longest or the shortest choice. */
const sources: Record<string, Question[]> = {
  'LAB.md': labQuestions(readFileSync('LAB.md', 'utf8')),
  'the predictions of the report': experiments.flatMap(({ text: { prediction } }) =>
    prediction ? [{ texts: prediction.choices.map(({ text }) => text), right: prediction.right }] : [],
  ),
  'the questions of the live page': questions.map(({ choices, right }) => ({
    texts: choices.map(({ text }) => text),
    right,
  })),
};

describe.each(Object.entries(sources))('the right choices of %s', (_, asked) => {
  const share = (isIt: (question: Question) => boolean) => asked.filter(isIt).length / asked.length;
  const lengthOf = ({ texts, right }: Question) => (texts[right] as string).length;

  it('are choices of as many questions as there are', () => {
    expect(asked.length).toBeGreaterThan(12);
    for (const { texts, right } of asked) {
      expect(texts).toHaveLength(4);
      expect([0, 1, 2, 3]).toContain(right);
    }
  });

  it.each([0, 1, 2, 3])('are spread over the letters: letter %i', (letter) => {
    const chosen = share(({ right }) => right === letter);
    expect(chosen).toBeGreaterThanOrEqual(0.15);
    expect(chosen).toBeLessThanOrEqual(0.35);
  });

  it('are not known by their length', () => {
    const isLongest = (question: Question) =>
      question.texts.every(({ length }) => length <= lengthOf(question));
    const isShortest = (question: Question) =>
      question.texts.every(({ length }) => length >= lengthOf(question));
    expect(share(isLongest)).toBeLessThanOrEqual(0.4);
    expect(share(isShortest)).toBeLessThanOrEqual(0.4);
  });
});

/** The episodes that ask for the same prediction as an experiment of the report: students may answer in either place. */
it.each([
  [3, 'idle-cost'],
  [4, 'distance'],
  [7, 'overwhelmed'],
  [8, 'offline'],
  [9, 'crowd'],
  [10, 'path'],
  [14, 'light-client'],
] as const)('episode %i of LAB.md has the choices of the prediction of %s', (number, id) => {
  const episodes = readFileSync('LAB.md', 'utf8').split(/^### (?=\d+\. )/m);
  const episode = episodes.find((text) => text.startsWith(`${number}. `)) ?? '';
  const prediction = experiments.find(({ text }) => text.id === id)?.text.prediction;
  expect(labQuestions(episode)).toEqual([
    { texts: prediction?.choices.map(({ text }) => text), right: prediction?.right },
  ]);
});

/** The predictions of the episodes, with the letter that begins the answer after each. */
function labQuestions(text: string): Question[] {
  return text
    .split(/^\*\*Predict\.\*\*/m)
    .slice(1)
    .map((episode) => ({
      texts: [...episode.matchAll(/^- [A-D]\. (.*)$/gm)].map(([, choice]) => choice as string),
      right: 'ABCD'.indexOf(/<summary>Answer<\/summary>\n\n([A-D])\b/.exec(episode)?.[1] ?? 'none'),
    }));
}
