import {
  breakEvenOf,
  frameworkOverhead,
  predictWinners,
  score,
  splitCells,
} from '../../analysis/break-even.ts';
import type { Cost } from '../../analysis/costs.ts';
import { cellsOf, costTrials, fitCpuCosts } from '../../analysis/cpu-costs.ts';
import {
  type Figures,
  figureWith,
  fitted,
  lanesBy,
  NotEnough,
  type OwnFigure,
  overRuns,
  timesOf,
  total,
} from '../../analysis/figures.ts';
import { smallerOf } from '../../analysis/interval.ts';
import { ratioSpread, significant, timesSentence } from '../../analysis/statistics.ts';
import { serverCpuPerSecond } from '../../analysis/trial-quantities.ts';
import { writeEstimate } from '../../analysis/writing.ts';
import type { Experiment, GroupPlan, TrialPlan } from '../../experiment.ts';
import type { Trial } from '../../result.ts';

const clients = 100;
const frameworks = ['express', 'http'] as const;

/** The verdict is about these rates and intervals: every profile has their ends, and some more in between. */
const corners = { rates: [4, 150], intervals: [100, 500] } as const;

/** The break-even is given for this interval. */
const [, longestMs] = corners.intervals;

/** Messages that share a write, and messages that don’t. */
const bursts = [true, false];

/** Windows hold whole message periods and whole poll intervals. */
const sizes = {
  quick: { repeats: 1, durationMs: 1000, ...corners, sides: [], bursts: [] },
  default: { repeats: 1, durationMs: 1000, ...corners, rates: [4, 40, 150], sides: corners.rates, bursts },
  full: {
    repeats: 5,
    durationMs: 1000,
    rates: [4, 10, 50, 150],
    intervals: [100, 250, 500],
    sides: corners.rates,
    bursts,
  },
} as const;

/** A burst at which coalescing shows: so many messages due at one instant. */
const burstPerSecond = 100;

