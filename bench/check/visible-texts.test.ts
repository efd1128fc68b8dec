import { expect, it } from 'vitest';
import { isWhole, sentencesOf, textsOfHtml, textsOfMarkdown, textsOfSource } from './visible-texts.ts';

it('reads paragraphs, list items, headings and cells of Markdown', () => {
  const markdown = [
    '# A heading here\n',
    'A paragraph with a [link text](servers/push.ts)',
    'on two lines. <!-- a comment here -->',
    '- **Bold start.** An item with _two words_ of a label',
    '| first cell | one |',
    '```sh\nnpm run lab\n```',
  ].join('\n');
  expect(textsOfMarkdown(markdown)).toEqual([
    'A heading here',
    'A paragraph with a link text on two lines.',
    'Bold start. An item with “two words” of a label',
    'first cell',
  ]);
});

it('reads a page without its style and scripts, across inline tags', () => {
  const html = '<style>a { b }</style><p>Push &amp; <b>poll</b> here</p><script>let a = "b c";</script>';
  expect(textsOfHtml(html)).toEqual(['Push & poll here']);
});

it('keeps the words of neighbouring spans and small texts apart', () => {
  const html =
    '<label><span>C</span><span>Neither of both<span><b>Wrong.</b><small>Here</small> is why</span></span></label>';
  expect(textsOfHtml(html)).toEqual(['C Neither of both Wrong. Here is why']);
});

it('reads a small text in a cell as its own line, and no letter that is hidden from readers', () => {
  const html =
    '<th>server CPU<small>ms per second</small></th><p><i aria-hidden="true">A</i> The answer here</p>';
  expect(textsOfHtml(html)).toEqual(['server CPU', 'ms per second', 'The answer here']);
});

it('reads strings, templates and JSX text of a source, and no comments', () => {
  const source = [
    "// it's a comment here",
    "const a = 'first text'; /* another comment */",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source has the template
    'const b = `has ${count + 1} texts`;',
    '<td title="a title here">cell text</td>',
  ].join('\n');
  expect(textsOfSource(source)).toEqual(['first text', 'has … texts', 'a title here', 'cell text']);
});

it.each([
  "const font = '600 14px system-ui, sans-serif';",
  "const colour = 'color-mix(in srgb, red 20%, transparent)';",
  '<path d="M0 -9 L9 8 L-9 8 Z" />',
  'if (left > right && width - gap < room) draw();',
  "const request = 'GET /messages HTTP/1.1';",
  "const hello = 'socket.onmessage = (message) => console.log(message)';",
])('reads no code and no values of CSS and SVG in a source: %s', (source) => {
  expect(textsOfSource(source)).toEqual([]);
});

it('splits a text into sentences', () => {
  expect(sentencesOf('It took 1.5 s. “Quoted” text! `code` ends.')).toEqual([
    'It took 1.5 s.',
    '“Quoted” text!',
    '`code` ends.',
  ]);
});

it.each([
  'A message waits for the next poll.',
  'Requests in … of the lesson: ….',
  'open the vote, close it, show the lanes',
  'invalid --port "…": expected a port, 1 to 65535',
  '`stop()` sends a Close frame with 1000',
])('takes for a whole sentence or label: %s', (text) => {
  expect(isWhole(text)).toBe(true);
});

it.each([
  ', and reaches … ms at about … clients',
  '… of … have voted so far',
  'lane of-… in the class view',
  '`subscribe(after, handler): Subscription`',
  'messages per second for each client,',
  'a message of … bytes for each',
])('takes for a piece of a sentence, or code: %s', (text) => {
  expect(isWhole(text)).toBe(false);
});
