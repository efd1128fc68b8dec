import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { randomLcg } from 'd3-random';
import { describe, expect, it, vi } from 'vitest';
import { type Cursor, isBatch, LineSplitter, parseCursor, parseDelivery } from '../log/message.ts';
import { MessageLog } from '../log/message-log.ts';
import { newTally } from '../meter/tally.ts';
import { FanOut, type FanOutOptions } from './fan-out.ts';
import { policies } from './send-queue.ts';
import type { WireFormat } from './subscriber.ts';

/** Clients behind a tap instead of a network, so that hundreds of random schedules run fast and can be repeated. */

const turn = () => new Promise((resolve) => setImmediate(resolve));
const line = (data: unknown) => Buffer.from(`${JSON.stringify(data)}\n`);
const lineFormat: WireFormat = { batch: line, message: line, heartbeat: Buffer.from('\n') };

/** A socket whose other end reads only while the tap is open, or a piece at a time, and counts what it reads. */
class Tap extends Writable {
  isOpen = true;
  place: Cursor | undefined;
  delivered = 0;
  missed = 0;
  dropped = 0;
  gaps = 0;
  disorder = 0;
  /** Messages that were written, read or not, and those reported as missed. */
  writtenMessages = 0;
  writtenMissed = 0;
  largestPieceBytes = 0;
  readonly #lines = new LineSplitter(1e6);
  #readOn = () => {};

  constructor(place?: Cursor) {
    super({ highWaterMark: 16 * 1024, decodeStrings: false });
    this.place = place;
  }

  override write(...written: unknown[]): boolean {
    const piece = written[0] as Buffer;
    this.largestPieceBytes = Math.max(this.largestPieceBytes, piece.length);
    for (const line of String(piece).trim().split('\n').filter(Boolean)) {
      const delivery = parseDelivery(line);
      this.writtenMessages += isBatch(delivery) ? delivery.messages.length : 1;
      this.writtenMissed += isBatch(delivery) ? delivery.missed : 0;
    }
    return super.write(...(written as Parameters<Writable['write']>));
  }

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    const read = () => {
      for (const line of this.#lines.take(String(piece))) this.#enter(line);
      done();
    };
    if (this.isOpen) read();
    else this.#readOn = read;
  }

  /** Reads one waiting piece. */
  trickle(): void {
    const read = this.#readOn;
    this.#readOn = () => {};
    read();
  }

  open(): void {
    this.isOpen = true;
    this.trickle();
  }

  #enter(line: string): void {
    const delivery = parseDelivery(line);
    const messages = isBatch(delivery) ? delivery.messages : [delivery];
    if (isBatch(delivery)) {
      this.missed += delivery.missed;
      this.dropped += delivery.dropped ?? 0;
      this.place ??= parseCursor(delivery.next);
    }
    const place = this.place as Cursor;
    for (const { seq } of messages) {
      this.delivered += 1;
      if (seq <= place.seq) this.disorder += 1;
      this.gaps += seq - place.seq - 1;
      place.seq = seq;
    }
    if (!isBatch(delivery)) return;
    const next = parseCursor(delivery.next) as Cursor;
    this.gaps += next.seq - place.seq;
    place.seq = next.seq;
  }
}

function fanOutWith(options: FanOutOptions, log: MessageLog) {
  const tally = newTally();
  const fanOut = new FanOut(log, lineFormat, { ...options, tally });
  const reasons: string[] = [];
  const join = (after?: Cursor) => {
    const tap = new Tap(after && { ...after });
    const socket = tap as unknown as Socket;
    const joinedSeq = after?.seq ?? log.head;
    const subscriber = fanOut.add(socket, after, (reason) => {
      reasons.push(reason);
      socket.destroy();
    });
    const grant = (credit: number) => subscriber.grant(credit);
    const refuse = () => subscriber.refuse();
    return { tap, socket, joinedSeq, grant, refuse, state: () => subscriber };
  };
  return { tally, fanOut, join, reasons };
}

/** Waits until the tap has everything, or for many turns. */
async function drained(tap: Tap, log: MessageLog): Promise<void> {
  tap.open();
  for (let turns = 0; tap.place?.seq !== log.head && turns < 5000; turns += 1) await turn();
  await turn();
}