export const breakEven: Experiment = {
  text: {
    id: 'break-even',
    title: 'Break-even',
    claim: 'Request-response is always an ideal pattern: polling costs less server CPU than push',
    question: 'When does polling cost the server less than push?',
    prediction: {
      choices: [
        {
          text: 'Never: push sends nothing except the messages themselves.',
          why: 'Push costs CPU for each message and client. One poll response carries all messages since the previous poll.',
        },
        {
          text: 'Always: push writes to every client.',
          why: 'A pushed frame is built once and written many times. An empty poll costs a whole request and response.',
        },
        {
          text: 'When each poll returns a batch of messages.',
          why: 'A poll with fifty messages costs little more than a poll with one message. Push writes fifty messages to each client.',
        },
        {
          text: 'When messages are rare, because polling then has little to do.',
          why: 'If messages are rare, most polls are empty, and push has almost no work.',
        },
      ],
      right: 2,
    },
    howToRead:
      'Each cell combines one message rate with one poll interval. The symbol shows the method that used less server CPU. The number is the ratio of the two CPU times. The dashed line is predicted from the fitted costs: above this line, polling should use less CPU. The left map shows polls on Express, the right map polls on bare HTTP.',
    why: 'Push costs c_push per message and client. A polling client costs c_poll per poll interval T, plus c_batched for each message in a response. Push and polling cost the same at the message rate λ* = (c_poll/T)/(c_push − c_batched). A framework makes polls more expensive and moves the line. npm run bench:peers measures the savings of two common optimizations on Express. With coalesced push, messages with the same scheduled send time share one write. Coalescing makes push cheaper and moves the line in the same direction.',
    caveat:
      'The CPU is that of one server process with 100 clients and no other work. A delivery costs more when deliveries are rare, because the process has to wake up. The costs are valid for similar loads only. The method with less CPU may have the higher latency: a poll interval of T adds T/2 on average.',
  },

  rule: `Paired runs compare the server CPU of push with that of polls on Express. Each combination has a message rate (${corners.rates[0]} to ${corners.rates[1]} messages/s) and a poll interval (${corners.intervals[0]} to ${corners.intervals[1]} ms). The claim holds if polling used less CPU in every combination. The claim does not hold if polling used less CPU in no combination. Otherwise the claim "depends". With three runs or more, a combination counts only if the 95% interval of its ratio excludes 1.`,

  plan(profile) {
    const { repeats, durationMs, rates, intervals, sides, bursts } = sizes[profile];
    const polls = frameworks.flatMap((framework) =>
      intervals.map(
        (intervalMs): GroupPlan => ({ transport: 'short-poll', clients, intervalMs, server: { framework } }),
      ),
    );
    const others: GroupPlan[] = [
      { transport: 'sse', clients, server: { framework: 'http' } },
      { transport: 'long-poll', clients, server: { framework: 'http' } },
    ];
    const push: GroupPlan = { transport: 'push', clients };
    const periodic = (groups: readonly GroupPlan[], ratePerSecond: number) =>
      groups.map((group) => ({ group, kind: 'periodic' as const, ratePerSecond }));
    const runs = [
      ...rates.flatMap((ratePerSecond) => periodic([push, ...polls], ratePerSecond)),
      ...sides.flatMap((ratePerSecond) => periodic(others, ratePerSecond)),
      ...bursts.map((coalesce) => ({
        group: { ...push, server: { coalesce } },
        kind: 'burst' as const,
        ratePerSecond: burstPerSecond,
      })),
    ];
    const trials: TrialPlan[] = [];
    for (let repeat = 1; repeat <= repeats; repeat += 1)
      for (const { group, kind, ratePerSecond } of runs)
        trials.push({ groups: [group], schedule: { kind, ratePerSecond }, durationMs, repeat });
    return { trials };
  },

  fits: ({ trials }) => frameworks.flatMap((framework) => fitsOf(framework, trials)),

  figures({ trials }) {
    const bursts = trials.filter(({ parameters }) => parameters.schedule === 'burst');
    const pairs = bursts
      .filter(({ parameters }) => parameters.coalesce === false)
      .flatMap((a) => {
        const b = bursts.find(
          ({ parameters, repeat }) => parameters.coalesce !== false && repeat === a.repeat,
        );
        return b ? [{ a, b }] : [];
      });
    const label = 'server CPU in bursts, push without coalescing ÷ coalesced push';
    return [
      ...frameworks.flatMap((framework) => cellFigures(trials, framework)),
      ...frameworks.flatMap((framework) => costFigures(trials, framework)),
      ...frameworkFigures(trials),
      timesOf('coalescingTimes', label, pairs, ({ server }) => server.cpuMs),
    ];
  },

  judge(figures) {
    const [express = [], bare = []] = frameworks.map((framework) => figures.under(`cpuTimes/${framework}`));
    if (express.length === 0) throw new NotEnough('No usable pair of a push trial and a poll trial');
    const wins = (ratios: OwnFigure[]) => ratios.filter((ratio) => smallerOf(ratio) === 'a').length;
    const pollWins = wins(express);
    const verdict = pollWins === express.length ? 'holds' : pollWins === 0 ? 'does not hold' : 'depends';
    const overhead = figures.get('frameworkOverhead');
    const coalescing = figures.get('coalescingTimes');
    return {
      verdict,
      sentence: [
        `Polling on Express used less server CPU than push in ${pollWins} of ${express.length} combinations of message rate and poll interval.`,
        `On bare HTTP, polling used less server CPU in ${wins(bare)} of ${bare.length} combinations. Each combination had ${clients} clients.`,
        ...frameworks.map((framework) => costSentence(figures, framework)),
        overhead ? `A poll on Express costs ${writeDifference(overhead)} more than a poll on bare HTTP.` : '',
        coalescing
          ? timesSentence(
              'In bursts of ten messages, the server CPU of push without coalescing',
              'that of coalesced push',
              coalescing,
            )
          : '',
      ]
        .filter(Boolean)
        .join(' '),
      model: `λ* = (c_poll/T)/(c_push − c_batched); ${forecast(figures)}`,
    };
  },
};

