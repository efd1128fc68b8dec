import type { Trial } from '../result.ts';

/** Share of one core above which a fleet counts as saturated: its clients, not the server, are then what is measured. */
export const fleetSaturationShare = 0.9;

/** A trial whose fleet was saturated says nothing about the server and stays out of every verdict. */
export function isSaturated(trial: Trial): boolean {
  return trial.warnings.some(({ code }) => code === 'fleet-saturated');
}

/** What makes a trial doubtful, each with a code for programs and a sentence for people. */
export function trialWarnings(
  trial: Trial,
  failures: number,
  lastFailure: string | undefined,
): Trial['warnings'] {
  const warnings: Trial['warnings'] = [];
  const fleetShare = trial.clients.cpuMs / trial.durationMs;
  const serverShare = trial.server.cpuMs / trial.durationMs;
  if (fleetShare > fleetSaturationShare)
    warnings.push({
      code: 'fleet-saturated',
      text: `the simulated clients used ${percent(fleetShare)} of a core: the trial measured them, and is left out of the verdict`,
    });
  if (serverShare > fleetSaturationShare)
    warnings.push({
      code: 'server-saturated',
      text: `the server used ${percent(serverShare)} of a core: delays hold for a server at its limit`,
    });
  if (trial.requests.missedSlots > 0)
    warnings.push({
      code: 'missed-slots',
      text: `${trial.requests.missedSlots} slots of the poll schedule passed without a poll`,
    });
  if (failures > 0)
    warnings.push({
      code: 'connections-failed',
      text: `${failures} connections or requests failed and were tried again; the last: ${lastFailure}`,
    });
  return warnings;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