const schedules = Array.from({ length: 40 }, (_, index) => index + 1);
const largestBodyBytes = 40_000;

describe.each(policies)('the delivery accounting of a client under %s', (policy) => {
  it.each(schedules)('balance on schedule %i', async (seed) => {
    const random = randomLcg(seed / 100);
    const below = (limit: number) => Math.floor(random() * limit);
    const log = new MessageLog({ limitMessages: random() < 0.5 ? 40 : 20_000 }, 'log1');
    const options = { policy, limitBytes: 4096 * (1 + below(8)), coalesce: random() < 0.8 };
    const { tally, fanOut, join, reasons } = fanOutWith(options, log);
    const append = (count: number) => {
      for (let index = 0; index < count; index += 1) {
        const bytes = below(below(20) === 0 ? largestBodyBytes : 2000);
        log.append('x'.repeat(bytes), 0, random() < 0.7 ? `${below(4)}` : undefined);
      }
    };

    append(below(60));
    const bystander = join();
    // Its cursor may be ahead of the log.
    let reader = join(random() < 0.5 ? { logId: 'log1', seq: below(log.head + 20) } : undefined);
    const { joinedSeq: startSeq } = reader;
    const before = { delivered: 0, missed: 0, dropped: 0, gaps: 0, disorder: 0 };
    let granted = 0;

    for (let step = 0; step < 100; step += 1) {
      const dice = random();
      if (dice < 0.5) append(below(12));
      else if (dice < 0.6) reader.tap.isOpen = false;
      else if (dice < 0.7) reader.tap.open();
      else if (dice < 0.9) reader.tap.trickle();
      else if (policy === 'credit') {
        const credit = 1 + below(20);
        reader.grant(credit);
        granted += credit;
      }
      await turn();

      const { tap, joinedSeq } = reader;
      if (tap.destroyed) {
        // Evicted. It comes back with its cursor, as a client does.
        for (const what of ['delivered', 'missed', 'dropped', 'gaps', 'disorder'] as const)
          before[what] += tap[what];
        reader = join(tap.place);
        continue;
      }
      const { dropped, waitingMessages, waitingBytes } = reader.state();
      expect(tap.writtenMessages + tap.writtenMissed + dropped + waitingMessages).toBe(
        Math.max(0, log.head - joinedSeq),
      );
      if (policy !== 'unbounded')
        expect(waitingBytes).toBeLessThan(Math.max(options.limitBytes + 1, largestBodyBytes + 100));
      expect(tap.writableLength).toBeLessThan(16 * 1024 + 2 * tap.largestPieceBytes);
      if (policy === 'credit') expect(tap.writtenMessages).toBeLessThanOrEqual(granted);
    }

    if (policy === 'credit') for (const { grant } of [reader, bystander]) grant(10_000);
    await drained(reader.tap, log);
    await drained(bystander.tap, log);

    const { tap } = reader;
    const { dropped } = reader.state();
    const missed = before.missed + tap.missed;
    expect(before.delivered + tap.delivered + dropped + missed).toBe(log.head - startSeq);
    expect(before.gaps + tap.gaps).toBe(dropped + missed);
    expect(before.disorder + tap.disorder).toBe(0);
    expect(tally.dropped).toBe(dropped);
    expect(before.dropped + tap.dropped).toBe(dropped);
    expect(fanOut.evictions.map(({ reason }) => reason)).toEqual(reasons.slice(-100));
    expect(tally.evicted).toBe(reasons.length);
    // A neighbour that reads loses nothing; one that granted nothing until the end loses what the log has dropped.
    expect(bystander.tap).toMatchObject({ disorder: 0, gaps: bystander.tap.missed });
    if (policy !== 'credit')
      expect(bystander.tap).toMatchObject({ missed: 0, delivered: log.head - bystander.joinedSeq });
    fanOut.close();
  });
});