type Framework = (typeof frameworks)[number];

const words: Record<Framework, string> = { express: 'Express', http: 'bare HTTP' };

/** Server CPU of a poll, divided by that of push, in each combination of rate and interval, by paired runs. */
function cellFigures(trials: readonly Trial[], framework: Framework) {
  const cells = lanesBy(
    cellsOf(trials, framework),
    ({ ratePerSecond, intervalMs }) => `${framework}/${ratePerSecond}/${intervalMs}`,
    ({ ratePerSecond, intervalMs }) =>
      `poll every ${intervalMs} ms on ${words[framework]}, ${ratePerSecond} messages/s`,
  );
  return cells.map(({ name, words: condition, runs }) =>
    figureWith(
      { name: `cpuTimes/${name}`, label: 'server CPU, poll ÷ push', condition },
      ratioSpread(runs.map(({ pollCpu, pushCpu }) => ({ a: pollCpu, b: pushCpu }))),
      costTrials(trials, framework).filter(
        ({ parameters: { ratePerSecond, intervalMs = runs[0]?.intervalMs } }) =>
          ratePerSecond === runs[0]?.ratePerSecond && intervalMs === runs[0]?.intervalMs,
      ),
    ),
  );
}

/** The fitted costs, the rate at which polling becomes cheaper, and how well the costs predict. */
function costFigures(trials: readonly Trial[], framework: Framework) {
  const costs = fitCpuCosts(trials, framework);
  if (!costs) return [];
  const own = costTrials(trials, framework);
  const on = words[framework];
  const found = breakEvenOf(costs, longestMs);
  const score = forecastScore(trials, framework);
  return [
    fitted(`cost/poll/${framework}`, `fitted server CPU per poll on ${on}`, costs.poll, own, 'µs'),
    fitted(
      `cost/batched/${framework}`,
      `fitted server CPU per message in a response on ${on}`,
      costs.batched,
      own,
      'µs',
    ),
    fitted(
      `cost/push/${framework}`,
      'fitted server CPU per pushed message and client',
      costs.push,
      own,
      'µs',
    ),
    found.at === 'rate'
      ? fitted(
          `breakEvenRate/${framework}`,
          `rate above which a poll every ${longestMs} ms on ${on} is cheaper`,
          found.rate,
          own,
          'messages/s',
        )
      : fitted(
          `saved/${framework}`,
          'cost of a pushed message − cost of a message in a response',
          found.saved,
          own,
          'µs',
        ),
    total(
      `batchedPerPoll/${framework}`,
      `fitted cost of a batched message ÷ fitted cost of a poll, on ${on}`,
      costs.batched.value / costs.poll.value,
      own,
    ),
    ...(score
      ? [
          total(
            `forecast/right/${framework}`,
            `winners on ${on} that the other half of the cells predicted`,
            score.right,
            own,
          ),
          total(
            `forecast/of/${framework}`,
            `winners on ${on} that the other half of the cells named`,
            score.of,
            own,
          ),
          total(
            `forecast/tooClose/${framework}`,
            `cells on ${on} that were too close to call`,
            score.tooClose,
            own,
          ),
        ]
      : []),
  ];
}

/** What Express adds to a poll: by the fits, and by the same polls on both. */
function frameworkFigures(trials: readonly Trial[]) {
  const [express, bare] = frameworks.map((framework) => fitCpuCosts(trials, framework));
  const polls = trials.filter(({ transport }) => transport === 'short-poll');
  const [onExpress = [], onBare = []] = frameworks.map((framework) =>
    polls.filter(({ parameters }) => parameters.framework === framework),
  );
  const ratios = onExpress.flatMap((a) => {
    const { ratePerSecond, intervalMs } = a.parameters;
    const b = onBare.find(
      ({ parameters, repeat }) =>
        repeat === a.repeat &&
        parameters.ratePerSecond === ratePerSecond &&
        parameters.intervalMs === intervalMs,
    );
    return b ? [{ run: a, value: serverCpuPerSecond(a) / serverCpuPerSecond(b) }] : [];
  });
  return [
    express && bare
      ? fitted(
          'frameworkOverhead',
          'server CPU that Express adds to a poll',
          frameworkOverhead(express.poll, bare.poll),
          polls,
          'µs',
        )
      : undefined,
    figureWith(
      { name: 'frameworkTimes', label: 'server CPU of the same polls, Express ÷ bare HTTP' },
      overRuns(ratios),
      polls,
    ),
  ];
}

