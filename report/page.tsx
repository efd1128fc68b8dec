import { Fragment } from 'preact';
import type { Prices } from '../bench/analysis/advice.ts';
import type { Result } from '../bench/result.ts';
import type { Figure } from './charts/figure.ts';
import { AdviceSection } from './sections/advice.tsx';
import { anchorOf, anchors } from './sections/anchors.ts';
import { ExperimentSection } from './sections/experiment.tsx';
import { FirstScreen } from './sections/first-screen.tsx';
import { HowMeasured } from './sections/how-measured.tsx';
import { VotesSection } from './sections/votes.tsx';

/** The whole page: what the body of the report holds, top to bottom. `figures` has a list per experiment, in their order. */
export function Page(props: { result: Result; figures: Figure[][]; prices?: Prices; embedsResult: boolean }) {
  const { result, figures, prices, embedsResult } = props;
  return (
    <>
      <a class="skip" href={`#${anchors.verdicts}`}>
        Skip to the verdicts
      </a>
      <Navigation result={result} advises={prices !== undefined} />
      <main>
        <FirstScreen result={result} />
        {result.experiments.map((experiment, index) => (
          <Fragment key={experiment.id}>
            <ExperimentSection
              result={result}
              experiment={experiment}
              figures={figures[index] ?? []}
              place={index + 1}
            />
            {prices && experiment.id === priced && <AdviceSection prices={prices} />}
          </Fragment>
        ))}
        {result.votes && result.votes.length > 0 && <VotesSection votes={result.votes} />}
        <HowMeasured result={result} embedsResult={embedsResult} />
      </main>
    </>
  );
}

/** The experiment whose costs the advice is calculated from. */
const priced = 'break-even';

function Navigation({ result, advises }: { result: Result; advises: boolean }) {
  return (
    <nav aria-label="Sections">
      <ul>
        <li>
          <a href={`#${anchors.verdicts}`}>Verdicts</a>
        </li>
        {result.experiments.map(({ id, title }) => (
          <Fragment key={id}>
            <li>
              <a href={`#${anchorOf(result, id)}`}>{title}</a>
            </li>
            {advises && id === priced && (
              <li>
                <a href={`#${anchors.advice}`}>Which one?</a>
              </li>
            )}
          </Fragment>
        ))}
        {result.votes && result.votes.length > 0 && (
          <li>
            <a href={`#${anchors.votes}`}>Votes</a>
          </li>
        )}
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