describe.each(policies)('a log with holes, under %s', (policy) => {
  it.each(schedules.slice(0, 20))('leaves the accounting exact on schedule %i', async (seed) => {
    const random = randomLcg(seed / 100);
    const below = (limit: number) => Math.floor(random() * limit);
    const log = new MessageLog({}, 'log1');
    const { tally, fanOut, join } = fanOutWith({ policy, limitBytes: 4096 * (1 + below(8)) }, log);
    const bystander = join();
    let reader = join(random() < 0.5 ? { logId: 'log1', seq: below(20) } : undefined);
    const { joinedSeq: startSeq } = reader;
    const before = { delivered: 0, missed: 0, dropped: 0, gaps: 0, disorder: 0 };
    let never = 0;
    let came = 0;

    for (let step = 0; step < 100; step += 1) {
      for (let count = below(6); count > 0; count -= 1) {
        const hole = random() < 0.3 ? 1 + below(5) : 0;
        never += hole;
        came += 1;
        const key = random() < 0.7 ? `${below(4)}` : undefined;
        log.take({ seq: log.head + 1 + hole, dueMs: 0, body: 'x'.repeat(below(2000)), key });
      }
      const dice = random();
      if (dice < 0.2) reader.tap.isOpen = false;
      else if (dice < 0.4) reader.tap.open();
      else if (policy === 'credit') reader.grant(1 + below(5));
      await turn();
      if (!reader.tap.destroyed) continue;
      for (const what of ['delivered', 'missed', 'dropped', 'gaps', 'disorder'] as const)
        before[what] += reader.tap[what];
      reader = join(reader.tap.place);
    }

    if (policy === 'credit') for (const { grant } of [reader, bystander]) grant(10_000);
    await drained(reader.tap, log);
    await drained(bystander.tap, log);

    const { dropped } = reader.state();
    const missed = before.missed + reader.tap.missed;
    expect(before.delivered + reader.tap.delivered + dropped + missed).toBe(log.head - startSeq);
    expect(before.gaps + reader.tap.gaps).toBe(dropped + missed);
    expect(before.disorder + reader.tap.disorder).toBe(0);
    expect(tally.dropped).toBe(dropped);
    expect(before.dropped + reader.tap.dropped).toBe(dropped);
    expect(bystander.tap).toMatchObject({ delivered: came, missed: never, gaps: never, disorder: 0 });
    fanOut.close();
  });
});

describe.each(policies)('a client that was refused, under %s', (policy) => {
  it('is written nothing more, also when its socket drains afterwards', async () => {
    const log = new MessageLog({}, 'log1');
    const { tally, fanOut, join } = fanOutWith({ policy, limitBytes: 4096 }, log);
    const { tap, grant, refuse } = join();
    const bystander = join();
    if (policy === 'credit') for (const each of [grant, bystander.grant]) each(10);
    await turn();
    tap.isOpen = false;
    for (const body of ['x'.repeat(20_000), 'queued']) {
      log.append(body, 0);
      await turn();
    }
    refuse();
    refuse();
    const { writtenMessages } = tap;
    tap.open();
    await turn();
    expect(tap.writableLength).toBe(0);
    log.append('not for this one', 0);
    await turn();
    await turn();
    expect(tap.writtenMessages).toBe(writtenMessages);
    expect([writtenMessages, bystander.tap.writtenMessages]).toEqual([1, 3]);
    expect(tally.refused).toBe(1);
    fanOut.close();
  });
});

it('names the client that was evicted, also when the connection has no address any more', async () => {
  const log = new MessageLog({}, 'log1');
  const { fanOut } = fanOutWith({ policy: 'disconnect', limitBytes: 4096 }, log);
  const tap = Object.assign(new Tap(), {
    remoteAddress: '127.0.0.1' as string | undefined,
    remotePort: 4711,
  });
  fanOut.add(tap as unknown as Socket, undefined, () => {});
  await turn();
  tap.isOpen = false;
  tap.remoteAddress = undefined;
  for (let count = 0; count < 3; count += 1) log.append('x'.repeat(20_000), 0);
  await turn();
  log.append('one too many', 0);
  log.append('x'.repeat(5000), 0);
  await turn();
  expect(fanOut.evictions.map(({ who }) => who)).toEqual(['127.0.0.1:4711']);
  fanOut.close();
});

it('keeps the newest 100 evictions', async () => {
  const log = new MessageLog({}, 'log1');
  const { tally, fanOut, join, reasons } = fanOutWith({ policy: 'disconnect', limitBytes: 4096 }, log);
  const taps = Array.from({ length: 101 }, () => join().tap);
  await turn();
  for (const tap of taps) tap.isOpen = false;
  for (let count = 0; count < 3; count += 1) {
    log.append('x'.repeat(20_000), 0);
    await turn();
  }
  expect([tally.evicted, reasons.length, fanOut.evictions.length]).toEqual([101, 101, 100]);
  fanOut.close();
});