function costSentence(figures: Figures, framework: Framework): string {
  const [poll, batched, push] = (['poll', 'batched', 'push'] as const).map((name) =>
    figures.get(`cost/${name}/${framework}`),
  );
  if (!poll || !batched || !push) return '';
  const costs = `Fitted costs on ${words[framework]}: ${microseconds(poll.value)} per poll, ${microseconds(batched.value)} per message in its response, ${microseconds(push.value)} per pushed message.`;
  const rate = figures.get(`breakEvenRate/${framework}`);
  if (rate)
    return `${costs} Polling every ${longestMs} ms is cheaper above ${writeEstimate(rate, 'messages/s')}.`;
  const saved = figures.get(`saved/${framework}`);
  if (!saved) return costs;
  return saved.high < 0
    ? `${costs} A pushed message costs less than a message in a response, so push is cheaper at any rate.`
    : `${costs} The break-even is not determined. A pushed message costs ${writeDifference(saved)} more than a message in a response. The difference may be zero.`;
}

/** How well costs from one half of the cells predict the other half. */
function forecast(figures: Figures): string {
  const parts = frameworks.flatMap((framework) => {
    const [right, of, tooClose] = ['right', 'of', 'tooClose'].map(
      (name) => figures.get(`forecast/${name}/${framework}`)?.value ?? 0,
    ) as [number, number, number];
    return of + tooClose > 0
      ? [`${words[framework]}: ${right} of ${of} right, ${tooClose} too close to call`]
      : [];
  });
  if (parts.length === 0)
    return 'too few combinations to fit the costs to one half and predict the other half';
  return `costs fitted to half of the combinations predicted the winner in the other half (${parts.join('; ')})`;
}

/** How well costs that were fitted to one half of the cells predict the other half; `undefined` with too few. */
export function forecastScore(trials: readonly Trial[], framework: Framework) {
  const cells = cellsOf(trials, framework);
  const [known, unknown] = splitCells(cells);
  const isKnown = ({ parameters }: Trial) =>
    parameters.intervalMs === undefined ||
    known.some(
      (cell) => cell.ratePerSecond === parameters.ratePerSecond && cell.intervalMs === parameters.intervalMs,
    );
  const costs = fitCpuCosts(trials.filter(isKnown), framework);
  if (!costs || unknown.length === 0) return undefined;
  return score(predictWinners(unknown, costs));
}

function fitsOf(framework: Framework, trials: readonly Trial[]) {
  const costs = fitCpuCosts(trials, framework);
  if (!costs) return [];
  const on = words[framework];
  const named: ['poll' | 'batched' | 'push', string][] = [
    ['poll', `server CPU per poll on ${on}`],
    ['batched', `server CPU per message in a poll response on ${on}`],
  ];
  if (framework === 'express') named.push(['push', 'server CPU per pushed message, per client']);
  return named.map(([name, title]) => ({
    name: name === 'push' ? 'push' : `${name}/${framework}`,
    title,
    unit: 'µs of server CPU',
    ...costs[name],
    n: costs.n,
  }));
}

function microseconds(value: number): string {
  return `${significant(value, 2)} µs`;
}

/** A difference may well be negative, and its interval is written as it is. */
function writeDifference({ value, low, high }: Pick<OwnFigure, keyof Cost>): string {
  return `${significant(value, 2)} µs (95%: ${significant(low, 2)} to ${significant(high, 2)})`;
}
