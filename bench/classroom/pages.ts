import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import { laneNames } from '../../clients/classroom/settings.ts';
import { transportLooks } from '../../clients/transports.ts';

/** A file of the pages, as it is served. */
export type PageFile = { type: string; content: string };

const folder = new URL('../../clients/classroom/', import.meta.url);

/**
 * What the pages load: a script for the projector, one for a phone, and the worker that the clients of both run in.
 * The worker is a classic script: older browsers know no modules there.
 */
const scripts = [
  { name: 'presenter.tsx', format: 'esm' },
  { name: 'member.tsx', format: 'esm' },
  { name: 'lane-worker.ts', format: 'iife' },
] as const;

let made: Promise<ReadonlyMap<string, PageFile>> | undefined;

/** The pages' files by their paths, made once and kept in memory: `/` is the projector's page, `/join` a phone's. */
export function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  made ??= makeFiles();
  return made;
}

async function makeFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const [projector, phone, style, bundles] = await Promise.all([
    textOf('index.html'),
    textOf('join.html'),
    textOf('style.css'),
    Promise.all(scripts.map(bundled)),
  ]);
  // The bundler works in a process of its own, which nobody should find running afterwards.
  await stop();
  const html = 'text/html; charset=utf-8';
  return new Map([
    ['/', { type: html, content: projector }],
    ['/join', { type: html, content: phone }],
    ['/style.css', { type: 'text/css; charset=utf-8', content: `${laneColours()}\n${style}` }],
    ...bundles,
  ]);
}

function textOf(name: string): Promise<string> {
  return readFile(new URL(name, folder), 'utf8');
}

/** A script and all that it imports, in one file. */
async function bundled({ name, format }: (typeof scripts)[number]): Promise<[string, PageFile]> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(name, folder))],
    bundle: true,
    format,
    minify: true,
    write: false,
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`the bundler made no output for ${name}`);
  return [
    `/${basename(name, extname(name))}.js`,
    { type: 'text/javascript; charset=utf-8', content: file.text },
  ];
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
