import { Fragment } from 'preact';
import type { Prices } from '../bench/analysis/advice.ts';
import type { Result } from '../bench/result.ts';
import type { Figure } from './charts/figure.ts';
import { type Compared, ComparisonSection } from './comparison/section.tsx';
import { AdviceSection } from './sections/advice.tsx';
import { anchorOf, anchors } from './sections/anchors.ts';
import { ExperimentSection } from './sections/experiment.tsx';
import { FirstScreen } from './sections/first-screen.tsx';
import { HowMeasured } from './sections/how-measured.tsx';
import { LessonSection } from './sections/lesson.tsx';
import { VotesSection } from './sections/votes.tsx';
import type { SwimLanes } from './swim-lanes/lanes.ts';
import { SwimLanesSection } from './swim-lanes/section.tsx';

/** The body of the report, top to bottom. `figures` has a list per experiment, in their order. */
export function Page(props: {
  result: Result;
  figures: Figure[][];
  prices?: Prices;
  swim?: SwimLanes;
  embedsResult: boolean;
  /** Another result to compare with, if any. The page's script can add a comparison later. */
  compared?: Compared;
}) {
  const { result, figures, prices, swim, embedsResult, compared } = props;
  return (
    <>
      <a class="skip" href={`#${anchors.verdicts}`}>
        Skip to the verdicts
      </a>
      <Navigation
        result={result}
        advises={prices !== undefined}
        follows={swim !== undefined}
        compares={compared !== undefined}
      />
      <main>
        <div id={anchors.comparison}>{compared && <ComparisonSection compared={compared} />}</div>
        {result.lesson ? <LessonSection result={result} /> : <FirstScreen result={result} />}
        {swim && <SwimLanesSection swim={swim} />}
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

/** The experiment with the costs for the calculator. */
const priced = 'break-even';

/** The sections as links: a row in a wide window, a menu without a script in a narrow one. */
function Navigation(props: { result: Result; advises: boolean; follows: boolean; compares: boolean }) {
  const { result, advises, follows, compares } = props;
  return (
    <nav aria-label="Sections">
      <button type="button" class="sections-button" popovertarget="sections">
        Sections
        <span id="section-now" />
      </button>
      <ul id="sections" popover="auto">
        <li id="comparison-link" hidden={!compares}>
          <a href={`#${anchors.comparison}`}>Comparison</a>
        </li>
        <li>
          <a href={`#${anchors.verdicts}`}>{result.lesson ? 'Lesson' : 'Verdicts'}</a>
        </li>
        {follows && (
          <li>
            <a href={`#${anchors.oneMessage}`}>One message</a>
          </li>
        )}
        {result.experiments.map(({ id, title }) => (
          <Fragment key={id}>
            <li>
              <a href={`#${anchorOf(result, id)}`}>{title}</a>
            </li>
            {advises && id === priced && (
              <li>
                <a href={`#${anchors.advice}`}>Calculator</a>
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
