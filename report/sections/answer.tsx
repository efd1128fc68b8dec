import { type Advice, type Option, writeShare } from '../../bench/analysis/advice.ts';
import { SignIcon } from '../drawing/sign.tsx';
import { nothing, threeDigits, writeBytes, writeMs } from '../units.ts';
import { ScrollBox } from './parts.tsx';

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
        {sign && <SignIcon transport={sign} size={22} />}
        {advice.headline}
      </p>
      <p class="choice-reason">{advice.sentence}</p>
      {doubt && <p class="note">{doubt}</p>}
      <ScrollBox class="table-box" label="Load and latency of each option">
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
      </ScrollBox>
    </>
  );
}

function OptionRow({ option }: { option: Option }) {
  const { transport, name, fits, share, requestsPerSecond, bytesPerSecond, meanAgeMs, worstAgeMs } = option;
  return (
    <tr>
      <td class={`of-${transport}`}>
        <SignIcon transport={transport} /> {name}
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
