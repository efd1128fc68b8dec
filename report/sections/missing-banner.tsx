import type { Result } from '../../bench/result.ts';
import { counted } from '../units.ts';
import { anchorOf } from './anchors.ts';

/** Lists what this report lacks; nothing for a complete run. */
export function MissingBanner({ result }: { result: Result }) {
  const lines = [...runProblem(result), ...experimentProblems(result)];
  if (lines.length === 0) return null;
  return (
    <section class="banner" aria-label="Missing measurements">
      <h2>This report is incomplete</h2>
      <ul>
        {lines.map(({ text, anchor }) => (
          <li key={text}>{anchor ? <a href={`#${anchor}`}>{text}</a> : text}</li>
        ))}
      </ul>
    </section>
  );
}

type Line = { text: string; anchor?: string };

function runProblem({ lab }: Result): Line[] {
  if (lab.status === 'interrupted')
    return [{ text: 'The run was interrupted: the remaining trials are missing.' }];
  if (lab.status === 'running')
    return [{ text: 'The run was still in progress when this report was written.' }];
  return [];
}

/** Some experiments have no trials, but probes or pairs. */
function wasMeasured({ trials, probes, pairs }: Result, id: string): boolean {
  return [trials, probes, pairs].some((measured) => measured.some(({ experiment }) => experiment === id));
}

function experimentProblems(result: Result): Line[] {
  return result.experiments.flatMap(({ id, title }) => {
    const trials = result.trials.filter(({ experiment }) => experiment === id);
    const anchor = anchorOf(result, id);
    if (!wasMeasured(result, id)) return [{ text: `${title}: not measured.`, anchor }];
    const failed = trials.filter(({ status }) => status === 'failed').length;
    const interrupted = trials.filter(({ status }) => status === 'interrupted').length;
    const parts = [
      failed > 0 ? `${failed} failed` : '',
      interrupted > 0 ? `${interrupted} ${interrupted === 1 ? 'was' : 'were'} interrupted` : '',
    ].filter(Boolean);
    if (parts.length > 0)
      return [{ text: `${title}: of ${counted(trials.length, 'trial')}, ${parts.join(' and ')}.`, anchor }];
    const judged = result.findings.some(({ experiment }) => experiment === id);
    return judged ? [] : [{ text: `${title}: no verdict.`, anchor }];
  });
}
