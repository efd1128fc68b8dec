import { JoinCard } from './join-card.tsx';
import { counted, writeAge, writeCount, writeRatio } from './numbers.ts';
import type { Projector } from './projector.ts';
import { laneLabels, letters, type Question } from './questions.ts';
import type { Screen } from './screen.ts';
import { Sign } from './sign.tsx';

type GateProps = {
  projector: Projector;
  screen: Screen;
  question: Question;
};

/**
 * The question before the result. The lanes are absent from the page until the vote is closed, so nobody can
 * uncover them.
 *
 *     preview ──► open: votes come in, hidden ──► closed: votes next to the measurement ──► the lanes
 */
export function Gate({ projector, screen, question }: GateProps) {
  const { hands, countedHands, otherQuestion: next } = screen;
  const { state, join } = projector;
  const vote = state?.vote?.question === question.id ? state.vote : undefined;
  const counts = vote?.counts;
  const isClosed = vote?.open === false;
  return (
    <section
      class={`gate${isClosed ? ' gate-closed' : ''}`}
      aria-label="Question"
      data-question={question.id}
    >
      <h2>{question.text}</h2>
      <ol class="choices">
        {question.choices.map(({ text, why }, choice) => (
          <Choice
            key={text}
            letter={letters[choice] as string}
            text={text}
            why={why}
            isRight={choice === question.right}
            count={counts?.[choice]}
            of={vote?.votes ?? 0}
            hands={vote?.open ? hands[choice] : undefined}
            onHands={
              vote?.open
                ? (count) =>
                    screen.change({ hands: letters.map((_, at) => (at === choice ? count : hands[at])) })
                : undefined
            }
          />
        ))}
      </ol>
      <aside>
        {isClosed ? (
          <>
            <div class="measured">
              <h3>Measurement</h3>
              <p>{vote?.measured ?? 'There are no measurements yet. Look at the lanes in a few seconds.'}</p>
            </div>
            <MeasuredLanes projector={projector} />
          </>
        ) : (
          <>
            {vote && (
              <p class="voted" role="status">
                <b>{writeCount(vote.votes)}</b>{' '}
                {vote.people > 0
                  ? `of ${counted(vote.people, 'person', 'people')} have voted`
                  : 'votes so far'}
              </p>
            )}
            {join ? (
              <JoinCard join={join} />
            ) : (
              <p class="advice">
                {vote
                  ? 'No phones? Enter the number of raised hands next to each choice.'
                  : 'Choose your answer before the vote opens.'}
              </p>
            )}
          </>
        )}
      </aside>
      <div class="gate-buttons">
        {!vote && (
          <button type="button" class="main" data-do="ask" onClick={() => void screen.ask(question)}>
            Open the vote <kbd>v</kbd>
          </button>
        )}
        {vote?.open && (
          <button type="button" class="main" data-do="close" onClick={() => void screen.closeVote()}>
            Close the vote{countedHands && ` with ${counted(sum(countedHands), 'hand')}`} <kbd>v</kbd>
          </button>
        )}
        {isClosed && (
          <button type="button" class="main" data-do="done" onClick={() => void screen.showLanes()}>
            Show the lanes <kbd>v</kbd>
          </button>
        )}
        {isClosed && next && (
          <button type="button" data-do="next" onClick={() => void screen.ask(next)}>
            Second question <kbd>n</kbd>
          </button>
        )}
        {!isClosed && (
          <button type="button" data-do="skip" onClick={() => void screen.showLanes()}>
            {vote ? 'Cancel the vote' : 'Skip the vote'} {!vote && <kbd>Esc</kbd>}
          </button>
        )}
      </div>
    </section>
  );
}

/** Two live figures for each lane. */
function MeasuredLanes({ projector }: { projector: Projector }) {
  const { uncertaintyMs } = projector.session.clock;
  return (
    <table class="measured-lanes">
      <thead>
        <tr>
          <th scope="col">now</th>
          <th scope="col">
            latency
            <br />
            p50
          </th>
          <th scope="col">
            requests
            <br />
            per message
          </th>
        </tr>
      </thead>
      <tbody>
        {[...projector.lanes.values()].map(({ name, figures }) => (
          <tr key={name}>
            <th scope="row">
              <Sign name={name} size={16} /> {laneLabels[name]}
            </th>
            <td>{writeAge(figures.p50Ms, uncertaintyMs)}</td>
            <td>{writeRatio(figures.messages > 0 ? figures.requests / figures.messages : null)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type ChoiceProps = {
  letter: string;
  text: string;
  why: string;
  isRight: boolean;
  /** Its votes, once the vote is closed. */
  count: number | undefined;
  of: number;
  hands: number | undefined;
  onHands: ((count: number | undefined) => void) | undefined;
};

function Choice({ letter, text, why, isRight, count, of, hands, onHands }: ChoiceProps) {
  const isClosed = count !== undefined;
  const percent = of > 0 ? Math.round((100 * (count ?? 0)) / of) : 0;
  return (
    <li class={isClosed && isRight ? 'choice choice-right' : 'choice'}>
      <span class="letter">{letter}</span>
      <span class="choice-text">
        {text}
        {isClosed && isRight && <b class="right"> ✓ right</b>}
        {isClosed && <small>{why}</small>}
      </span>
      {isClosed && (
        <span class="votes">
          <span class="bar" style={{ width: `${percent}%` }} />
          <b data-votes={count}>{writeCount(count)}</b>
        </span>
      )}
      {onHands && (
        <label class="hands">
          hands
          <input
            type="number"
            min="0"
            max="1000"
            value={hands ?? ''}
            aria-label={`Hands for ${letter}`}
            onInput={({ currentTarget }) =>
              onHands(
                currentTarget.validity.valid && currentTarget.value !== ''
                  ? Number(currentTarget.value)
                  : undefined,
              )
            }
          />
        </label>
      )}
    </li>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