it('writes nothing to a connection that has ended', async () => {
  const log = new MessageLog({}, 'log1');
  const { fanOut, join } = fanOutWith({}, log);
  const { tap } = join();
  await turn();
  const failed = vi.fn();
  tap.on('error', failed);
  tap.isOpen = false;
  log.append('still on its way', 0);
  await turn();
  tap.end();
  log.append('too late', 0);
  await turn();
  expect(tap.writtenMessages).toBe(1);
  expect(failed).not.toHaveBeenCalled();
  fanOut.close();
});

it('sends no heartbeat behind waiting bytes, and evicts nobody for that', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const log = new MessageLog({}, 'log1');
  const format = { ...lineFormat, isHeartbeatAnswered: true };
  const fanOut = new FanOut(log, format, { heartbeatMs: 1000 });
  const reasons: string[] = [];
  const [idle, congested] = [new Tap(), new Tap()];
  for (const tap of [idle, congested])
    fanOut.add(Object.assign(tap, { bytesRead: 0 }) as unknown as Socket, undefined, (reason) =>
      reasons.push(reason),
    );
  await turn();
  congested.isOpen = false;
  log.append('x'.repeat(20_000), 0);
  await turn();
  const { writableLength } = congested;
  vi.advanceTimersByTime(2000);
  expect(reasons).toEqual([]);
  vi.advanceTimersByTime(10_000);
  expect(reasons).toEqual(['no response to 2 heartbeats']);
  expect(congested.writableLength).toBe(writableLength);
  fanOut.close();
  vi.useRealTimers();
});

it('has no heartbeat at an interval that Node would take for 1 ms', () => {
  const intervals = vi.spyOn(globalThis, 'setInterval');
  for (const heartbeatMs of [Number.POSITIVE_INFINITY, 2 ** 31])
    new FanOut(new MessageLog(), lineFormat, { heartbeatMs }).close();
  expect(intervals).not.toHaveBeenCalled();
  intervals.mockRestore();
});

it('counts a notice neither as delivered nor as dropped', async () => {
  const log = new MessageLog({}, 'log1');
  const tally = newTally();
  const notice = ({ next }: { next: string }) => line({ next });
  const format = {
    ...lineFormat,
    batch: notice,
    message: (_: unknown, next: string) => notice({ next }),
    isNotice: true,
  };
  const fanOut = new FanOut(log, format, { tally, policy: 'drop-newest' });
  const written: string[] = [];
  const outlet = new Writable({ highWaterMark: 1 });
  let readOn = () => {};
  outlet._write = (bytes, _encoding, done) => {
    written.push(String(bytes).trim());
    readOn = done;
  };
  fanOut.add(outlet as unknown as Socket, undefined, () => {});
  for (let seq = 1; seq <= 5; seq += 1) {
    log.append('x', 0);
    await turn();
  }
  for (let reads = 0; reads < 2; reads += 1) {
    readOn();
    await turn();
  }
  for (const body of ['two', 'in one turn']) log.append(body, 0);
  await turn();
  // The place at the start, then only the newest notice of those that were queued, and of those of a turn.
  expect(written).toEqual(['{"next":"log1:0"}', '{"next":"log1:5"}', '{"next":"log1:7"}']);
  expect(tally).toMatchObject({ deliveries: 0, dropped: 0 });
  expect(tally.fanOuts.count).toBe(6);
  fanOut.close();
});

it('reports the hole before a message that a short log has dropped by then', async () => {
  const log = new MessageLog({ limitMessages: 2 }, 'log1');
  const { fanOut, join } = fanOutWith({}, log);
  const { tap } = join();
  await turn();
  for (const seq of [3, 4, 5, 6]) log.take({ seq, dueMs: 0, body: '' });
  await turn();
  expect([tap.missed, tap.delivered, tap.place?.seq]).toEqual([2, 4, 6]);
  log.take({ seq: 7, dueMs: 0, body: '' });
  await turn();
  expect([tap.missed, tap.delivered, tap.place?.seq]).toEqual([2, 5, 7]);
  fanOut.close();
});
