import type { LaneName, Settings } from './protocol.ts';

/** What a lane's client is told about itself; it can change while it runs. */
export type Habits = Pick<Settings, 'intervalMs' | 'handlingMs' | 'slowBy' | 'policy' | 'limitBytes'>;

/** What a lane's client is told of the settings: only push is ever slow. */
export function habitsOf(name: LaneName, settings: Settings): Habits {
  const { intervalMs, handlingMs, slowBy, policy, limitBytes } = settings;
  return { intervalMs, slowBy, policy, limitBytes, handlingMs: name === 'push' ? handlingMs : 0 };
}
