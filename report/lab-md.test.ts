import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isColumn, type Observation, observations, placeOf } from '../bench/check/observations.ts';
import { experiments } from '../bench/experiments/experiments.ts';
import { parseResult } from '../bench/result.ts';
import { experimentFigures } from './charts/charts.ts';

/** The tables of LAB.md ask for numbers that the report has, and name the place where each of them is. */
const text = readFileSync('LAB.md', 'utf8');
const sample = parseResult(readFileSync('report/sample/results.json', 'utf8'));

describe.each(observations)('the table of episode $episode of LAB.md', (observation) => {
  const { episode, experiment, rows, columns } = observation;
  const [, observe = ''] =
    new RegExp(
      `^### ${episode}\\. [\\s\\S]*?^\\*\\*Observe\\.\\*\\*([\\s\\S]*?)^(?:You should see|### )`,
      'm',
    ).exec(text) ?? [];

  it('has the rows and columns whose sources are known', () => {
    const [head = [], , ...body] = observe
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(head.slice(1)).toEqual(Object.keys(columns));
    expect(body.map(([row]) => row)).toEqual(Object.keys(rows));
    const dashes = body.flatMap(([row, ...cells]) =>
      cells.flatMap((cell, place) => (cell === '' ? [] : [[row, head[place + 1]]])),
    );
    expect(dashes).toEqual(observation.dashes ?? []);
  });

  it('comes after the names of the section, the charts and the columns to read', () => {
    for (const { column } of placesOf(observation)) expect(observe).toContain(`_${column}_`);
    const title = experiments.find(({ text: { id } }) => id === experiment)?.text.title;
    expect(observe).toContain(`_${title}_`);
    // The sample was measured without a RabbitMQ.
    if (experiment === 'broker') return;
    const figures = experimentFigures(sample, experiment);
    for (const place of placesOf(observation)) {
      const figure = figures.find(({ table }) => table.id === place.table);
      const titles = figure?.table.columns.map(({ title }) => title) ?? [];
      expect(
        titles.filter((title) => isColumn(title, place)),
        place.column,
      ).not.toEqual([]);
      expect(observe).toContain(`_${figure?.title}_`);
    }
  });
});

function placesOf(observation: Observation) {
  return Object.keys(observation.rows).flatMap((row) =>
    Object.keys(observation.columns).map((column) => placeOf(observation, row, column)),
  );
}
