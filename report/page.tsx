import type { Result } from '../bench/result.ts';
import type { Figure } from './charts/figure.ts';
import { anchorOf, anchors } from './sections/anchors.ts';
import { ExperimentSection } from './sections/experiment.tsx';
import { FirstScreen } from './sections/first-screen.tsx';
import { HowMeasured } from './sections/how-measured.tsx';

/** The whole page: what the body of the report holds, top to bottom. `figures` has a list per experiment, in their order. */
export function Page(props: { result: Result; figures: Figure[][]; embedsResult: boolean }) {
  const { result, figures, embedsResult } = props;
  return (
    <>
      <a class="skip" href={`#${anchors.verdicts}`}>
        Skip to the verdicts
      </a>
      <Navigation result={result} />
      <main>
        <FirstScreen result={result} />
        {result.experiments.map((experiment, index) => (
          <ExperimentSection
            result={result}
            experiment={experiment}
            figures={figures[index] ?? []}
            place={index + 1}
            key={experiment.id}
          />
        ))}
        <HowMeasured result={result} embedsResult={embedsResult} />
      </main>
    </>
  );
}

function Navigation({ result }: { result: Result }) {
  return (
    <nav aria-label="Sections">
      <ul>
        <li>
          <a href={`#${anchors.verdicts}`}>Verdicts</a>
        </li>
        {result.experiments.map(({ id, title }) => (
          <li key={id}>
            <a href={`#${anchorOf(result, id)}`}>{title}</a>
          </li>
        ))}
        <li>
          <a href={`#${anchors.measured}`}>Method</a>
        </li>
      </ul>
      <button type="button" class="script-only theme-switch" id="theme-switch">
        Dark
      </button>
    </nav>
  );
}
