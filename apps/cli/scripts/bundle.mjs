/**
 * The bundle that a checkout runs from (what one is: make-bundle.mjs). Made at install, and again whenever a source is newer: a
 * bundle's folder has the fingerprint of the sources in its name, so that an edited source is always what runs, and processes
 * that start at the same time do not disturb each other. A published package has its own, made once (package-bundle.mjs).
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mainOf, makeBundle } from './make-bundle.mjs';

export { mainOf };

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const self = fileURLToPath(import.meta.url);
const makers = ['make-bundle.mjs', 'open-packages.mjs'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

/** Days that a bundle of other sources is kept: a long run loads parts of it as it gets to them. */
const keptDays = 7;

/**
 * The modules in a folder and below, without their tests. By hand: the recursive form of Node asks the file system about each entry.
 * @param {string} folder
 * @returns {string[]}
 */
const modulesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return modulesIn(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : [];
  });

/**
 * The source files of the packages that the command line consists of.
 * @param {string} root
 */
function sourceFiles(root) {
  const folders = ['apps/cli', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];
  const sources = folders.map((folder) => join(root, folder, 'src'));
  return sources.flatMap((source) => (existsSync(source) ? modulesIn(source) : []));
}

/**
 * Changes with every file that is part of a bundle, by name, size and time of change.
 * @param {string} root
 */
export function fingerprint(root) {
  const hash = createHash('sha256').update(root);
  for (const file of [self, ...makers, join(root, 'pnpm-lock.yaml'), ...sourceFiles(root)]) {
    const { mtimeMs, ctimeMs, size } = statSync(file);
    hash.update(`${file} ${mtimeMs} ${ctimeMs} ${size}\n`);
  }
  return hash.digest('hex').slice(0, 16);
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
 * @param {{ open?: boolean }} [options] open: for modules of third parties
 * @returns {Promise<string>}
 * @throws {Error} for a source that cannot be translated, or a cache that cannot be written
 */
export async function bundleOf(root = checkout, { open = false } = {}) {
  const cache = join(root, 'node_modules', '.cache', 'nanscope');
  const named = () => join(cache, `${open ? 'open' : 'bundle'}-${fingerprint(root)}`);
  const folder = named();
  if (existsSync(folder)) return folder;
  const place = join(cache, `making-${randomUUID()}`);
  await mkdir(place, { recursive: true });
  try {
    await makeBundle(root, place, { open });
    // A source that was edited meanwhile is in a bundle that has its old name: the name is given only where it is right.
    if (named() !== folder) return await bundleOf(root, { open });
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

/**
 * What Node is started with to run the command line beside a module of a third party, which shares its packages. In a process of
 * its own: Node takes an export condition, which the names of our packages need, only on its command line.
 *
 * @param {string} [root] of the checkout
 */
export async function openArguments(root = checkout) {
  const folder = await bundleOf(root, { open: true });
  const first = pathToFileURL(join(folder, 'open.mjs')).href;
  return ['--conditions=@nanscope/source', `--import=${first}`, mainOf(folder)];
}

if (process.argv[1] === self) {
  const began = performance.now();
  await bundleOf().then(
    () => console.log(`command line: bundled in ${((performance.now() - began) / 1000).toFixed(1)} s`),
    (error) =>
      console.log(`command line: not bundled, it runs from its sources (${String(error).split('\n')[0]})`),
  );
}
