import { h, render } from 'preact';
import {
  adviceFor,
  doubtAbout,
  needFields,
  type Prices,
  readNeed,
  workedExamples,
} from '../../bench/analysis/advice.ts';
import { Answer } from '../sections/answer.tsx';

/** Updates the answer on each input, from the prices in the page. An invalid field shows its problem. */
export function startCalculator(prices: Prices | undefined): void {
  const calculator = document.getElementById('calculator');
  const form = calculator?.querySelector('form');
  const box = document.getElementById('answer');
  if (!prices || !calculator || !form || !box) return;

  const fieldOf = (key: string) => form.elements.namedItem(key) as HTMLInputElement;
  const answer = () => {
    const texts = Object.fromEntries(needFields.map(({ key }) => [key, fieldOf(key).value]));
    const { need, problems } = readNeed(texts as Parameters<typeof readNeed>[0]);
    for (const { key } of needFields) {
      const problem = problems?.[key] ?? '';
      fieldOf(key).setAttribute('aria-invalid', String(problem !== ''));
      (document.getElementById(`problem-${key}`) as HTMLElement).textContent = problem;
    }
    // The last valid answer stays visible, but looks out of date.
    box.classList.toggle('stale', need === undefined);
    if (!need) return;
    const doubt = doubtAbout(need, prices);
    render(h(Answer, { advice: adviceFor(need, prices), doubt }), box);
  };

  form.addEventListener('input', answer);
  form.addEventListener('submit', (event) => event.preventDefault());
  calculator.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest<HTMLElement>('[data-example]');
    const example = button && workedExamples[Number(button.dataset.example)];
    if (!example) return;
    for (const { key } of needFields) fieldOf(key).value = String(example.need[key]);
    answer();
  });
  answer();
}
