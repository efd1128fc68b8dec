import { transportLooks } from '../transports.ts';
import type { LaneName } from './protocol.ts';

/** The sign of a transport in its colour, as pictures and reports draw it. */
export function Sign({ name, size = 20 }: { name: LaneName; size?: number }) {
  const { shape } = transportLooks[name];
  return (
    <svg class={`sign of-${name}`} width={size} height={size} viewBox="-10 -10 20 20" aria-hidden="true">
      {shape === 'triangle' ? (
        <path d="M0 -9 L9 8 L-9 8 Z" />
      ) : shape === 'rect' ? (
        <rect x="-7" y="-7" width="14" height="14" />
      ) : shape === 'crossRot' ? (
        <path d="M-7 -7 L7 7 M-7 7 L7 -7" stroke-width="5" />
      ) : (
        <circle r="8" />
      )}
    </svg>
  );
}
