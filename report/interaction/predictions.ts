import { remember, remembered } from './memory.ts';

/** Keeps what a reader chose beside each question, in this browser only, and shows it beside what was measured. */
export function rememberPredictions(): void {
  for (const question of document.querySelectorAll<HTMLElement>('[data-prediction]')) {
    const key = `prediction ${question.dataset.prediction}`;
    const choices = [...question.querySelectorAll<HTMLInputElement>('input')];
    const kept = choices.find(({ value }) => value === remembered(key));
    if (kept) kept.checked = true;

    const show = () => {
      const chosen = choices.find(({ checked }) => checked);
      remember(key, chosen?.value);
      showBeside(question, chosen?.closest('label') ?? undefined);
    };
    question.addEventListener('change', show);
    show();
  }
}

/** Repeats a choice where the section says what happened. */
function showBeside(question: HTMLElement, choice: HTMLElement | undefined): void {
  const place = question.parentElement?.querySelector<HTMLElement>('.predicted');
  if (!place) return;
  place.hidden = !choice;
  const letter = choice?.querySelector('.choice-letter')?.textContent;
  const text = choice?.querySelector('.choice-text')?.firstChild?.textContent;
  const isRight = choice?.classList.contains('choice-right');
  const words = `${letter}: ${text} ${isRight ? 'That is right.' : 'That is not so.'}`;
  place.querySelector('p')?.replaceChildren(words);
}
