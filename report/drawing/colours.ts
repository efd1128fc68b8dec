import type { AnyTransportName } from '../../clients/transports.ts';

type ColourName = AnyTransportName | 'ink' | 'quiet' | 'grid' | 'panel' | 'fails';

/** Colours that were asked for since the theme last changed. Asking costs the browser a new style for the whole page. */
const known = new Map<ColourName, string>();

/** A colour of the style sheet, as it is in the theme that shows now. A canvas knows no CSS variables. */
export function colourOf(name: ColourName): string {
  const colour = known.get(name) ?? askedFor(name);
  known.set(name, colour);
  return colour;
}

/** Has to be called when the theme has changed. */
export function forgetColours(): void {
  known.clear();
}

function askedFor(name: ColourName): string {
  const probe = document.createElement('i');
  // Its colour is never forced: with one forced colour for all text, two lines would look the same.
  probe.className = 'colour-probe';
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The same colour, faint. `opacity` from 0 to 1. */
export function faint(colour: string, opacity: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(opacity * 100)}%, transparent)`;
}

/** The family of the style sheet's plain type. */
export function plainFont(): string {
  return getComputedStyle(document.documentElement).getPropertyValue('--plain').trim();
}
