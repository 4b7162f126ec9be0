/**
 * Lets a module of a third party share the packages of an open bundle (make-bundle.mjs): what it imports by the name of a package
 * of ours is the bundle's own, in the process that it was imported in with `--import`, and in those that this starts. A backend
 * that is TypeScript is translated, by tsx, as everything is that runs from the sources.
 */
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';

/** @typedef {{ folder: string, packages: string }} Open addresses of the bundle and of the folder of the sources' packages */

/** @type {Open | undefined} */
let open;

/** @param {Open} data */
export function initialize(data) {
  open = data;
}

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  const { folder, packages } = /** @type {Open} */ (open);
  if (specifier.startsWith('./') && context.parentURL?.startsWith(folder))
    return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true };
  const found = await next(specifier, context);
  if (!found.url.startsWith(packages))
    // Written as modules are, whatever a package.json above it says, or where there is none.
    return found.format !== 'module' && /\.ts(\?|$)/.test(found.url)
      ? { ...found, url: found.url.replace(/\?.*/, ''), format: 'module' }
      : found;
  const [, name] = /^([^/]+)\/src\/index\.ts(?:\?|$)/.exec(found.url.slice(packages.length)) ?? [];
  return name ? { url: `${folder}packages/${name}.mjs`, format: 'module', shortCircuit: true } : found;
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  const { folder } = /** @type {Open} */ (open);
  // The bundle is JavaScript as it is. TensorFlow.js is required, as the bundle does: there is one of it.
  if (url.startsWith(folder))
    return { format: 'module', source: await readFile(new URL(url)), shortCircuit: true };
  if (context.format === 'commonjs' && /\/node_modules\/.*js$/.test(url))
    return { format: 'commonjs', source: null, shortCircuit: true };
  return next(url, context);
}

/**
 * From now on, in this process.
 *
 * @param {Open} data
 */
export async function openPackages(data) {
  const { register: translate } = await import('tsx/esm/api');
  translate();
  register(import.meta.url, { data });
}
