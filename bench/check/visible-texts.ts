import { readdirSync, readFileSync } from 'node:fs';

/** The Markdown files of the lab. */
export const markdownFiles = [
  'README.md',
  'servers/README.md',
  'clients/README.md',
  'bench/README.md',
  'report/README.md',
  'CONTRIBUTING.md',
  'LAB.md',
  'LAB-INSTRUCTOR.md',
  'SECURITY.md',
];

/** Paragraphs, list items, headings and table cells of a Markdown text, without code blocks, comments and link targets; words in italics in quotes. */
export function textsOfMarkdown(markdown: string): string[] {
  return markdown
    .replaceAll(/```[\s\S]*?```|<!--[\s\S]*?-->/g, '\n\n')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\b_([^_\n.]+)_\b/g, '“$1”')
    .split(/\n\s*\n|\n(?=\s*(?:[-*|#>]|\d+\.))/)
    .flatMap((block) => (block.trim().startsWith('|') ? block.split('|') : [block]))
    .map((text) => plain(text.replaceAll(/^\s*(?:[-*#>]+|\d+\.)\s|\*\*|\b_|_\b/g, '')))
    .filter(hasWords);
}

/** The texts of an HTML page, without style, scripts and hidden letters. In a cell, a small text is a line of its own. */
export function textsOfHtml(html: string): string[] {
  const inline = /<\/?(?:a|abbr|b|code|em|i|kbd|strong|sub|sup)\b[^>]*>/g;
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };
  return html
    .replaceAll(/<(script|style)\b[\s\S]*?<\/\1>|<!--[\s\S]*?-->/g, '')
    .replaceAll(/<(\w+)\b[^>]*\baria-hidden="true"[^>]*>[^<]*<\/\1>/g, '')
    .replaceAll(/<t[hd]\b[\s\S]*?<\/t[hd]>/g, (cell) =>
      cell.replaceAll(/<\/?(?:small|span)\b[^>]*>/g, '<td>'),
    )
    .replaceAll(inline, '')
    .replaceAll(/<\/?(?:small|span)\b[^>]*>/g, ' ')
    .split(/<[^>]+>/)
    .map((text) => plain(text.replaceAll(/&([#\w]+);/g, (_, name) => entities[name] ?? ' ')))
    .filter(hasWords);
}

/**
 * The texts in a TypeScript source: strings, templates (with … for each expression), and the text between JSX
 * tags, without code and values of CSS and SVG. Found by patterns, so a few may be cut short.
 */
export function textsOfSource(source: string): string[] {
  const token = /\/\*[\s\S]*?\*\/|\/\/.*|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
  const strings: string[] = [];
  const rest = source.replaceAll(token, (_, ...groups: (string | undefined)[]) => {
    const text = groups.slice(0, 3).find((group) => group !== undefined);
    if (text !== undefined) strings.push(text.replaceAll(/\$\{[^}]*\}|\$\{.*/g, '…'));
    return '';
  });
  const betweenTags = [...rest.matchAll(/>([^<>{}=;()]+)</g)].map(([, text]) => text as string);
  return [...strings, ...betweenTags].map(plain).filter((text) => hasWords(text) && !isCode(text));
}

/** The texts of all sources in a folder, by file. Tests and exercises are left out. */
export function textsOfFolder(folder: string): Map<string, string[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file}`)
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.|\.d\.ts$|node_modules|exercises\//.test(file))
    .sort();
  return new Map(files.map((file) => [file, textsOfSource(readFileSync(file, 'utf8'))]));
}

/** The sentences of a text. */
export function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?])\s+(?=[\p{Lu}"“`])/u);
}

/**
 * Whether a user sees these words as a whole sentence or label, and not a piece of one: at least four words outside
 * of code, no connecting punctuation or … at the start, and no … in a label.
 */
export function isWhole(sentence: string): boolean {
  const words = sentence.replaceAll(/`[^`]*`/g, ' ').match(/\p{Letter}[\p{Letter}’'-]*/gu) ?? [];
  if (words.length < 4 || /……|^[^\p{Letter}\d"“`]|\w-…|^\w+-\w+ [\w-]+$/u.test(sentence)) return false;
  const isSentence = /^[\p{Lu}\d"“`]/u.test(sentence) && /[.!?:][”")]?$/.test(sentence);
  return isSentence || (!/[…(,:]$/.test(sentence) && !sentence.includes('…')) || /: expected /.test(sentence);
}

/** Operators and calls, HTTP requests, sizes and functions of CSS, and paths of SVG. */
const code = [
  /&&|\|\||=>|\.\w+\(|\bconst |\bHTTP\/1\.[01]\b.*\\r|^[A-Z]+ \/\S* HTTP\/|<\/?\w+[ >]/,
  /\b\d+px\b|\b(?:var|color-mix)\(/,
  /^[MLHVCSQTAZ\d\s.,-]+$/i,
];

function isCode(text: string): boolean {
  return code.some((pattern) => pattern.test(text));
}

function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Leaves out names, paths and other single words. */
function hasWords(text: string): boolean {
  return /\p{Letter}.* .*\p{Letter}/u.test(text);
}
