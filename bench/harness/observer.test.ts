import { describe, expect, it } from 'vitest';
import { MessageLog } from '../../servers/log/message-log.ts';
import { nowMs } from '../../servers/meter/clock.ts';
import { serversByName } from '../../servers/serve.ts';
import { EmbeddedSource } from '../../servers/source/embedded.ts';
import { modelOfTrial } from '../analysis/on-schedule.ts';
import { observe } from './observer.ts';

describe('the observer of a log', () => {
  it('saw a message before the first write of its fan-out', () => {
    const log = new MessageLog();
    const observer = observe(log);
    let wroteMs = Number.NaN;
    log.subscribe(() => {
      wroteMs = nowMs();
    });
    const startMs = nowMs();
    log.append('news', startMs);
    log.flush();
    const [{ dueMs, atMs } = { dueMs: 1, atMs: 1 }] = observer.since(startMs);
    expect(dueMs).toBeCloseTo(0, 2);
    expect(atMs).toBeLessThanOrEqual(wroteMs - startMs);
  });

  it('refuses to come after a server', async () => {
    const log = new MessageLog();
    const server = serversByName.push(new EmbeddedSource(log), {});
    await server.listen();
    expect(() => observe(log)).toThrow('expected the observer as the first subscriber');
    await server.close();
  });

  it('sees nothing once it has stopped', () => {
    const log = new MessageLog();
    const observer = observe(log);
    observer.stop();
    log.append('news', 0);
    log.flush();
    expect(observer.since(0)).toEqual([]);
  });
});

describe('the model of push to a crowd', () => {
  const model = (lateMs: number, oneWayMs = 0) =>
    modelOfTrial({
      transport: 'push',
      clients: 200,
      intervalMs: 0,
      holdMs: 0,
      phasesMs: [],
      messages: [100, 200, 300].map((dueMs) => ({ dueMs, atMs: dueMs + lateMs })),
      durationMs: 400,
      oneWayMs,
      fanOutSpanMs: 8,
    });

  it('has half of the fan-out in it once', () => {
    expect(model(0)?.meanMs).toBe(4);
    expect(model(0.5, 20)?.meanMs).toBe(24.5);
  });
});
