import { writeBytes } from './numbers.ts';
import type { LaneName, Settings } from './protocol.ts';

/** What a control offers: a few values that show something, and what the screen calls them. */
export type Offer<Value> = { value: Value; label: string };

const ms = (valueMs: number): string => (valueMs < 1000 ? `${valueMs} ms` : `${valueMs / 1000} s`);

const times = (values: readonly number[]): Offer<number>[] =>
  values.map((value) => ({ value, label: ms(value) }));

const bytes = (values: readonly number[]): Offer<number>[] =>
  values.map((value) => ({ value, label: writeBytes(value) }));

/** A control over one setting: its name on the screen, and what it offers. */
export type SettingControl = {
  [Key in keyof Settings]: {
    key: Key;
    label: string;
    offers: readonly Offer<Settings[Key]>[];
    /** What a value is called that is not among them. */
    called: (value: Settings[Key]) => string;
  };
}[Exclude<keyof Settings, 'offline'>];

/** The controls in the order in which they stand: the messages, the ways to get them, the push client, the way back. */
export const settingControls: readonly SettingControl[] = [
  {
    key: 'ratePerSecond',
    label: 'messages/s',
    offers: [0, 0.1, 0.5, 1, 2, 4, 5, 10, 20, 40, 50, 100, 200].map((value) => ({
      value,
      label: `${value}`,
    })),
    called: String,
  },
  {
    key: 'schedule',
    label: 'they come',
    offers: [
      { value: 'poisson', label: 'at random' },
      { value: 'periodic', label: 'evenly' },
      { value: 'burst', label: 'in bursts' },
    ],
    called: String,
  },
  {
    key: 'burstSize',
    label: 'burst of',
    offers: [10, 20, 50, 100, 200].map((value) => ({ value, label: `${value}` })),
    called: String,
  },
  { key: 'payloadBytes', label: 'size', offers: bytes([58, 1024, 16_384, 65_536]), called: writeBytes },
  {
    key: 'intervalMs',
    label: 'short poll every',
    offers: times([50, 100, 250, 500, 1000, 2000, 4000, 10_000]),
    called: ms,
  },
  { key: 'holdMs', label: 'long poll holds', offers: times([1000, 5000, 25_000, 60_000]), called: ms },
  {
    key: 'oneWayMs',
    label: 'distance',
    offers: times([0, 10, 50, 150, 250, 500, 1000]),
    called: ms,
  },
  {
    key: 'handlingMs',
    label: 'push takes',
    offers: times([0, 50, 100, 300, 500, 1000, 3000]),
    called: ms,
  },
  {
    key: 'slowBy',
    label: 'meanwhile',
    offers: [
      { value: 'sleep', label: 'reads on' },
      { value: 'block', label: 'blocks' },
    ],
    called: String,
  },
  {
    key: 'policy',
    label: 'push server',
    offers: (['disconnect', 'drop-oldest', 'drop-newest', 'conflate', 'credit', 'unbounded'] as const).map(
      (value) => ({ value, label: value }),
    ),
    called: String,
  },
  {
    key: 'limitBytes',
    label: 'at most',
    offers: bytes([65_536, 1_048_576, 16_777_216, 67_108_864]),
    called: writeBytes,
  },
  {
    key: 'replay',
    label: 'return with',
    offers: [
      { value: true, label: 'a cursor' },
      { value: false, label: 'nothing' },
    ],
    called: String,
  },
];

/** How far back the pictures go. */
export const spans: readonly Offer<number>[] = times([3000, 5000, 10_000, 30_000]);

/** How far back they go unless a scene says otherwise. */
export const defaultSpanMs = 10_000;

/** What a lane's server calls one who asks: polls are answered, connections opened. */
export const answersCalled: Record<LaneName, string> = {
  push: 'connects',
  sse: 'connects',
  'long-poll': 'answers',
  'short-poll': 'answers',
};
