import { transportLooks } from '../transports.ts';
import { counted, writeCount, writeTime } from './numbers.ts';
import type { ClassDelays, LaneName } from './protocol.ts';
import { laneNames } from './settings.ts';
import { Sign } from './sign.tsx';

/** The range of the logarithmic latency axis. */
const fromMs = 1;
const toMs = 10_000;
const ticks = [1, 10, 100, 1000, 10_000];

/** The class as the load: one dot per phone at its median latency, by transport. */
export function ClassView({ delays, isHidden }: { delays: readonly ClassDelays[]; isHidden: boolean }) {
  return (
    <table class="lanes class-view" hidden={isHidden}>
      <caption class="unseen">The phones in the class and their latency, by transport</caption>
      <thead>
        <tr>
          <th scope="col" class="lane-name">
            phones in this room
          </th>
          <th scope="col" class="lane-picture">
            <span class="axis axis-log">
              {ticks.map((tick) => (
                <span key={tick} style={{ left: `${placeOf(tick)}%` }}>
                  {writeTime(tick)}
                </span>
              ))}
            </span>
          </th>
          <th scope="col">phones</th>
          <th scope="col">messages</th>
          <th scope="col">
            latency
            <br />
            p50
          </th>
          <th scope="col">
            latency
            <br />
            p95
          </th>
          <th scope="col">
            clock error
            <br />
            too large
          </th>
        </tr>
      </thead>
      <tbody>
        {laneNames.map((name) => (
          <ClassRow key={name} name={name} delays={delays.find(({ transport }) => transport === name)} />
        ))}
      </tbody>
    </table>
  );
}

function ClassRow({ name, delays }: { name: LaneName; delays: ClassDelays | undefined }) {
  const { label } = transportLooks[name];
  const { members = 0, messages = 0, p50Ms = null, p95Ms = null, dots = [], leftOut = 0 } = delays ?? {};
  return (
    <tr class={`lane of-${name}`} data-class={name}>
      <th scope="row" class="lane-name">
        <span class="lane-label">
          <Sign name={name} />
          {label}
        </span>
      </th>
      <td class="lane-picture">
        <svg
          class="dots"
          role="img"
          aria-label={`${label}: ${counted(dots.length, 'phone')}, median latency ${writeTime(p50Ms)}`}
        >
          {ticks.map((tick) => (
            <line
              key={tick}
              class="dots-grid"
              x1={`${placeOf(tick)}%`}
              x2={`${placeOf(tick)}%`}
              y1="0"
              y2="100%"
            />
          ))}
          {dots.map(({ p50Ms: ageMs, uncertaintyMs }, index) => (
            <g key={index}>
              <line
                class="dots-uncertainty"
                x1={`${placeOf(ageMs - uncertaintyMs)}%`}
                x2={`${placeOf(ageMs + uncertaintyMs)}%`}
                y1={rowOf(index)}
                y2={rowOf(index)}
              />
              <circle class="dots-dot" cx={`${placeOf(ageMs)}%`} cy={rowOf(index)} r="6" />
            </g>
          ))}
        </svg>
      </td>
      <td class="figure">
        <b>{writeCount(members)}</b>
      </td>
      <td class="figure">
        <b>{writeCount(messages)}</b>
      </td>
      <td class="figure">
        <b>{writeTime(p50Ms)}</b>
      </td>
      <td class="figure">
        <b>{writeTime(p95Ms)}</b>
      </td>
      <td class="figure">
        <b>{writeCount(leftOut)}</b>
      </td>
    </tr>
  );
}

/** The position of a latency on the axis, in percent. */
function placeOf(ageMs: number): number {
  const share = Math.log(Math.max(fromMs, ageMs) / fromMs) / Math.log(toMs / fromMs);
  return 3 + 94 * Math.min(1, share);
}

/** Spreads the dots over five rows, so that equal dots do not hide each other. */
function rowOf(index: number): string {
  return `${15 + ((index * 2) % 5) * 17}%`;
}
