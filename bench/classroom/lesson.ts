import {
  type Control,
  type ControlAnswer,
  defaultSettings,
  type Settings,
} from '../../clients/classroom/protocol.ts';
import { questionOf } from '../../clients/classroom/questions.ts';
import { sceneAt } from '../../clients/classroom/scenes.ts';
import { BadInput } from '../../servers/message.ts';
import type { Lanes } from './lanes.ts';
import type { Player } from './player.ts';
import { Votes } from './votes.ts';

/** What a lesson acts on. */
export type Stage = {
  player: Player;
  lanes: Lanes;
  /** Other settings hold from here on. */
  onSettings(settings: Settings): void;
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
    const { player } = this.#stage;
    switch (control.action) {
      case 'begin':
        await this.#begin();
        break;
      case 'set':
        this.#set({ ...this.settings, ...control.settings });
        break;
      case 'scene':
        this.#open(control.scene);
        this.votes.dismiss();
        break;
      case 'pause':
        player.pause();
        break;
      case 'resume':
        player.resume();
        break;
      case 'step':
        player.burst(1);
        break;
      case 'burst':
        player.burst(control.count);
        break;
      case 'reset':
        this.scene = null;
        this.votes.dismiss();
        this.#set(defaultSettings);
        player.resume();
        await this.#begin();
        break;
      case 'ask':
        this.votes.ask(control.question);
        this.#open(questionOf(control.question)?.scene ?? null, questionOf(control.question)?.settings);
        break;
      case 'close-vote':
        this.votes.close(control.hands, null);
        break;
      case 'dismiss':
        this.votes.dismiss();
        break;
      case 'save':
        throw new BadInput('saving is not there yet', 409);
    }
    return { ok: true };
  }

  async #begin(): Promise<void> {
    await this.#stage.lanes.begin();
  }

  /** Sets what a scene says, and what a question in it adds. */
  #open(key: number | null, more: Partial<Settings> = {}): void {
    this.scene = key;
    this.#set({ ...defaultSettings, ...sceneAt(key)?.settings, ...more });
  }

  #set(settings: Settings): void {
    if (JSON.stringify(settings) === JSON.stringify(this.settings)) return;
    this.settings = settings;
    this.#stage.player.set(settings);
    this.#stage.lanes.set(settings);
    this.#stage.onSettings(settings);
  }
}
