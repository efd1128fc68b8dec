import { type Advice, type Option, writeShare } from '../../bench/analysis/advice.ts';
import { nothing, threeDigits, writeBytes, writeMs } from '../units.ts';
import { Sign } from './sign.tsx';

/** The calculator's answer: the choice, its reason, and every option with its numbers. */
export function Answer({ advice, doubt }: { advice: Advice; doubt?: string }) {
  const transport = {
    push: 'push',
    'short-poll': 'short-poll',
    either: undefined,
    neither: undefined,
  } as const;
  const sign = transport[advice.choice];
  return (
    <>
      <p class={`choice-made ${sign ? `of-${sign}` : ''}`}>
        {sign && (
          <svg class="sign" width="22" height="22" viewBox="0 0 16 16" aria-hidden="true">
            <Sign transport={sign} x={8} y={8} />
          </svg>
        )}
        {advice.headline}
      </p>
      <p class="choice-reason">{advice.sentence}</p>
      {doubt && <p class="note">{doubt}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard. */}
      <section class="table-box" tabIndex={0} aria-label="Load and latency of each option">
        <table>
          <thead>
            <tr>
              <th scope="col">option</th>
              <th scope="col">fits</th>
              <th scope="col">server CPU</th>
              <th scope="col" class="number">
                requests<span class="unit"> /s</span>
              </th>
              <th scope="col" class="number">
                IP bytes<span class="unit"> /s</span>
              </th>
              <th scope="col" class="number">
                mean latency
              </th>
              <th scope="col" class="number">
                max latency
              </th>
            </tr>
          </thead>
          <tbody>
            {advice.options.map((option) => (
              <OptionRow option={option} key={option.name} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function OptionRow({ option }: { option: Option }) {
  const { transport, name, fits, share, requestsPerSecond, bytesPerSecond, meanAgeMs, worstAgeMs } = option;
  return (
    <tr>
      <td class={`of-${transport}`}>
        <svg class="sign" width="16" height="16" aria-hidden="true">
          <Sign transport={transport} x={8} y={8} />
        </svg>{' '}
        {name}
      </td>
      <td class={fits ? 'mark-good' : 'mark-bad'}>{fitWords(option)}</td>
      <td>{writeShare(share)}</td>
      <td class="number">{threeDigits(requestsPerSecond)}</td>
      <td class="number">{bytesPerSecond === undefined ? nothing : writeBytes(bytesPerSecond)}</td>
      <td class="number">{writeMs(meanAgeMs)}</td>
      <td class="number">{writeMs(worstAgeMs)}</td>
    </tr>
  );
}

/** An interval that reaches beyond one core leaves room for doubt. */
function fitWords({ fits, share }: Option): string {
  if (!fits) return '✗ no';
  return share.high > 1 ? '✓ probably' : '✓ yes';
}
