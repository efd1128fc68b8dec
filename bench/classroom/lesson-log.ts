import { settingControls } from '../../clients/classroom/choices.ts';
import {
  type ClassDelays,
  defaultSettings,
  laneNames,
  type OnScreen,
  type Settings,
} from '../../clients/classroom/protocol.ts';
import { sceneAt } from '../../clients/classroom/scenes.ts';
import type { Segment } from '../result.ts';

/** Segments that are kept. Beyond that the oldest goes, and the report says how many did. */
const segmentsMax = 200;

/**
 * What a lesson showed, segment by segment: the figures that stood on the projector's screen when its settings
 * changed, or when the lesson was saved.
 *
 *     settings   ── 2/s ─────────────╳── 2/s, 150 ms away ─────╳── 40/s, blocked ── saved
 *     segment    └────────1────────┘   └────────2────────┘       └───────3──────┘
 */
export class LessonLog {
  /** Segments that were dropped because there were too many. */
  dropped = 0;
  readonly #ended: Segment[] = [];
  #settings: Settings;
  #scene: number | null = null;
  #startMs: number;

  constructor(settings: Settings, nowMs: number) {
    this.#settings = settings;
    this.#startMs = nowMs;
  }

  /** Milliseconds since the settings last changed. */
  durationMs(nowMs: number): number {
    return nowMs - this.#startMs;
  }

  /** Other settings hold from now on. Keeps the segment that ends, if there is anything to say of it. */
  change(settings: Settings, scene: number | null, ended: Segment | undefined, nowMs: number): void {
    if (ended) this.#ended.push(ended);
    if (this.#ended.length > segmentsMax) {
      this.#ended.shift();
      this.dropped += 1;
    }
    this.#settings = settings;
    this.#scene = scene;
    this.#startMs = nowMs;
  }

  /** The segments that have ended, oldest first. */
  get ended(): readonly Segment[] {
    return this.#ended;
  }

  /** The segment under way, with the figures that the screen shows; `undefined` before its first message. */
  current(
    onScreen: OnScreen | undefined,
    phones: readonly ClassDelays[],
    nowMs: number,
  ): Segment | undefined {
    if (!onScreen || laneNames.every((name) => onScreen[name].messages === 0)) return undefined;
    return {
      title: sceneAt(this.#scene)?.title ?? null,
      settings: inWords(this.#settings),
      durationMs: this.durationMs(nowMs),
      lanes: laneNames.map((transport) => ({ transport, ...onScreen[transport] })),
      phones: phones.map(({ dots: _, ...figures }) => figures),
    };
  }
}

/** What is set, as the screen's controls name it. */
function inWords(settings: Settings): Segment['settings'] {
  const words = settingControls.map(({ key, label, offers, called }) => {
    const value = settings[key];
    const offer = (offers as readonly { value: unknown; label: string }[]).find((one) => one.value === value);
    return {
      label,
      value: offer?.label ?? (called as (value: unknown) => string)(value),
      isDefault: value === defaultSettings[key],
    };
  });
  return [
    ...words,
    {
      label: 'offline',
      value: settings.offline.join(', ') || 'none',
      isDefault: settings.offline.length === 0,
    },
  ];
}
