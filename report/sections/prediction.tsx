import type { ExperimentText } from '../../bench/result.ts';

/**
 * The question before the answer. A choice, or “Show the answer”, shows which choice is right and the reason for
 * each. This works without a script; the script only remembers the choice.
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
                <b>{index === right ? 'Right.' : 'Wrong.'}</b> {why}
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

/** The letters of the choices. */
export const letters = ['A', 'B', 'C', 'D'];
