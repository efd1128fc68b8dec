import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import type { Experiment } from '../experiment.ts';

/**
 * Shows a run as a list of experiments: live on a terminal, one line at a time elsewhere. Goes to
 * stderr, so that stdout carries nothing but data. `NO_COLOR` is respected.
 */
export async function runWithProgress(
  experiments: readonly Experiment[],
  run: (experiment: Experiment, onStep: (text: string) => void) => Promise<void>,
): Promise<void> {
  const processOutput = new ProcessOutput(process.stderr, process.stderr);
  const options = { logger: new ListrLogger({ processOutput }) };
  const list = new Listr(
    experiments.map((experiment) => ({
      title: `${experiment.text.title}: ${experiment.text.question}`,
      task: (_context: unknown, task: { output: unknown }) =>
        run(experiment, (text) => {
          task.output = text;
        }),
    })),
    {
      renderer: 'default',
      fallbackRenderer: 'simple',
      fallbackRendererCondition: () => !process.stderr.isTTY,
      rendererOptions: options,
      fallbackRendererOptions: options,
      registerSignalListeners: false,
    },
  );
  await list.run();
}
