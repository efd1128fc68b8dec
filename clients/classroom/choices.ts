import { writeBytes } from './numbers.ts';
import type { LaneName, Settings } from './protocol.ts';

/** A value that a control offers, and its name on the screen. */
export type Offer<Value> = { value: Value; label: string };

function perSecond(rate: number): string {
  return `${rate}/s`;
}

const ms = (valueMs: number): string => (valueMs < 1000 ? `${valueMs} ms` : `${valueMs / 1000} s`);

const times = (values: readonly number[]): Offer<number>[] =>
  values.map((value) => ({ value, label: ms(value) }));

const bytes = (values: readonly number[]): Offer<number>[] =>
  values.map((value) => ({ value, label: writeBytes(value) }));

/** A control over one setting: its name on the screen, and the values that it offers. */
export type SettingControl = {
  [Key in keyof Settings]: {
    key: Key;
    label: string;
    offers: readonly Offer<Settings[Key]>[];
    /** The name of a value that is not among them. */
    called: (value: Settings[Key]) => string;
  };
}[Exclude<keyof Settings, 'offline'>];

/** Controls that belong together, under a heading that names what they control. */
export type SettingGroup = { title: string; controls: readonly SettingControl[] };

/** All controls, in the order of the screen. */
export const settingGroups: readonly SettingGroup[] = [
  {
    title: 'Messages',
    controls: [
      {
        key: 'ratePerSecond',
        label: 'rate',
        offers: [0, 0.1, 0.5, 1, 2, 4, 5, 10, 20, 40, 50, 100, 200].map((value) => ({
          value,
          label: perSecond(value),
        })),
        called: perSecond,
      },
      {
        key: 'schedule',
        label: 'pattern',
        offers: [
          { value: 'poisson', label: 'random' },
          { value: 'periodic', label: 'steady' },
          { value: 'burst', label: 'bursts' },
        ],
        called: String,
      },
      {
        key: 'burstSize',
        label: 'burst size',
        offers: [10, 20, 50, 100, 200].map((value) => ({ value, label: `${value}` })),
        called: String,
      },
      {
        key: 'payloadBytes',
        label: 'message size',
        offers: bytes([58, 1024, 16_384, 65_536]),
        called: writeBytes,
      },
    ],
  },
  {
    title: 'Polling',
    controls: [
      {
        key: 'intervalMs',
        label: 'short-poll interval',
        offers: times([50, 100, 250, 500, 1000, 2000, 4000, 10_000]),
        called: ms,
      },
      {
        key: 'holdMs',
        label: 'long-poll timeout',
        offers: times([1000, 5000, 25_000, 60_000]),
        called: ms,
      },
    ],
  },
  {
    title: 'Network',
    controls: [
      {
        key: 'oneWayMs',
        label: 'one-way delay',
        offers: times([0, 10, 50, 150, 250, 500, 1000]),
        called: ms,
      },
      {
        key: 'replay',
        label: 'reconnect',
        offers: [
          { value: true, label: 'with cursor' },
          { value: false, label: 'without cursor' },
        ],
        called: String,
      },
    ],
  },
  {
    title: 'Push client',
    controls: [
      {
        key: 'handlingMs',
        label: 'handler time',
        offers: times([0, 50, 100, 300, 500, 1000, 3000]),
        called: ms,
      },
      {
        key: 'slowBy',
        label: 'while handling',
        offers: [
          { value: 'sleep', label: 'keeps reading' },
          { value: 'block', label: 'stops reading' },
        ],
        called: String,
      },
    ],
  },
  {
    title: 'Push send queue',
    controls: [
      {
        key: 'policy',
        label: 'when full',
        offers: (
          ['disconnect', 'drop-oldest', 'drop-newest', 'conflate', 'credit', 'unbounded'] as const
        ).map((value) => ({ value, label: value })),
        called: String,
      },
      {
        key: 'limitBytes',
        label: 'queue limit',
        offers: bytes([65_536, 1_048_576, 16_777_216, 67_108_864]),
        called: writeBytes,
      },
    ],
  },
];

export const settingControls: readonly SettingControl[] = settingGroups.flatMap(({ controls }) => controls);

/** How far back the pictures go. */
export const spans: readonly Offer<number>[] = times([3000, 5000, 10_000, 30_000]);

/** How far back they go unless a scene says otherwise. */
export const defaultSpanMs = 10_000;

/** What page and server compare: responses to polls, or connections. */
export const requestsCalled: Record<LaneName, string> = {
  push: 'connects',
  sse: 'connects',
  'long-poll': 'responses',
  'short-poll': 'responses',
};
