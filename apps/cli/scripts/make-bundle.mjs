/**
 * The command line in a few files that lie side by side, made by esbuild: from its modules one by one every process would
 * first find, read and translate some seven hundred of them. Two kinds: of a checkout (bundle.mjs), whose files name what they need
 * by its place, and of a package (package-bundle.mjs), which finds it where the package is installed. That of a checkout is also made
 * open: with an entry for each package, so that a module of a third party shares the packages that run (open-packages.mjs).
 *
 * TensorFlow.js and most other packages of the registry stay outside, each by its own file, and so do data files.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is run or imported by name, each a file of that name. The light part is `main`: help, versions and refusals need nothing of the rest. */
const entries = {
  main: 'apps/cli/src/main.ts',
  /** The same without a process of its own, for tests. */
  'command-line': 'apps/cli/src/command-line.ts',
  errors: 'packages/errors/src/index.ts',
  harness: 'packages/harness/src/index.ts',
  report: 'packages/report/src/index.ts',
  /** The entry point of the processes that the harness starts. */
  lane: 'packages/lane/src/main.ts',
};

/** What a module of a third party may import, each a file in `packages/`. @param {string} root */
const packageEntries = (root) =>
  readdirSync(join(root, 'packages'))
    .map((name) => ({ in: `packages/${name}/src/index.ts`, out: `packages/${name}` }))
    .filter((entry) => existsSync(join(root, entry.in)));

/** Packages of the registry that are plain modules: fewer files to find and to read. */
const inside = ['zod', 'pbf'];

/** A source of ours: the folder of its package, and its place in there. */
const ours = /[\\/](?:packages|apps)[\\/]([^\\/]+)[\\/]src[\\/](.*)\.ts$/;

/** The file to import for the whole command line. @param {string} folder */
export const mainOf = (folder) => join(folder, 'main.mjs');

/** @typedef {import('esbuild').Plugin} Plugin */

/**
 * Where the parts of an installed package find each other: the command line sees its own packages, and @nanscope/lane sees all
 * others. Each package of the registry is found from the one of ours that imports it, so that both have the same.
 */
const installed = `
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
const here = createRequire(import.meta.filename);
const lane = createRequire(here.resolve('@nanscope/lane'));
const entryOf = (name) => (['lane', 'harness', 'report'].includes(name) ? here : lane).resolve('@nanscope/' + name);
const requireOf = (name) => (name === 'cli' ? here : createRequire(entryOf(name)));
export const load = (name, wanted) => requireOf(name)(wanted);
export const urlOf = (name, wanted) => pathToFileURL(requireOf(name).resolve(wanted)).href;
export const placeOf = (name, file) =>
  new URL(name === 'cli' ? '../' + file : file, pathToFileURL(name === 'cli' ? import.meta.filename : entryOf(name))).href;
`;

/** What a source needs to know about where it lies, as the first line of it. @param {string} path @param {boolean} packed */
function sourceText(path, packed) {
  let text = readFileSync(path, 'utf8');
  const [, name = '', file = ''] = ours.exec(path) ?? [];
  const first = [];
  // A module finds its data, and its neighbours, where it lies and not where it was bundled.
  if (text.includes('import.meta.url')) {
    const place = JSON.stringify(`${file.replaceAll('\\', '/')}.js`);
    if (packed) first.push("import { placeOf } from 'nanscope:installed';");
    const url = packed ? `placeOf('${name}', ${place})` : JSON.stringify(pathToFileURL(path).href);
    first.push(`const urlOfSource = ${url};`);
  }
  if (text.includes('NANSCOPE_LATE')) first.push('const NANSCOPE_LATE = true;');
  if (text.includes('NANSCOPE_LANE')) first.push("const NANSCOPE_LANE = import.meta.resolve('./lane.mjs');");
  // esbuild keeps only what is used of a namespace, but all of zod for the object `z`, with its messages in sixty languages.
  text = text.replace(/^import \{ z \} from 'zod';$/m, "import * as z from 'zod';");
  // A required module is one object. As a namespace it would be copied, name by name, for each module that imports it.
  // Only where the line is an import: a script that is written out holds one in a string.
  text = text.replace(/^import \* as tf from '@tensorflow\/tfjs';$/m, "import tf from 'nanscope:tfjs';");
  // What is imported as it is needed is taken by its names, which a required module does not give.
  if (packed && name !== 'cli') {
    const late = text.replace(
      /(?<!typeof )\bimport\('((?!@nanscope\/)[^.':$][^':$]*)'\)/g,
      (_, wanted) => `import(urlOf('${name}', '${wanted}'))`,
    );
    if (late !== text) first.push("import { urlOf } from 'nanscope:installed';");
    text = late;
  }
  return `${first.join('')}${text}`;
}

/** What requires a package. @param {string} path of its file, or its name and who has it @param {boolean} packed */
function requireOf(path, packed) {
  const [owner, wanted] = path.split(' ');
  if (packed) return `require('nanscope:installed').load('${owner}', '${wanted}')`;
  const file = JSON.stringify(path);
  return `process.getBuiltinModule('node:module').createRequire(${file})(${file})`;
}

/**
 * A module whose default export is an object that is loaded when something of it is first asked for: what only leads the lanes needs
 * nothing of TensorFlow.js. From then on it has all that is in it as its own.
 * @param {string} load an expression
 */
