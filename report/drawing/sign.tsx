import { type AnyTransportName, type TransportLook, transportLooks } from '../../clients/transports.ts';

/** The shape of a transport as SVG, as Chart.js draws it on a canvas. */
export function Sign({ transport, x, y }: { transport: AnyTransportName; x: number; y: number }) {
  return (
    <path d={paths[transportLooks[transport].shape]} transform={`translate(${x} ${y})`} stroke-width="2.5" />
  );
}

/** The marker alone, in a line of text. */
export function SignIcon({ transport, size = 16 }: { transport: AnyTransportName; size?: number }) {
  return (
    <svg class="sign" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <Sign transport={transport} x={8} y={8} />
    </svg>
  );
}

const paths: Record<TransportLook['shape'], string> = {
  circle: 'M5 0A5 5 0 1 1-5 0A5 5 0 1 1 5 0Z',
  triangle: 'M0-6 5.6 4H-5.6Z',
  rectRot: 'M0-6 6 0 0 6-6 0Z',
  rect: 'M-4.6-4.6H4.6V4.6H-4.6Z',
  crossRot: 'M-4.6-4.6 4.6 4.6M4.6-4.6-4.6 4.6',
  star: 'M-5 0H5M0-5V5M-4-4 4 4M4-4-4 4',
};
