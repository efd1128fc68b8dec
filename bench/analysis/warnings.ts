import type { Trial } from '../result.ts';
import { whole } from './writing.ts';

/**
 * Share of one core, or of its event loop's time, above which a process counts as saturated. The event loop also
 * shows a process that gets too little CPU.
 */
export const saturationShare = 0.9;

/** A trial with a saturated load generator does not measure the server, and stays out of every verdict. */
export function isSaturated(trial: Trial): boolean {
  return trial.warnings.some(({ code }) => code === 'fleet-saturated');
}

/** How long a process may wait for a core, on average. With two cores and nothing else to do they wait 0.01 to 0.5 ms, beside another lab 0.5 to 30 ms. */
const cpuWaitMaxMs = 1;

/** Whether other processes kept those of a trial from the CPU. */
export function wasDisturbed(trial: Trial): boolean {
  return trial.warnings.some(({ code }) => code === 'cpu-wait');
}

/** Reasons to doubt a trial, each with a code for programs and a sentence for people. */
export function trialWarnings(
  trial: Trial,
  failures: number,
  lastFailure: string | undefined,
): Trial['warnings'] {
  const warnings: Trial['warnings'] = [];
  const fleetShare = busyShare(trial.clients, trial.durationMs);
  const serverShare = busyShare(trial.server, trial.durationMs);
  if (fleetShare > saturationShare)
    warnings.push({
      code: 'fleet-saturated',
      text: `the load generator was busy for ${percent(fleetShare)} of the time: this trial measured the load generator, so no verdict uses the trial`,
    });
  if (serverShare > saturationShare)
    warnings.push({
      code: 'server-saturated',
      text: `the server was busy for ${percent(serverShare)} of the time: the latencies are those of a saturated server`,
    });
  for (const [who, { cpuWaitMs }] of [
    ['the server', trial.server],
    ['the simulated clients', trial.clients],
  ] as const)
    if ((cpuWaitMs ?? 0) > cpuWaitMaxMs)
      warnings.push({
        code: 'cpu-wait',
        text: `${who} waited ${(cpuWaitMs ?? 0).toFixed(1)} ms for the CPU on average. Latencies include this wait: close other programs and run the lab again`,
      });
  const { missedSlots = 0 } = trial.requests;
  if (missedSlots > 0)
    warnings.push({
      code: 'missed-slots',
      text: `clients skipped ${missedSlots} scheduled ${missedSlots === 1 ? 'poll' : 'polls'}`,
    });
  const { p50 } = trial.delayMs;
  const uncertaintyMs = Math.max(0, ...(trial.shards ?? []).map((shard) => shard.clockUncertaintyMs));
  if (p50 !== null && p50 < uncertaintyMs)
    warnings.push({
      code: 'within-clock-uncertainty',
      text: `the median latency (${p50.toFixed(2)} ms) is below the uncertainty of the agents’ clocks (± ${uncertaintyMs.toFixed(2)} ms): the true median is less than ${(p50 + uncertaintyMs).toFixed(2)} ms`,
    });
  for (const { agent, lost, missed } of trial.shards ?? [])
    if (lost && missed === undefined)
      warnings.push({ code: 'agent-lost', text: `the clients at ${agent} reported nothing: ${lost}` });
    else if (lost)
      warnings.push({ code: 'server-lost', text: `the clients at ${agent} lost their server: ${lost}` });
  if (failures > 0)
    warnings.push({
      code: 'connections-failed',
      text: `clients retried ${whole(failures)} failed ${failures === 1 ? 'connection or request' : 'connections or requests'}; the last error: ${lastFailure}`,
    });
  return warnings;
}

function busyShare(
  { cpuMs, loopBusyShare = 0 }: { cpuMs: number | null; loopBusyShare?: number },
  durationMs: number,
): number {
  return Math.max((cpuMs ?? 0) / durationMs, loopBusyShare);
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
