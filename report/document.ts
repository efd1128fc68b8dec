import { createHash } from 'node:crypto';

/** The parts of a page. Style and scripts are inside, so the page loads nothing. */
type Made = { title: string; style: string; scripts?: readonly string[]; body: string };

/** A page as one HTML file, which may run these scripts and no others. `body` has to be escaped. */
export function htmlDocument({ title, style, scripts = [], body }: Made): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyFor(style, scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** Allows this style, these scripts, images that the page makes, and nothing else. */
function policyFor(style: string, scripts: readonly string[]): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(withLf(text)).digest('base64')}'`;
  return [
    "default-src 'none'",
    ...(scripts.length > 0 ? [`script-src ${scripts.map(hash).join(' ')}`, 'img-src data: blob:'] : []),
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** A browser converts line ends to LF before it hashes. */
function withLf(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n');
}
