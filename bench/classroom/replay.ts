import {
  type Control,
  type ControlAnswer,
  defaultSettings,
  limits,
  type Recording,
  type SessionState,
  type Told,
} from '../../clients/classroom/protocol.ts';
import { nowMs } from '../../servers/clock.ts';
import { BadInput } from '../../servers/message.ts';
import { Access } from './access.ts';
import { ofEveryLane } from './counts.ts';
import { Front } from './front.ts';
import { pageFiles } from './pages.ts';
import { moved } from './recording.ts';

/**
 * A recorded lesson, played at its own pace to the same page. Nothing of it happens now, and the page says
 * so: there are no lanes, nobody can join, and of the controls only the pause does anything.
 */
export class Replay {
  readonly front: Front;
  readonly #recording: Recording;
  /** The event that comes next. */
  #next = 0;
  /** How far it has got, when it was last paused or resumed; and when that was. */
  #positionMs = 0;
  #sinceMs = nowMs();
  #paused = true;
  #state: SessionState;
  #timer: NodeJS.Timeout | undefined;

  private constructor(recording: Recording, files: Awaited<ReturnType<typeof pageFiles>>) {
    this.#recording = recording;
    this.#state = firstState(recording);
    this.front = new Front(
      { files, access: new Access(), ports: [] },
      {
        placeFor: () => ({
          logId: `recorded${recording.startedAt}`,
          ports: ofEveryLane(() => this.front.port),
        }),
        state: () => this.#shown,
        join: () => {
          throw new BadInput('this lesson is a recording: nobody can join it', 409);
        },
        control: (control) => this.#control(control),
        reportFile: () => undefined,
        onCome: () => this.#startOver(),
        onSaid(page, said) {
          if (said.say === 'clock') page.tell({ tell: 'clock', id: said.id, nowMs: nowMs() });
        },
        onGone() {},
      },
    );
  }

  /** Starts it on this port, 0 for any. Rejects when the port is taken. */
  static async open(recording: Recording, port = 0): Promise<Replay> {
    const replay = new Replay(recording, await pageFiles());
    await replay.front.listen(port);
    return replay;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.front.close();
  }

  get #shown(): SessionState {
    return { ...this.#state, paused: this.#paused, recorded: true };
  }

  async #control({ action }: Control): Promise<ControlAnswer> {
    if (action === 'resume' && this.#next >= this.#recording.events.length) this.#startOver();
    else if (action === 'resume') this.#resume();
    else if (action === 'pause') this.#pause();
    else
      throw new BadInput(`action is "${action}": this is a recording, which can be paused and resumed`, 409);
    this.front.tellState();
    return { ok: true };
  }

  /** From the beginning, for a page that has just come. */
  #startOver(): void {
    this.#pause();
    this.#next = 0;
    this.#positionMs = 0;
    this.#state = firstState(this.#recording);
    this.#resume();
  }

  #pause(): void {
    clearTimeout(this.#timer);
    if (!this.#paused) this.#positionMs += nowMs() - this.#sinceMs;
    this.#paused = true;
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#sinceMs = nowMs();
    this.#playOn();
  }

  /** Tells what is due by now, and comes back when the next is. */
  #playOn(): void {
    const { events } = this.#recording;
    const startMs = this.#sinceMs - this.#positionMs;
    for (let event = events[this.#next]; event; event = events[this.#next]) {
      const waitMs = startMs + event.atMs - nowMs();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#playOn(), waitMs);
        return;
      }
      this.#next += 1;
      this.#tell(event, startMs);
    }
    this.#pause();
    this.front.tellState();
  }

  #tell(event: Recording['events'][number], startMs: number): void {
    if ('state' in event) {
      this.#state = event.state;
      this.front.tellState();
      return;
    }
    const told: Told =
      'lane' in event
        ? { tell: 'saw', lane: event.lane, sights: event.sights.map((sight) => moved(sight, startMs)) }
        : 'counts' in event
          ? { tell: 'counts', atMs: startMs + event.atMs, ...event.counts }
          : { tell: 'class', delays: event.delays };
    this.front.sessions.projector?.tell(told);
  }
}

/** What stood when the recording began, or before anything was set. */
function firstState({ events }: Recording): SessionState {
  const first = events.find((event) => 'state' in event);
  return first && 'state' in first
    ? first.state
    : {
        settings: defaultSettings,
        paused: false,
        scene: null,
        members: { count: 0, limit: limits.members, byTransport: ofEveryLane(() => 0) },
        vote: null,
        recorded: true,
      };
}
