import { renderToString } from 'preact-render-to-string';
import { median } from 'simple-statistics';
import { type Measure, outcomes, type Peers, quantities, range } from '../bench/analysis/peers.ts';
import { htmlDocument } from './document.ts';
import { ScrollBox } from './sections/parts.tsx';
import { styleOf } from './style.ts';
import { counted, threeDigits } from './units.ts';

/**
 * The page that compares the lab with its alternatives: targets and outcomes, then every quantity as bars. It needs
 * no script. A bar is the median of the rounds; the line through its end is the range.
 */
export async function renderPeers(peers: Peers): Promise<string> {
  const style = await styleOf(['base', 'peers']);
  const body = renderToString(<PeersPage peers={peers} />);
  return htmlDocument({ title: 'Push versus polling: the lab compared with its alternatives', style, body });
}

function PeersPage({ peers }: { peers: Peers }) {
  const { environment, rounds, startedAt, measures, failures } = peers;
  return (
    <main class="peers">
      <h1>The lab compared with its alternatives</h1>
      <p>
        All contenders did the same work on the same machine, in {counted(rounds, 'interleaved round')}. Each
        contender has its own process, which restarts in each round. CPU time is the operating system’s count
        for that process. {startedAt.slice(0, 10)}, {environment.cpu}, {counted(environment.cores, 'core')},
        Node {environment.node}.
      </p>
      {[...environment.warnings, ...failures].map((text) => (
        <p class="peers-warning">{text}</p>
      ))}
      <Promises peers={peers} />
      {groupsOf(measures).map((group) => (
        <Bars measures={group} />
      ))}
    </main>
  );
}

/** The targets, which were set before the first measurement. */
function Promises({ peers }: { peers: Peers }) {
  const all = outcomes(peers);
  if (all.length === 0) return null;
  return (
    <section>
      <h2>Targets</h2>
      <p>A target is met if the median ratio over the rounds meets it. The 95% interval is in brackets.</p>
      <ScrollBox class="table-box" label="Targets and measured ratios">
        <table>
          <thead>
            <tr>
              <th scope="col">Quantity</th>
              <th scope="col">Contenders</th>
              <th scope="col" class="number">
                Measured
              </th>
              <th scope="col" class="number">
                Target, at most
              </th>
              <th scope="col">Met</th>
            </tr>
          </thead>
          <tbody>
            {all.map(({ quantity, case: name, a, b, median, interval, atMost, setAfterLook, met }) => (
              <tr>
                <td class="word">
                  {quantity}, {name}
                </td>
                <td class="word">
                  {a}
                  {b ? ` / ${b}` : ''}
                </td>
                <td>
                  {median.toFixed(2)}
                  {b ? '' : ` ${quantities[quantity]}`}
                  {interval && b ? ` (${range(interval)})` : ''}
                </td>
                <td>
                  {atMost}
                  {setAfterLook && <span class="quiet"> set after a first look</span>}
                </td>
                <td class="word">{met ? 'yes' : 'no'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  );
}

/** One quantity of one case: a bar for each contender. */
function Bars({ measures }: { measures: readonly Measure[] }) {
  const [{ contest, case: name, quantity }] = measures as [Measure];
  const bars = measures
    .map(({ contender, values }) => ({ contender, values: values.filter((value) => value !== null) }))
    .filter(({ values }) => values.length > 0)
    .map(({ contender, values }) => ({
      contender,
      median: median(values),
      least: Math.min(...values),
      most: Math.max(...values),
    }));
  const longest = Math.max(...bars.map(({ most }) => most), Number.MIN_VALUE);
  const at = (value: number) => (value / longest) * 100;
  const unit = quantities[quantity];
  return (
    <section>
      <h2>
        {contest}, {name}: {quantity}
      </h2>
      <dl class="peers-bars">
        {bars.map(({ contender, median, least, most }) => (
          <div class="row">
            <dt>{contender}</dt>
            <dd>
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="peers-bar" x="0" y="1" width={at(median)} height="6" />
                <rect class="peers-spread" x={at(least)} y="3.5" width={at(most) - at(least)} height="1" />
              </svg>
              <span>
                {threeDigits(median)} {unit} ({threeDigits(least)} to {threeDigits(most)})
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function groupsOf(measures: readonly Measure[]): Measure[][] {
  const groups = new Map<string, Measure[]>();
  for (const measure of measures) {
    const key = JSON.stringify([measure.contest, measure.case, measure.quantity]);
    groups.set(key, [...(groups.get(key) ?? []), measure]);
  }
  return [...groups.values()];
}
