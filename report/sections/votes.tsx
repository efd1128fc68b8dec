import type { Vote } from '../../bench/result.ts';
import { counted } from '../units.ts';
import { anchors } from './anchors.ts';
import { letters } from './prediction.tsx';

/** The predictions of a class, question by question, with the measurements. */
export function VotesSection({ votes }: { votes: readonly Vote[] }) {
  return (
    <section class="experiment votes" id={anchors.votes} aria-labelledby="votes-title">
      <p class="kicker">Predictions</p>
      <h2 id="votes-title">Predictions of the class and measured results</h2>
      {votes.map((vote, index) => (
        // A question may occur twice.
        <VoteBlock vote={vote} key={`${index} ${vote.question}`} />
      ))}
    </section>
  );
}

function VoteBlock({ vote: { question, choices, counts, right, measured } }: { vote: Vote }) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return (
    <article class="vote">
      <h3>{question}</h3>
      <p class="quiet">{all === 0 ? 'No votes.' : `${counted(all, 'vote')}.`}</p>
      <ol class="vote-choices">
        {choices.map(({ text, why }, choice) => (
          <li class={choice === right ? 'vote-right' : undefined} key={text}>
            <span class="choice-letter" aria-hidden="true">
              {letters[choice]}
            </span>
            <div>
              <p>{text}</p>
              <Bar count={counts[choice] ?? 0} all={all} />
              <p class="vote-why">
                <b>{choice === right ? 'Right.' : 'Wrong.'}</b> {why}
              </p>
            </div>
          </li>
        ))}
      </ol>
      <p class="vote-measured">
        <b>Measured:</b> {measured ?? 'nothing yet when the vote closed.'}
      </p>
    </article>
  );
}

/** The share of all votes, with the number next to it. Widths are attributes: the page's policy forbids styles in them. */
function Bar({ count, all }: { count: number; all: number }) {
  const share = all === 0 ? 0 : count / all;
  return (
    <p class="vote-bar">
      <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect class="vote-bar-whole" width="100" height="1" />
        <rect class="vote-bar-share" width={(100 * share).toFixed(2)} height="1" />
      </svg>
      <span>
        {count}
        <span class="quiet">{all === 0 ? '' : ` (${Math.round(100 * share)}%)`}</span>
      </span>
    </p>
  );
}
