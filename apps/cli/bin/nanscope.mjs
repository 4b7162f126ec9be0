#!/usr/bin/env node
/**
 * Starts the command line from a bundle: the package's own, or one of the TypeScript sources in the workspace. With a third party's
 * backend, which shares the packages that run, from the package's modules themselves or from an open bundle of the sources. Nothing
 * else; the flags live in src/.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath, pathToFileURL } from 'node:url';

const source = new URL('../src/main.ts', import.meta.url);

/**
 * Whether a module of a third party may be loaded: it is named, or a config file or a run that is gone on with may name it.
 * Such a module shares the packages of the process that loads it, which have to be those that it finds.
 * @param {string[]} words
 */
function mayLoadOthers(words) {
  const names = (/** @type {string} */ file) => {
    try {
      return statSync(file).size < 1e6 && /\bbackend["']?\s*:/.test(readFileSync(file, 'utf8'));
    } catch {
      return false; // What is wrong with it is said by the command.
    }
  };
  return words.some((word, i) => {
    if (/^--backend(=|$)/.test(word)) return true;
    const value = word.replace(/^--[^=]*=/, '');
    const isConfig = /^--config(=|$)/.test(word) || words[i - 1] === '--config';
    // A run, or a checkpoint in one.
    const folders = [value, join(value, '..'), join(value, '..', '..')];
    return (isConfig && names(value)) || folders.some((folder) => names(join(folder, 'config.json')));
  });
}

/** What V8 has compiled is kept, by a Node that can (22 and newer), for this process and for the lanes. @param {string} folder */
function keepCompiled(folder) {
  if (!('enableCompileCache' in module) || typeof module.enableCompileCache !== 'function') return;
  process.env.NODE_COMPILE_CACHE ??= folder;
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

/** The checkout in one piece, where that can be made: src/ is translated again only when it has changed. */
async function bundle() {
  const { bundleOf, mainOf } = await import('../scripts/bundle.mjs');
  const folder = await bundleOf();
  keepCompiled(`${folder}/compiled`);
  return pathToFileURL(mainOf(folder)).href;
}

/** What Node is started with for a third party's module, or where the sources cannot be bundled: they say so themselves then. */
async function argumentsFor(/** @type {boolean} */ open) {
  const { openArguments } = await import('../scripts/bundle.mjs');
  const fromSources = [
    '--conditions=@nanscope/source',
    `--import=${import.meta.resolve('tsx')}`,
    fileURLToPath(source),
  ];
  return open ? openArguments().catch(() => fromSources) : fromSources;
}

/** In a process of its own: Node takes an export condition only on its command line. @param {readonly string[]} words */
function startApart(words) {
  const child = spawn(process.execPath, [...words, ...process.argv.slice(2)], { stdio: 'inherit' });
  // One wish to stop reaches the child once: it takes a second signal for impatience. A terminal sends Ctrl-C to
  // both processes itself, and pnpm, on its own way out, adds a SIGTERM for this one.
  const terminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let last = Number.NEGATIVE_INFINITY;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, () => {
      const repeated = performance.now() - last < 300;
      last = performance.now();
      if (!repeated && !(terminal && signal === 'SIGINT')) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error(`nanscope: cannot start ${process.execPath}: ${error.message}`);
    process.exitCode = 3;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else {
      // It was not yet listening. The handler above would swallow the signal, and this process would end with 0.
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}

/**
 * What is not installed of all that our packages depend on: after an update that brought one.
 *
 * @returns {string[]}
 */
function missingPackages(folder = new URL('..', import.meta.url), seen = new Set()) {
  const { dependencies = {} } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  return Object.keys(dependencies).flatMap((name) => {
    if (seen.has(name)) return [];
    const place = new URL(`node_modules/${name}/`, folder);
    if (!existsSync(place)) return [name];
    if (!name.startsWith('@nanscope/')) return [];
    seen.add(name);
    return missingPackages(place, seen);
  });
}

const alone = !mayLoadOthers(process.argv.slice(2));
if (!existsSync(source)) {
  keepCompiled(join(tmpdir(), 'node-compile-cache'));
  await import(new URL(alone ? '../dist/bundle/main.mjs' : '../dist/main.js', import.meta.url).href);
} else {
  const main = alone ? await bundle().catch(() => undefined) : undefined;
  const missing = main === undefined ? [...new Set(missingPackages())] : [];
  if (missing.length > 0) {
    console.error(
      `nanscope: not installed: ${missing.join(', ')}. Run pnpm install, or npm start, which does so.`,
    );
    process.exitCode = 2;
  } else if (main === undefined) startApart(await argumentsFor(!alone));
  else await import(main);
}
