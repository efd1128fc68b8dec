/**
 * Each transport's name and its look: colour, point shape and dash, so that nobody has to tell them apart by colour
 * alone. The colours come from Okabe and Ito's palette for readers who see colours differently; `dark` is for dark
 * backgrounds.
 */
export const transportNames = ['push', 'sse', 'tcp-push', 'notify', 'long-poll', 'short-poll'] as const;

export type TransportName = (typeof transportNames)[number];

/** How a broker serves its consumers. */
export const brokerTransportNames = ['amqp', 'amqp-get', 'mqtt', 'stomp'] as const;

export type BrokerTransportName = (typeof brokerTransportNames)[number];

/** All names in result files, in the order of legends. */
export const anyTransportNames = [...transportNames, ...brokerTransportNames] as const;

export type AnyTransportName = (typeof anyTransportNames)[number];

/** What a page needs to draw one transport: `shape` is a Chart.js point style, `dash` a canvas line dash in pixels. */
export type TransportLook = {
  label: string;
  light: string;
  dark: string;
  shape: 'circle' | 'triangle' | 'rectRot' | 'rect' | 'crossRot' | 'star';
  dash: readonly number[];
};

/** A broker's transport has the shape of its sibling here: it pushes, or it is polled. */
export const transportLooks: Record<AnyTransportName, TransportLook> = {
  push: { label: 'push (WebSocket)', light: '#0072b2', dark: '#58b4ee', shape: 'circle', dash: [] },
  sse: { label: 'push (SSE)', light: '#00795a', dark: '#34c79d', shape: 'triangle', dash: [10, 3] },
  'tcp-push': { label: 'push (bare TCP)', light: '#9c4f7d', dark: '#e39bc4', shape: 'rectRot', dash: [3, 3] },
  notify: {
    label: 'notify-then-fetch',
    light: '#4b5563',
    dark: '#b9c0cc',
    shape: 'star',
    dash: [2, 2, 8, 2],
  },
  'long-poll': { label: 'long poll', light: '#9a6700', dark: '#f0b73a', shape: 'rect', dash: [12, 4, 2, 4] },
  'short-poll': { label: 'short poll', light: '#c1440e', dark: '#ff8a57', shape: 'crossRot', dash: [6, 4] },
  amqp: { label: 'AMQP consume', light: '#5b3fa8', dark: '#b7a3f5', shape: 'circle', dash: [] },
  'amqp-get': { label: 'AMQP get', light: '#b3261e', dark: '#ff8a80', shape: 'crossRot', dash: [6, 4] },
  mqtt: { label: 'MQTT', light: '#00708a', dark: '#4fc3d9', shape: 'triangle', dash: [10, 3] },
  stomp: { label: 'STOMP', light: '#6b6500', dark: '#cfc64a', shape: 'rectRot', dash: [3, 3] },
};
