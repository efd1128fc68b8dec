import { readFileSync } from 'node:fs';
import { randomLcg } from 'd3-random';
import { describe, expect, it } from 'vitest';
import { parseResult, type Result, type Trial } from '../bench/result.ts';
import { renderReport } from './render.ts';

const sampleText = readFileSync(new URL('./sample/results.json', import.meta.url), 'utf8');

/** A fresh copy of the sample, changed by the test. */
function sampleWith(change: (result: Result) => void): Result {
  const result = parseResult(sampleText);
  change(result);
  return result;
}

describe('a report', () => {
  it('holds every verdict, rule and table in its HTML, in less than a megabyte', async () => {
    const result = parseResult(sampleText);
    const html = await renderReport(result);
    const text = html.replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, '').replaceAll(/<[^>]+>/g, '');
    for (const { claim, verdict, rule } of result.findings) {
      expect(text).toContain(escaped(claim));
      expect(text).toContain(verdict);
      expect(text).toContain(escaped(rule));
    }
    expect(Buffer.byteLength(html)).toBeLessThan(1_000_000);
  });

  it('sums up the delivery accounting of all trials', async () => {
    const { trials } = parseResult(sampleText);
    const html = await renderReport(parseResult(sampleText));
    const [table = ''] = html.match(/<table id="delivery-accounting">.*?<\/table>/s) ?? [];
    const columns = [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
      [...row.matchAll(/<t[hd].*?>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
        cell.replaceAll(/<.*?>/g, '').replaceAll(',', ''),
      ),
    );
    const sumOf = (title: string) => {
      const place = columns[0]?.indexOf(title) ?? -1;
      return columns.slice(1).reduce((sum, row) => sum + Number(row[place]), 0);
    };
    expect(sumOf('trials')).toBe(trials.length);
    for (const key of ['expected', 'delivered', 'dropped', 'missed'] as const)
      expect(sumOf(key)).toBe(trials.reduce((sum, { messages }) => sum + messages[key], 0));
  });

  it('writes free text of the result as text, wherever it stands', async () => {
    const attack = '</script><script>document.title="broken"</script><img src=x onerror=alert(1)>';
    const html = await renderReport(
      sampleWith((result) => {
        result.environment.cpu = attack;
        result.environment.warnings = [attack];
        result.lab.command = attack;
        for (const experiment of result.experiments) experiment.why = attack;
        for (const finding of result.findings) finding.sentence = attack;
        for (const trial of result.trials) trial.id = attack;
        for (const fit of result.fits) fit.title = attack;
        for (const pair of result.pairs) {
          pair.title = attack;
          pair.unit = attack;
          pair.lesson = attack;
          pair.naive.how = attack;
        }
      }),
    );
    expect(html).not.toContain('<img');
    // The page’s own script, and its data: panels, the result, the program, lanes where a trial was traced, prices where costs were fitted, each table as a file.
    const own = html.match(/<script( type="application\/(json|gzip)" id="[\w-]+")?>/g) ?? [];
    expect(html.match(/<script/g)).toHaveLength(own.length);
    expect(own.filter((tag) => !tag.includes('-csv"')).length).toBeLessThanOrEqual(7);
    expect(html).toContain('&lt;/script>');
  });

  it('says what an interrupted run lacks, and draws the rest', async () => {
    const html = await renderReport(
      sampleWith((result) => {
        result.lab.status = 'interrupted';
        result.trials = result.trials.filter(({ experiment }) => experiment === 'freshness');
        result.findings = result.findings.filter(({ experiment }) => experiment === 'freshness');
      }),
    );
    expect(html).toContain('The run was interrupted');
    expect(html).toContain('The crowd: not measured.');
    expect(html).toContain('data-panel="freshness-ages-0"');
  });

  it('shows the claims of LAB.md of a run that was asked to check them', async () => {
    const unchecked = sampleWith((result) => result.checks.splice(0));
    expect(await renderReport(unchecked)).not.toContain('id="claims"');
    const html = await renderReport(
      sampleWith((result) => {
        const check = { experiment: 'freshness', measured: 'age: 2 (claimed: 1 to 3)' };
        result.checks = [
          { id: 'one', says: 'It is so.', outcome: 'holds', ...check },
          { id: 'two', says: 'It is not so.', outcome: 'does not hold', ...check },
        ];
      }),
    );
    expect(html).toContain('1 of 2 claims of LAB.md hold here.');
    expect(html).toMatch(/It is not so\.<\/td><td class="word mark-bad">does not hold/);
  });

  it('takes an experiment that has nothing but probes for measured', async () => {
    const html = await renderReport(
      sampleWith((result) => {
        const [like] = result.experiments;
        if (!like) throw new Error('the sample has no experiment');
        result.experiments = [{ ...like, id: 'chat-room', title: 'The chat room' }];
        result.trials = [];
        result.findings = [];
        const values = { visitors: 10, announcementsHeard: 55, saidHeard: 100, tellMaxMs: 5, tellMeanMs: 2 };
        result.probes = [{ experiment: 'chat-room', name: 'party/fixed', title: 'a party', values }];
      }),
    );
    expect(html).not.toContain('The chat room: not measured.');
    expect(html).toContain('data-panel="chat-room-messages"');
  });

  it('shows a failed trial with its reason and leaves it out of the charts', async () => {
    let crowd = 0;
    const html = await renderReport(
      sampleWith(({ trials }) => {
        const own = trials.filter(({ experiment }) => experiment === 'crowd');
        const [failed] = own;
        if (!failed) throw new Error('the sample has no such trial');
        failed.status = 'failed';
        failed.error = 'the books do not balance';
        crowd = own.length;
      }),
    );
    expect(html.includes('run 1 failed: the books do not balance')).toBe(true);
    expect(html.includes(`The charts leave out 1 of ${crowd} trials: these trials did not finish.`)).toBe(
      true,
    );
  });

  it('leaves the result out of a page that it would make too large', async () => {
    const html = await renderReport(
      sampleWith(({ environment }) => {
        environment.warnings = [' '.repeat(700_000)];
      }),
    );
    expect(html).not.toContain('id="result"');
    expect(html).not.toContain('data-json');
  });

  it('carries the result of a full run and still weighs less than a megabyte', async () => {
    const random = randomLcg(45);
    const like = (value: number) => (Number.isInteger(value) ? value : value * (0.9 + 0.2 * random()));
    const html = await renderReport(
      sampleWith((result) => {
        // The sample has mostly one run of each trial, 212 in all, a full run 1,170. No run packs as a copy of another.
        result.trials = result.trials.flatMap((trial, place) =>
          [1, 2, 3, 4, 5, ...(place % 2 === 0 ? [6] : [])].map((repeat) => ({
            ...(JSON.parse(JSON.stringify(trial), (_, value) =>
              typeof value === 'number' ? like(value) : value,
            ) as Trial),
            id: `${trial.id}/${repeat}`,
            repeat,
            // One run of them all is traced, in a full run as well.
            trace: repeat === 1 ? trial.trace : undefined,
          })),
        );
      }),
    );
    expect(Buffer.byteLength(html)).toBeLessThan(1_000_000);
    expect(html.includes('id="result"')).toBe(true);
  });

  it('can be drawn from a result without a single trial', async () => {
    const html = await renderReport(
      sampleWith((result) => {
        result.lab.status = 'interrupted';
        result.trials = [];
        result.capacities = [];
        result.probes = [];
        result.fits = [];
        result.pairs = [];
        result.findings = [];
      }),
    );
    expect(html).toContain('No claim was judged');
  });
});

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
