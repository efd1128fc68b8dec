import { remember, remembered } from './memory.ts';

/** Keeps what a reader chose beside each question, in this browser only. */
export function rememberPredictions(): void {
  for (const question of document.querySelectorAll<HTMLElement>('[data-prediction]')) {
    const key = `prediction ${question.dataset.prediction}`;
    const choices = [...question.querySelectorAll<HTMLInputElement>('input')];
    const chosen = choices.find(({ value }) => value === remembered(key));
    if (chosen) chosen.checked = true;
    question.addEventListener('change', () => remember(key, choices.find(({ checked }) => checked)?.value));
  }
}
