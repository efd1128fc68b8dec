import type { Result } from '../../bench/result.ts';
import { counted, threeDigits, writeDuration } from '../units.ts';

/** The test machine in a line. */
export function machineSentence({ environment, lab }: Result): string {
  const { cpu, cores, memoryBytes, os, node, agents = [] } = environment;
  return [
    `${cpu}, ${counted(cores, 'core')}, ${threeDigits(memoryBytes / 1024 ** 3)} GiB of memory`,
    os,
    `Node ${node}`,
    `profile ${lab.profile}, ${startedAt(lab.startedAt)}, ${writeDuration(lab.durationMs)}`,
    ...(agents.length > 0 ? [`clients divided among ${agents.map(agentIn).join('; ')}`] : []),
  ].join(' · ');
}

/** An agent and its machine in a few words. */
function agentIn({ agent, cpu, cores }: NonNullable<Result['environment']['agents']>[number]): string {
  return `${agent} (${cpu}, ${counted(cores, 'core')})`;
}

/** "24 November 2026, 14:50 UTC"; an unreadable date is kept as it is. */
function startedAt(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const day = date.toLocaleDateString('en-GB', {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`;
}
