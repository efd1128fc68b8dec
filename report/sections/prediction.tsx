import type { ExperimentText } from '../../bench/result.ts';

/**
 * The question before the answer. Whoever picks a choice, or opens the answer, sees what is right and
 * why each choice is right or wrong. That works without a script; a script only remembers the choice.
 */
export function Prediction({ experiment, anchor }: { experiment: ExperimentText; anchor: string }) {
  const { choices, right } = experiment.prediction;
  return (
    <fieldset class="prediction" data-prediction={experiment.id}>
      <legend>Your prediction</legend>
      <div class="choices">
        {choices.map(({ text, why }, index) => (
          <label class={index === right ? 'choice choice-right' : 'choice'} key={text}>
            <input type="radio" name={`prediction-${anchor}`} value={index} autocomplete="off" />
            <span class="choice-letter" aria-hidden="true">
              {letters[index]}
            </span>
            <span class="choice-text">
              {text}
              <span class="why">
                <b>{index === right ? 'Right.' : 'Not so.'}</b> {why}
              </span>
            </span>
          </label>
        ))}
      </div>
      <details class="answer">
        <summary>Show the answer</summary>
        <p>
          <b>{letters[right]}</b> is right: {choices[right]?.text}
        </p>
      </details>
    </fieldset>
  );
}

/** What choices are called. */
export const letters = ['A', 'B', 'C', 'D'];
