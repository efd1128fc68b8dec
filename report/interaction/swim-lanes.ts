import { h, hydrate, render } from 'preact';
import { Diagram } from '../swim-lanes/diagram.tsx';
import { mostTelling, type SwimLanes } from '../swim-lanes/lanes.ts';
import { findingOf } from '../swim-lanes/spoken.ts';
import { type Step, stepsOf } from '../swim-lanes/steps.ts';

/** Follows other messages, and goes through the trace step by step, with buttons, keys or clicks. */
export function startSwimLanes(swim: SwimLanes | undefined): void {
  const box = document.getElementById('swim-box');
  const says = document.getElementById('swim-says');
  const place = document.getElementById('swim-place');
  const section = box?.closest('.swim-lanes');
  if (!swim || !box || !says || !place || !section) return;

  const steps = stepsOf(swim);
  let followed = mostTelling(swim);
  /** The current step; -1 before the first. */
  let current = -1;
  hydrate(h(Diagram, { swim, followed }), box);

  const show = (text: string) => {
    const step = steps[current];
    render(h(Diagram, { swim, followed, step }), box);
    says.textContent = text;
    place.textContent = step ? `step ${current + 1} of ${steps.length}` : `${steps.length} steps`;
    if (step) keepInSight(box);
  };
  const follow = (seq: number) => {
    followed = seq;
    show(findingOf(swim, followed));
  };
  const followNext = (by: number) => {
    const index = swim.messages.findIndex(({ seq }) => seq === followed) + by;
    const message = swim.messages[Math.min(swim.messages.length - 1, Math.max(0, index))];
    if (message) follow(message.seq);
  };
  const goTo = (index: number) => {
    current = Math.min(steps.length - 1, Math.max(0, index));
    show((steps[current] as Step).text);
  };

  section.addEventListener('click', ({ target }) => {
    const { follow: by, step } = (target as Element).closest<HTMLElement>('button')?.dataset ?? {};
    const message = (target as Element).closest<SVGElement>('[data-message]')?.dataset.message;
    if (by) followNext(Number(by));
    else if (step) goTo(step === 'first' ? 0 : current + Number(step));
    else if (message) follow(Number(message));
  });
  box.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const wanted = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: steps.length - 1 }[
      event.key
    ];
    if (wanted === undefined) return;
    event.preventDefault();
    goTo(wanted);
  });
  place.textContent = `${steps.length} steps`;
}

/** Scrolls the box, not the page, until the cursor is visible. */
function keepInSight(box: HTMLElement): void {
  const cursor = box.querySelector('.swim-cursor')?.getBoundingClientRect();
  const sight = box.getBoundingClientRect();
  if (!cursor) return;
  if (cursor.left < sight.left || cursor.right > sight.right)
    box.scrollLeft += (cursor.left + cursor.right - sight.left - sight.right) / 2;
}
