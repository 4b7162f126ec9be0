/**
 * The command line of a checkout in a few files, so that it starts at once: from its sources every process would translate
 * some seven hundred modules first. Made at install, and again whenever a source is newer: a bundle's folder has the
 * fingerprint of the sources in its name, so that an edited source is always what runs, and processes that start at the
 * same time do not disturb each other. The published package has none of this; see bin/nanscope.mjs.
 *
 * TensorFlow.js and most other packages of the registry stay outside, each by its own file, and so do data files.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const self = fileURLToPath(import.meta.url);

/** What is run or imported by name. The light part first: help, versions and refusals need nothing of the rest. */
const light = 'apps/cli/src/main.ts';
const errors = 'packages/errors/src/index.ts';
const harness = 'packages/harness/src/index.ts';
const report = 'packages/report/src/index.ts';
/** The entry point of the processes that the harness starts. */
const lane = 'packages/lane/src/main.ts';

/** Packages of the registry that are plain modules: fewer files to find and to read. */
const inside = new Set(['zod', 'pbf', 'fflate']);

/** Days that a bundle of other sources is kept: a long run loads parts of it as it gets to them. */
const keptDays = 7;

/**
 * The source files of the packages that the command line consists of.
 * @param {string} root
 */
function sourceFiles(root) {
  const folders = ['apps/cli', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];
  return folders.flatMap((folder) => {
    const source = join(root, folder, 'src');
    if (!existsSync(source)) return [];
    const names = readdirSync(source, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => /(?<!\.test)\.ts$/.test(name)).map((name) => join(source, name));
  });
}

/**
 * Changes with every file that is part of a bundle, by name, size and time of change.
 * @param {string} root
 */
export function fingerprint(root) {
  const hash = createHash('sha256').update(root);
  for (const file of [self, join(root, 'pnpm-lock.yaml'), ...sourceFiles(root)]) {
    const { mtimeMs, ctimeMs, size } = statSync(file);
    hash.update(`${file} ${mtimeMs} ${ctimeMs} ${size}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * @param {string} root
 * @param {string} folder where the bundle will lie in the end
 * @param {string} place where it is made
 */
async function make(root, folder, place) {
  const { build } = await import('esbuild');
  const outputOf = (/** @type {string} */ source) =>
    pathToFileURL(join(folder, source.replace(/\.ts$/, '.mjs'))).href;

  /** @param {Record<string, string>} outside packages of the workspace that are another part, by kind of import */
  const plugin = (outside) => ({
    name: 'nanscope',
    setup(/** @type {import('esbuild').PluginBuild} */ builder) {
      builder.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
        if (pluginData === plugin || kind === 'entry-point' || path.startsWith('node:')) return undefined;
        const elsewhere = outside[`${kind} ${path}`] ?? outside[path];
        if (elsewhere) return { path: outputOf(elsewhere), external: true };
        if (path.startsWith('@nanscope/') || inside.has(path)) return undefined;
        const found = await builder.resolve(path, { kind, resolveDir, importer, pluginData: plugin });
        // An optional package that is not installed is found missing when it is wanted.
        if (found.errors.length > 0 || !/^(\/|[A-Z]:)/i.test(found.path)) return { path, external: true };
        // What is imported as it is needed is taken by its names, which a required module does not give.
        if (path.startsWith('@tensorflow/') && kind !== 'dynamic-import')
          return { path: found.path, namespace: 'required', sideEffects: false };
        return { path: pathToFileURL(found.path).href, external: true, sideEffects: false };
      });
      // TensorFlow.js is CommonJS. Imported, it is first searched for names, a third of the time that it takes to load.
      builder.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => {
        const create = `process.getBuiltinModule('node:module').createRequire(${JSON.stringify(path)})`;
        return { contents: `module.exports = ${create}(${JSON.stringify(path)});`, loader: 'js' };
      });
      builder.onLoad({ filter: /[\\/](packages|apps)[\\/].*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        if (!text.includes('import.meta.url')) return { contents: text, loader: 'ts' };
        // A module finds its data, and its neighbours, where it lies and not where it was bundled.
        const own = `const urlOfSource = ${JSON.stringify(pathToFileURL(path).href)};`;
        return { contents: `${own}${text}`, loader: 'ts' };
      });
    },
  });

  const part = (/** @type {string[]} */ entryPoints, /** @type {Record<string, string>} */ outside) =>
    build({
      ...{ entryPoints, absWorkingDir: root, outbase: root, outdir: place, outExtension: { '.js': '.mjs' } },
      ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20' },
      ...{ conditions: ['@nanscope/source'], plugins: [plugin(outside)], logLevel: 'silent' },
      define: {
        'import.meta.url': 'urlOfSource',
        NANSCOPE_LANE: JSON.stringify(outputOf(lane)),
      },
    });
  const shared = { '@nanscope/errors': errors };
  await Promise.all([
    part([errors], {}),
    part([light], {
      ...shared,
      'dynamic-import @nanscope/harness': harness,
      'dynamic-import @nanscope/report': report,
    }),
    part([harness, report, lane], shared),
  ]);
}

/**
 * Removes what other sources left behind, some days later.
 * @param {string} cache
 * @param {string} own
 */
async function prune(cache, own) {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    const age = Date.now() - statSync(path).mtimeMs;
    if (path !== own && age > keptDays * 86_400_000) await rm(path, { recursive: true, force: true });
  }
}

/**
 * The folder of a bundle of the sources as they are now; made where there is none.
 *
 * @param {string} [root] of the checkout
 * @returns {Promise<string>}
 * @throws {Error} for a source that can not be translated, or a cache that can not be written
 */
export async function bundleOf(root = checkout) {
  const cache = join(root, 'node_modules', '.cache', 'nanscope');
  const folder = join(cache, `bundle-${fingerprint(root)}`);
  if (existsSync(folder)) return folder;
  const place = join(cache, `making-${process.pid}-${Date.now()}`);
  await mkdir(place, { recursive: true });
  try {
    await make(root, folder, place);
    // A source that was edited meanwhile is in a bundle that has its old name: the name is given only where it is right.
    if (join(cache, `bundle-${fingerprint(root)}`) !== folder) return await bundleOf(root);
    await rename(place, folder).catch((error) => {
      if (!existsSync(folder)) throw error; // Else another process was quicker.
    });
    await utimes(folder, new Date(), new Date());
    await prune(cache, folder).catch(() => {});
    return folder;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** The module to import for the whole command line. @param {string} folder */
export const mainOf = (folder) => join(folder, light.replace(/\.ts$/, '.mjs'));

if (process.argv[1] === self) {
  const began = performance.now();
  await bundleOf().then(
    () => console.log(`command line: bundled in ${((performance.now() - began) / 1000).toFixed(1)} s`),
    (error) =>
      console.log(`command line: not bundled, it runs from its sources (${String(error).split('\n')[0]})`),
  );
}
