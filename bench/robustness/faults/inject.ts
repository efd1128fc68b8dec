import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomLcg } from 'd3-random';
import { nowMs } from '../../../servers/meter/clock.ts';
import { type Fault, faults, type Outcome } from './faults.ts';

/** One injected fault and its outcome. */
export type Injected = Outcome & { number: number; kind: string; tookMs: number };

export type InjectOptions = {
  count: number;
  seed: number;
  /** Number of the only fault to inject. Default: all. */
  only?: number;
  /** Labs that run at the same time. */
  atOnce: number;
  onEnd?: (injected: Injected) => void;
};

/**
 * Injects seeded faults into short labs, each in its own folder. All kinds are equally frequent. A fault depends only
 * on the seed and its number, so it can be repeated.
 */
export async function injectFaults({ count, seed, only, atOnce, onEnd }: InjectOptions): Promise<Injected[]> {
  const numbers = only ? [only] : Array.from({ length: count }, (_, index) => index + 1);
  const done: Injected[] = [];
  const work = async () => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      const injected = await inject(number, seed);
      done.push(injected);
      onEnd?.(injected);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return done.sort((one, other) => one.number - other.number);
}

/** Kinds of faults that this machine can't inject, and why. */
export function missingKinds(): { kind: string; why: string }[] {
  return faults.flatMap(({ kind, missing }) => {
    const why = missing?.();
    return why ? [{ kind, why }] : [];
  });
}

/** Folders of running labs. */
const folders = new Set<string>();
process.on('exit', () => {
  for (const folder of folders) removeFolder(folder);
});

/** Removes the folder of a lab, and a file system that is mounted there. */
function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
  folders.delete(folder);
}

/** The kind of the fault of this number. */
export function kindOf(number: number, seed: number): string {
  return faultOf(number, seed).kind;
}

async function inject(number: number, seed: number): Promise<Injected> {
  const { kind, inject } = faultOf(number, seed);
  const folder = mkdtempSync(join(tmpdir(), 'lab-fault-'));
  folders.add(folder);
  const startedMs = nowMs();
  try {
    const outcome = await inject(randomOf(number, seed), folder);
    return { number, kind, ...outcome, tookMs: Math.round(nowMs() - startedMs) };
  } finally {
    removeFolder(folder);
  }
}

/** The kinds are dealt like cards: each deck has every kind once, in random order. */
function faultOf(number: number, seed: number): Fault {
  const missing = missingKinds().map(({ kind }) => kind);
  const deck = faults.filter(({ kind }) => !missing.includes(kind));
  const random = randomOf(-Math.floor((number - 1) / deck.length) - 1, seed);
  for (let left = deck.length; left > 1; left -= 1) {
    const chosen = Math.floor(random() * left);
    [deck[left - 1], deck[chosen]] = [deck[chosen] as Fault, deck[left - 1] as Fault];
  }
  return deck[(number - 1) % deck.length] as Fault;
}

/** Random numbers for one fault. Hashed, since similar seeds give similar first numbers. */
function randomOf(number: number, seed: number): () => number {
  const hash = createHash('sha256').update(`${seed}/${number}`).digest();
  return randomLcg(hash.readUInt32BE() / 2 ** 32);
}
