import type { LaneName, Settings } from './protocol.ts';

/** What a lane's client is told about itself; it can change while it runs. */
export type Habits = Pick<Settings, 'intervalMs' | 'handlingMs' | 'slowBy' | 'policy' | 'limitBytes'>;

/** What a lane's client is told of the settings: only push is ever slow. */
export function habitsOf(name: LaneName, settings: Settings): Habits {
  const { intervalMs, handlingMs, slowBy, policy, limitBytes } = settings;
  return { intervalMs, slowBy, policy, limitBytes, handlingMs: name === 'push' ? handlingMs : 0 };
}

/** Whether other habits take another connection: a server reads its policy when a client connects. */
export function connectsAnew(name: LaneName, before: Habits, now: Habits): boolean {
  return name === 'push' && (before.policy !== now.policy || before.limitBytes !== now.limitBytes);
}
