import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { laneNames } from '../../clients/classroom/settings.ts';
import { transportLooks } from '../../clients/transports.ts';

/** A file of the pages, as it is served. */
export type PageFile = { type: string; content: string };

/** Scripts that the pages load by these names. */
const scripts = ['presenter', 'member', 'lane-worker'] as const;

/**
 * The pages' files by their paths, made once and kept in memory: `/` for the projector, `/join` for a
 * phone, a script for each, the worker that the lanes of both run in, and the style.
 */
export async function pageFiles(): Promise<Map<string, PageFile>> {
  const [projector, phone, style, bundles] = await Promise.all([
    textOf('index.html'),
    textOf('join.html'),
    textOf('style.css'),
    bundled(),
  ]);
  const html = 'text/html; charset=utf-8';
  return new Map([
    ['/', { type: html, content: projector }],
    ['/join', { type: html, content: phone }],
    ['/style.css', { type: 'text/css; charset=utf-8', content: `${laneColours()}\n${style}` }],
    ...bundles.map(({ name, content }): [string, PageFile] => [
      `/${name}.js`,
      { type: 'text/javascript; charset=utf-8', content },
    ]),
  ]);
}

const folder = new URL('../../clients/classroom/', import.meta.url);

async function textOf(name: string): Promise<string> {
  const url = new URL(name, folder);
  return existsSync(url) ? readFile(url, 'utf8') : `<!doctype html><title>${name}</title>`;
}

async function bundled(): Promise<{ name: string; content: string }[]> {
  const entries = scripts
    .map((name) => ({ name, path: sourceOf(name) }))
    .filter(({ path }) => existsSync(path));
  return Promise.all(
    entries.map(async ({ name, path }) => {
      const { outputFiles } = await build({
        entryPoints: [path],
        bundle: true,
        format: 'esm',
        minify: true,
        write: false,
        target: 'es2022',
        jsx: 'automatic',
        jsxImportSource: 'preact',
        legalComments: 'none',
        logLevel: 'silent',
      });
      return { name, content: outputFiles[0]?.text ?? '' };
    }),
  );
}

function sourceOf(name: string): string {
  const [tsx, ts] = ['tsx', 'ts'].map((ending) => fileURLToPath(new URL(`${name}.${ending}`, folder)));
  return existsSync(tsx as string) ? (tsx as string) : (ts as string);
}

/** The colours of the lanes, as clients/transports.ts has them. */
function laneColours(): string {
  const colours = laneNames.map((name) => {
    const { light, dark } = transportLooks[name];
    return `--${name}: light-dark(${light}, ${dark});`;
  });
  const own = laneNames.map((name) => `.of-${name} { --own: var(--${name}); }`);
  return [`:root { ${colours.join(' ')} }`, ...own].join('\n');
}
