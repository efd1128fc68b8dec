import type { ComponentChildren } from 'preact';

/** A heading at the side, and the text beside it. */
export function Paragraph(props: {
  title: string;
  class?: string;
  hidden?: boolean;
  children?: ComponentChildren;
}) {
  return (
    <div class={['paragraph', props.class].filter(Boolean).join(' ')} hidden={props.hidden}>
      <h3>{props.title}</h3>
      <div>{props.children}</div>
    </div>
  );
}

/** A box that scrolls, never the page. It has to be reachable by keyboard. */
export function ScrollBox(props: { class: string; label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard.
    <section class={props.class} tabIndex={0} aria-label={props.label}>
      {props.children}
    </section>
  );
}
