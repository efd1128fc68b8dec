import { remember, remembered } from './memory.ts';

/** Stores the reader's choices in this browser only, and shows each choice next to the result. */
export function rememberPredictions(): void {
  for (const question of document.querySelectorAll<HTMLElement>('[data-prediction]')) {
    const key = `prediction ${question.dataset.prediction}`;
    const choices = [...question.querySelectorAll<HTMLInputElement>('input')];
    const kept = choices.find(({ value }) => value === remembered(key));
    if (kept) kept.checked = true;

    const show = () => {
      const chosen = choices.find(({ checked }) => checked);
      remember(key, chosen?.value);
      showNextTo(question, chosen?.closest('label') ?? undefined);
    };
    question.addEventListener('change', show);
    show();
  }
}

/** Repeats a choice above the result. */
function showNextTo(question: HTMLElement, choice: HTMLElement | undefined): void {
  const place = question.parentElement?.querySelector<HTMLElement>('.predicted');
  if (!place) return;
  place.hidden = !choice;
  const letter = choice?.querySelector('.choice-letter')?.textContent;
  const text = choice?.querySelector('.choice-text')?.firstChild?.textContent;
  const isRight = choice?.classList.contains('choice-right');
  const words = `${letter}: ${text} ${isRight ? 'Right.' : 'Wrong.'}`;
  place.querySelector('p')?.replaceChildren(words);
}
