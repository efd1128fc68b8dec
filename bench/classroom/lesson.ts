import {
  type Control,
  type ControlAnswer,
  defaultSettings,
  type LaneName,
  type Saved,
  type Settings,
} from '../../clients/classroom/protocol.ts';
import type { Figures } from '../../clients/classroom/questions.ts';
import { sceneAt } from '../../clients/classroom/scenes.ts';
import { Votes } from './votes.ts';

/** What a lesson acts on. */
export type Stage = {
  /** Called when the settings change, with another scene or within one. */
  onSettings(settings: Settings, isScene: boolean): void;
  /** Cuts the projector's clients, and sets the counts of their servers to zero. */
  begin(): Promise<void>;
  pause(): void;
  resume(): void;
  /** So many messages at once. */
  burst(count: number): void;
  /** What the projector's screen showed with this control; `undefined` when it came from elsewhere. */
  figures(): Figures | undefined;
  save(): Promise<Saved>;
};

/** What the presenter has set, and the controls with which it is set. */
export class Lesson {
  readonly votes = new Votes();
  settings: Settings = defaultSettings;
  scene: number | null = null;
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Does what a control says. Throws `BadInput` on one that makes no sense just now. */
  async control(control: Control): Promise<ControlAnswer> {
    switch (control.action) {
      case 'begin':
        await this.#stage.begin();
        break;
      case 'set':
        this.#set({ ...this.settings, ...control.settings });
        break;
      case 'offline':
        this.#setOffline(control.lane, control.isOffline);
        break;
      case 'scene':
        this.votes.dismiss();
        this.#open(control.scene);
        break;
      case 'pause':
        this.#stage.pause();
        break;
      case 'resume':
        this.#stage.resume();
        break;
      case 'step':
        this.#stage.burst(1);
        break;
      case 'burst':
        this.#stage.burst(control.count);
        break;
      case 'reset':
        await this.#reset();
        break;
      case 'ask':
        this.#ask(control.question);
        break;
      case 'close-vote':
        this.votes.close(control.hands, this.#stage.figures());
        break;
      case 'dismiss':
        this.votes.dismiss();
        break;
      case 'save':
        return { ok: true, saved: await this.#stage.save() };
    }
    return { ok: true };
  }

  #setOffline(lane: LaneName, isOffline: boolean): void {
    const others = this.settings.offline.filter((other) => other !== lane);
    this.#set({ ...this.settings, offline: isOffline ? [...others, lane] : others });
  }

  async #reset(): Promise<void> {
    this.votes.dismiss();
    this.#open(null);
    this.#stage.resume();
    await this.#stage.begin();
  }

  /** A question comes with the settings that it speaks of. */
  #ask(id: string): void {
    const { scene, settings } = this.votes.ask(id);
    this.#open(scene, settings);
  }

  /** Sets what a scene says, and what a question in it adds. */
  #open(key: number | null, more: Partial<Settings> = {}): void {
    const isOther = key !== this.scene;
    this.scene = key;
    this.#set({ ...defaultSettings, ...sceneAt(key)?.settings, ...more }, isOther);
  }

  #set(settings: Settings, isScene = false): void {
    const isSame = JSON.stringify(settings) === JSON.stringify(this.settings);
    this.settings = settings;
    if (!isSame || isScene) this.#stage.onSettings(settings, isScene);
  }
}