const lateObject = (load) => `
const loaded = () => {
  const all = ${load};
  return Object.assign(Object.setPrototypeOf(late, Object.prototype), all);
};
const late = Object.create(new Proxy({}, { get: (_, name) => loaded()[name], has: (_, name) => name in loaded() }));
export default late;
`;

/**
 * @param {boolean} packed
 * @param {Record<string, string>} outside packages of the workspace that are another part, by kind of import
 * @returns {Plugin}
 */
function parts(packed, outside) {
  /** @type {Plugin} */
  const plugin = {
    name: 'nanscope',
    setup(builder) {
      builder.onResolve({ filter: /^nanscope:installed$/ }, ({ path }) => ({ path, namespace: 'installed' }));
      builder.onResolve({ filter: /^nanscope:tfjs$/ }, async ({ kind, resolveDir, importer }) => {
        const found = await builder.resolve('@tensorflow/tfjs', { kind, resolveDir, importer });
        return { ...found, namespace: 'object' };
      });
      builder.onLoad({ filter: /.*/, namespace: 'installed' }, () => ({ contents: installed }));

      builder.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
        if (pluginData === plugin || kind === 'entry-point' || path.startsWith('node:')) return undefined;
        const elsewhere = outside[`${kind} ${path}`] ?? outside[path];
        if (elsewhere) return { path: `./${elsewhere}.mjs`, external: true };
        if (path.startsWith('@nanscope/') || inside.includes(path)) return undefined;
        if (packed) {
          const owner = ours.exec(importer)?.[1];
          // Its names would be lost (sourceText).
          if (kind === 'dynamic-import' && owner !== 'cli')
            return { errors: [{ text: `${importer}: import('${path}') is not written in one piece` }] };
          // What the command line itself depends on is found from the bundle, which is a part of it.
          if (owner === undefined || owner === 'cli') return owner ? { path, external: true } : undefined;
          return { path: `${owner} ${path}`, namespace: 'required', sideEffects: false };
        }
        const found = await builder.resolve(path, { kind, resolveDir, importer, pluginData: plugin });
        // An optional package that is not installed is found missing when it is wanted.
        if (found.errors.length > 0 || !/^(\/|[A-Z]:)/i.test(found.path)) return { path, external: true };
        if (path.startsWith('@tensorflow/') && kind !== 'dynamic-import')
          return { path: found.path, namespace: 'required', sideEffects: false };
        return { path: pathToFileURL(found.path).href, external: true, sideEffects: false };
      });
      // TensorFlow.js is CommonJS. Imported, it is first searched for names, a third of the time that it takes to load.
      builder.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => {
        return { contents: `module.exports = ${requireOf(path, packed)};`, loader: 'js' };
      });
      builder.onLoad({ filter: /.*/, namespace: 'object' }, ({ path }) => {
        return { contents: lateObject(requireOf(path, packed)), loader: 'js' };
      });
      builder.onLoad({ filter: /[\\/](packages|apps)[\\/].*\.ts$/ }, ({ path }) => ({
        contents: sourceText(path, packed),
        loader: 'ts',
      }));
    },
  };
  return plugin;
}

/** What a process of the open bundle imports first. @param {string} root */
const openerText = (
  root,
) => `import { openPackages } from ${JSON.stringify(new URL('open-packages.mjs', import.meta.url).href)};
await openPackages({
  folder: new URL('.', import.meta.url).href,
  packages: ${JSON.stringify(pathToFileURL(join(root, 'packages/')).href)},
});
`;

/**
 * @param {string} root of the checkout
 * @param {string} place where it is made
 * @param {{ packed?: boolean, open?: boolean }} [options] packed: for a package, which knows nothing of the place that it was made at;
 *   open: for modules of third parties
 * @returns {Promise<string[]>} the files that it was made of, from the root
 * @throws {Error} for a source that cannot be translated
 */
export async function makeBundle(root, place, { packed = false, open = false } = {}) {
  const { build } = await import('esbuild');
  const part = (
    /** @type {(keyof typeof entries)[]} */ names,
    /** @type {Record<string, string>} */ outside,
    /** @type {{ in: string, out: string }[]} */ further = [],
  ) =>
    build({
      entryPoints: [...names.map((name) => ({ in: entries[name], out: name })), ...further],
      ...{ absWorkingDir: root, outdir: place, outExtension: { '.js': '.mjs' } },
      ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20' },
      ...{ conditions: ['@nanscope/source'], plugins: [parts(packed, outside)], logLevel: 'silent' },
      ...{ define: { 'import.meta.url': 'urlOfSource' }, metafile: true },
    });
  if (open) {
    const { metafile } = await part(['main', 'command-line', 'lane'], {}, packageEntries(root));
    await writeFile(join(place, 'open.mjs'), openerText(root));
    return Object.keys(metafile.inputs);
  }
  const shared = { '@nanscope/errors': 'errors' };
  const made = await Promise.all([
    part(['errors'], {}),
    part(packed ? ['main'] : ['main', 'command-line'], {
      ...shared,
      'dynamic-import @nanscope/harness': 'harness',
      'dynamic-import @nanscope/report': 'report',
    }),
    part(['harness', 'report', 'lane'], shared),
  ]);
  return made.flatMap(({ metafile }) => Object.keys(metafile.inputs));
}
