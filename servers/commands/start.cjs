/**
 * Starts a command of the lab: `node servers/commands/start.cjs bench/lab.ts --list`. Without a file it only
 * checks that tests can run: that everything for development is installed, in a folder that Vite can read.
 *
 * Node of any age has to understand this file, to say that it is too old: no newer syntax, no `node:`.
 */
const fs = require('fs');
const path = require('path');
const url = require('url');

const root = path.join(__dirname, '..', '..');
const about = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const exitCodeForEnvironment = 3;

/** With fewer open files than this a command may fail anywhere, in words of its libraries. */
const openFilesMin = 256;

const problem = oldNode() || missingPackages() || (process.argv[2] ? tooFewFiles() : unfitFolder());
if (problem) refuse(problem);
else if (process.argv[2]) start(path.resolve(process.argv[2]));

function oldNode() {
  const needed = /[\d.]+/.exec(about.engines.node)[0];
  const found = process.versions.node;
  if (found.localeCompare(needed, undefined, { numeric: true }) >= 0) return undefined;
  return `This lab needs Node ${needed} or newer, and this is Node ${found}: install a newer one from nodejs.org.`;
}

function missingPackages() {
  const needed = process.argv[2] ? ['tsx'] : Object.keys(about.devDependencies);
  const missing = needed.filter((name) => !fs.existsSync(path.join(root, 'node_modules', name)));
  if (missing.length === 0) return undefined;
  return process.argv[2] || !fs.existsSync(path.join(root, 'node_modules'))
    ? 'The packages of the lab are not installed: run "npm ci" first.'
    : developmentOnly(missing[0]);
}

/** Node raises its soft limit to the hard one at the start. Some systems name no limit. */
function tooFewFiles() {
  const limits = process.report.getReport().userLimits;
  const openFiles = limits && limits.open_files.soft;
  return typeof openFiles === 'number' && openFiles < openFilesMin
    ? `This shell allows ${openFiles} open files, and the lab needs ${openFilesMin}: try "ulimit -n 20000".`
    : undefined;
}

/** The tests run on Vite, which reads a path as an address. */
function unfitFolder() {
  const unfit = /[#?*]/.exec(root);
  return unfit
    ? `The tests can't run in ${root}: Vite cannot load files from a path with "${unfit[0]}". Rename the folder. All other commands work.`
    : undefined;
}

function developmentOnly(name) {
  return `The development package ${name} is not installed: run "npm ci --include=dev".`;
}

/** Runs the file as Node would if it were named first. */
function start(file) {
  process.argv.splice(1, 2, file);
  let hasEnded = false;
  // As Node itself ends when nothing is left to wait for and the file is not done.
  process.once('beforeExit', () => {
    if (!hasEnded) process.exitCode = 13;
  });
  import('tsx')
    .then(() => import(url.pathToFileURL(file).href))
    .catch((error) => {
      const known = wordsFor(error);
      if (!known) throw error;
      refuse(known);
    })
    .then(() => {
      hasEnded = true;
    });
}

/** What a command can't say itself, since its files could not be loaded. */
function wordsFor(error) {
  const { code, message } = Object(error);
  const found = code === 'ERR_MODULE_NOT_FOUND' && /^Cannot find package '([^']+)'/.exec(message);
  if (!found) return undefined;
  return about.devDependencies[found[1]]
    ? developmentOnly(found[1])
    : `The package ${found[1]} is not installed: run "npm ci" again.`;
}

function refuse(reason) {
  console.error(reason);
  process.exitCode = exitCodeForEnvironment;
}
