import type { Projector } from './projector.ts';
import type { LaneName } from './protocol.ts';
import type { Screen } from './screen.ts';
import { type Colours, paintLane } from './space-time.ts';

/** Milliseconds from picture to picture: thirty a second are smooth, and leave the machine to what is measured. */
const pictureMs = 1000 / 30;

/** The same for who asked for less motion. */
const stepMs = 1000;

/** Paints the pictures of the lanes over and over, and counts how often that is. */
export class Painter {
  readonly #projector: Projector;
  readonly #screen: Screen;
  readonly #motion = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #scheme = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) =>
    matchMedia(query),
  );
  #colours: Colours | undefined;
  #unit: number | undefined;
  #painted: number[] = [];
  #dueMs = 0;

  constructor(projector: Projector, screen: Screen) {
    this.#projector = projector;
    this.#screen = screen;
    for (const query of this.#scheme)
      query.addEventListener('change', () => {
        this.#colours = undefined;
      });
    window.addEventListener('resize', () => {
      this.#unit = undefined;
    });
  }

  /** Pictures of the last second. */
  get perSecond(): number {
    return this.#painted.length;
  }

  get isStepping(): boolean {
    return this.#motion.matches;
  }

  start(): void {
    requestAnimationFrame((atMs) => this.#onFrame(atMs));
  }

  #onFrame(atMs: number): void {
    requestAnimationFrame((nextMs) => this.#onFrame(nextMs));
    if (atMs < this.#dueMs) return;
    // Counted from the instant that was planned, so that thirty remain thirty on a screen that shows fifty.
    const everyMs = this.#motion.matches ? stepMs : pictureMs;
    this.#dueMs = Math.max(this.#dueMs + everyMs, atMs - everyMs);
    this.#paint();
    this.#painted.push(atMs);
    while ((this.#painted[0] as number) <= atMs - 1000) this.#painted.shift();
  }

  #paint(): void {
    const { state, lanes, published, nowMs } = this.#projector;
    if (!state) return;
    this.#colours ??= readColours();
    this.#unit ??= Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    const unit = this.#unit;
    const { spanMs } = this.#screen;
    const { oneWayMs, handlingMs } = state.settings;
    const { uncertaintyMs } = this.#projector.session.clock;
    for (const canvas of document.querySelectorAll<HTMLCanvasElement>('canvas[data-picture]')) {
      const lane = lanes.get(canvas.dataset.picture as LaneName);
      if (!lane || canvas.clientWidth === 0) continue;
      const showsHandler = lane.name === 'push' && (handlingMs > 0 || lane.inboxMessages > 0);
      paintLane(
        canvas,
        lane,
        published,
        { nowMs: nowMs - this.#screen.lagMs, spanMs, oneWayMs, uncertaintyMs, unit, showsHandler },
        this.#colours,
      );
    }
  }
}

/** The style sheet's colours, as they are in the theme that shows now. */
function readColours(): Colours {
  const names = ['push', 'sse', 'long-poll', 'short-poll', 'ink', 'quiet', 'grid', 'panel', 'fails'] as const;
  const probe = document.createElement('i');
  // Its colour is never forced: where the system forces one on all text, the pictures would have but that one.
  probe.className = 'colour-probe';
  document.body.append(probe);
  const colours = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(colours) as Colours;
}
