import { once } from 'node:events';
import { WebSocket } from 'ws';
import { nowMs } from '../../../servers/meter/clock.ts';
import { until } from '../process-meter.ts';

/** A party: so many visitors enter one after the other, then each says one thing, `sayEveryMs` apart. */
export type Party = { port: number; visitors: number; sayEveryMs: number };

/** What the visitors heard. Times are in milliseconds. */
export type PartyReport = {
  /** From the first to knock until the last had heard everybody that came after it. */
  joinMs: number;
  /** Announcements heard, summed over the visitors. The k-th to come hears all that come from then on, itself included. */
  announcementsHeard: number;
  /** Things said, heard by anybody; each should be heard by everybody once. */
  saidHeard: number;
  /** Things that somebody heard not at all, and heard again. */
  missing: number;
  doubled: number;
  /** From saying something until the last had heard it: mean and longest. */
  tellMeanMs: number;
  tellMaxMs: number;
};

/** How long anybody waits for the rest before the count is taken as it is. */
const limitMs = 20_000;

/** Visits a room. Everybody listens to everybody, and what they hear is counted one by one. */
export async function holdParty({ port, visitors, sayEveryMs }: Party): Promise<PartyReport> {
  let announcementsHeard = 0;
  let saidHeard = 0;
  /** How often each thing was heard by each visitor. */
  const heard = Array.from({ length: visitors }, () => new Uint8Array(visitors));
  const lastHeardMs = new Float64Array(visitors);
  const sockets: WebSocket[] = [];
  try {
    const startMs = nowMs();
    for (let index = 0; index < visitors; index += 1) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
      socket.on('message', (data) => {
        const said = /says: (\d+)$/.exec(String(data));
        if (!said) {
          announcementsHeard += 1;
          return;
        }
        const thing = Number(said[1]);
        saidHeard += 1;
        const times = heard[index] as Uint8Array;
        times[thing] = Math.min(255, (times[thing] ?? 0) + 1);
        lastHeardMs[thing] = nowMs();
      });
      sockets.push(socket);
      await once(socket, 'open');
    }
    await waitFor(() => announcementsHeard >= (visitors * (visitors + 1)) / 2);
    const joinMs = nowMs() - startMs;

    const firstSayMs = nowMs() + 20;
    for (const [index, socket] of sockets.entries()) {
      await until(firstSayMs + index * sayEveryMs);
      socket.send(String(index));
    }
    await waitFor(() => saidHeard >= visitors * visitors);
    const tookMs = sockets.map((_, index) => (lastHeardMs[index] ?? 0) - (firstSayMs + index * sayEveryMs));
    return {
      joinMs,
      announcementsHeard,
      saidHeard,
      missing: countHeard(heard, (times) => times === 0),
      doubled: countHeard(heard, (times) => times > 1),
      tellMeanMs: tookMs.reduce((sum, ms) => sum + ms, 0) / tookMs.length,
      tellMaxMs: Math.max(...tookMs),
    };
  } finally {
    for (const socket of sockets) socket.terminate();
  }
}

/** So many visitors enter and leave again, `atOnce` at a time. */
export async function comeAndGo({
  port,
  cycles,
  atOnce,
}: {
  port: number;
  cycles: number;
  atOnce: number;
}): Promise<void> {
  for (let done = 0; done < cycles; done += atOnce) {
    const wave = Array.from({ length: Math.min(atOnce, cycles - done) }, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
      await once(socket, 'message');
      socket.close();
      await once(socket, 'close');
    });
    await Promise.all(wave);
  }
}

function countHeard(heard: readonly Uint8Array[], is: (times: number) => boolean): number {
  return heard.reduce((sum, times) => sum + times.filter(is).length, 0);
}

async function waitFor(condition: () => boolean): Promise<void> {
  const deadlineMs = nowMs() + limitMs;
  while (!condition() && nowMs() < deadlineMs) await until(nowMs() + 2);
}
